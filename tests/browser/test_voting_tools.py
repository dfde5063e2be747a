"""What stands beside the answers: undo with its countdown, skipping, rest, full screen, pinch and wheel."""

import pytest
from playwright.sync_api import expect

from annotations.models import AssignmentState, Report, Vote
from tests.browser.conftest import PHONE
from tests.browser.rating_steps import answers, close_dialog, count, enter, following, ready, sent
from tests.rating import running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_undo_counts_down_and_is_gone_after_ten_seconds(page):
    page.clock.install()
    enter_with_clock(page, running_study())
    press_with_clock(page, "ArrowLeft")
    expect(page.locator("#undo-left")).to_have_text("10")
    page.clock.run_for(3_000)
    expect(page.locator("#undo-left")).to_have_text("7")
    page.clock.run_for(8_000)
    expect(page.locator("#undo-form")).to_be_hidden()
    page.keyboard.press("u")
    following(page, 2)
    press_with_clock(page, "ArrowRight", votes=2)
    assert answers() == ["left", "right"]


def test_the_reminder_to_rest_comes_after_the_time_that_the_study_names(page):
    page.clock.install()
    enter_with_clock(page, running_study(break_after_min=5))
    page.clock.run_for(4 * 60_000)
    expect(page.get_by_text("A break does no harm")).to_be_hidden()
    page.clock.run_for(60_000)
    expect(page.get_by_text("A break does no harm")).to_be_visible()


def enter_with_clock(page, panel):
    """The page's clock is the test's: it stands unless the test moves it on."""
    enter(page, panel)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    ready(page)


def press_with_clock(page, key, votes=1):
    before = count(page)
    page.keyboard.press(key)
    expect(page.locator("#count")).not_to_have_text(before)
    sent(page, votes)


def test_a_pair_is_skipped_by_keyboard_with_a_reason_and_does_not_come_back(page):
    enter(page, running_study(prompts=3))
    nonce = page.locator("[name=nonce]").input_value()
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="Skip this one")
    expect(dialog).to_be_visible()
    dialog.get_by_role("radio", name="I do not understand what is asked").press("Space")
    dialog.get_by_role("textbox").fill("left of what?")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Skip this one")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you for saying why")).to_be_visible()
    ready(page)
    report = Report.objects.get()
    assert (report.kind, report.reason, report.note) == ("skip", "unclear", "left of what?")
    assert report.assignment.nonce == nonce
    assert report.assignment.state == AssignmentState.SKIPPED
    assert page.locator("[name=nonce]").input_value() != nonce
    assert not Vote.objects.exists()


def test_a_broken_picture_is_named(page):
    enter(page, running_study(prompts=3))
    page.locator("#report").click()
    dialog = page.get_by_role("dialog", name="Skip this one")
    dialog.get_by_text("A picture is broken").click()
    dialog.get_by_role("radio", name="Picture B").check(force=True)
    dialog.get_by_role("button", name="Skip this one").click()
    expect(dialog).to_be_hidden()
    report = Report.objects.get()
    assert (report.kind, report.position) == ("broken", 1)


def test_skipping_without_a_reason_says_what_is_missing(page):
    enter(page, running_study())
    page.locator("#report").click()
    page.get_by_role("dialog").get_by_role("button", name="Skip this one").click(force=True)
    expect(page.get_by_text("Choose a reason first.")).to_be_visible()
    assert not Report.objects.exists()


def test_f_fills_the_screen_and_leaves_it(page):
    enter(page, running_study())
    page.keyboard.press("f")
    expect(page.locator("#fullscreen")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("f")
    expect(page.locator("#fullscreen")).to_have_attribute("aria-pressed", "false")
    assert count(page).startswith("1 of")


def test_the_wheel_zooms_around_the_pointer_in_both_pictures(page):
    enter(page, running_study())
    box = page.locator(".frame").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    for _ in range(6):
        page.mouse.wheel(0, -240)
    expect(page.locator("#stage")).to_have_class("stage stage--zoomed")
    expect(page.locator("#scale")).to_have_text("800 %")
    shifts = page.evaluate(
        "[...document.querySelectorAll('.frame > img')].map((image) => getComputedStyle(image).transform)"
    )
    assert shifts[0] == shifts[1]
    page.keyboard.press("Escape")
    expect(page.locator("#stage")).to_have_class("stage")


def test_two_fingers_zoom(open_context):
    page = open_context(**PHONE).new_page()
    enter(page, running_study())
    box = page.locator(".frame").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def fingers(kind, apart):
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if apart else []})

    fingers("touchStart", 10)
    for apart in (20, 40, 60):
        fingers("touchMove", apart)
    fingers("touchEnd", 0)
    expect(page.locator("#stage")).to_have_class("stage stage--zoomed")
    assert count(page).startswith("1 of")


def test_a_held_finger_shows_the_other_picture_in_place(open_context):
    page = open_context(**PHONE).new_page()
    enter(page, running_study())
    box = page.locator(".frame").first.bounding_box()
    touch = page.context.new_cdp_session(page)
    point = {"x": box["x"] + 40, "y": box["y"] + 40}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(page.locator("#stage")).to_have_class("stage stage--flipped")
    assert page.locator(".frame").nth(1).bounding_box() == box
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#stage")).to_have_class("stage")


def test_one_at_a_time_opens_voting_only_when_both_were_seen(open_context):
    page = open_context(**PHONE).new_page()
    enter(page, running_study())
    page.locator("#one").tap()
    expect(page.locator("#one")).to_have_attribute("aria-pressed", "true")
    page.locator(".answer--left").tap()
    following(page, 2)
    expect(page.locator("#hint")).to_have_text("Swipe to see every picture first.")
    page.locator(".answer--left").tap(force=True)
    # In the order of touches: what that one did is done once this one has shown the list of keys.
    page.locator("#help").tap()
    close_dialog(page)
    following(page, 2)
    expect(page.locator(".frame").first).to_have_attribute("data-seen", "")
    page.evaluate("document.getElementById('stage').scrollTo(10000, 0)")
    expect(page.locator("#hint")).to_be_hidden()
    ready(page)
    page.locator(".answer--right").tap()
    following(page, 3)
    sent(page, 2)
    assert answers() == ["left", "right"]


def test_a_network_that_is_gone_for_half_a_minute_costs_nothing(page):
    page.clock.install()
    enter_with_clock(page, running_study(prompts=4))
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.keyboard.press("ArrowLeft")
    following(page, 2)
    page.clock.run_for(30_000)
    expect(page.locator("#waiting-text")).to_have_text("1 vote waiting")
    assert not Vote.objects.exists()
    page.context.set_offline(False)
    sent(page, 1)
    expect(page.locator("#waiting")).to_be_hidden()
    page.clock.run_for(300)
    page.keyboard.press("ArrowRight")
    sent(page, 2)
    assert answers() == ["left", "right"]


def test_single_keys_can_be_switched_off_while_arrows_go_on(page):
    enter(page, running_study())
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Letters and digits work as keys").uncheck()
    close_dialog(page)
    page.reload()
    ready(page)
    page.keyboard.press("1")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert count(page).startswith("1 of")
    page.keyboard.press("ArrowRight")
    sent(page, 1)
    assert answers() == ["right"]
