import pytest
from playwright.sync_api import expect

from annotations.models import Protocol, Rater, RaterState, Vote
from tests.browser.conftest import PHONE
from tests.browser.rating_steps import (
    answers,
    close_dialog,
    count,
    enter,
    following,
    press,
    rate,
    ready,
    sent,
    until,
)
from tests.rating import running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_study_is_voted_through_by_keyboard_from_link_to_code(page):
    panel = running_study(prompts=2, generators=3, check_every=0)
    enter(page, panel)
    for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "1"):
        press(page, key)
    page.keyboard.press("2")
    expect(page.get_by_role("link", name="Finish and show my code")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/")
    assert answers() == ["left", "right", "tie", "both_bad", "left", "right"]
    rater = Rater.objects.get()
    assert rater.state == RaterState.FINISHED
    expect(page.locator("#code")).to_have_text(rater.completion_code)


def test_the_code_is_copied_by_one_click(open_context):
    panel = running_study(prompts=1, generators=2, check_every=0)
    context = open_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    enter(page, panel)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("link", name="Finish and show my code").click()
    page.get_by_role("button", name="Copy the code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == Rater.objects.get().completion_code


def test_a_vote_carries_its_evidence(page):
    enter(page, running_study())
    page.keyboard.press("z")
    press(page, "ArrowLeft")
    press(page, "ArrowLeft")
    sent(page, 2)
    first, second = Vote.objects.order_by("assignment__sequence")
    assert (first.viewport_width, first.viewport_height, first.device_pixel_ratio) == (1440, 900, 1.0)
    assert (first.zoomed, second.zoomed) == (True, False)
    assert first.answer_ms > 0
    assert first.decoded_ms > 0


def test_the_next_pair_stands_in_the_frame_after_the_key_while_the_vote_still_travels(page):
    enter(page, running_study())
    page.wait_for_load_state("networkidle")
    held = []
    page.route("**/votes", lambda route: held.append(route))
    sources = "[...document.querySelectorAll('.frame img')].map((image) => [image.src, image.complete])"
    before = page.evaluate(sources)
    after = page.evaluate(
        f"""new Promise((done) => {{
            document.body.dispatchEvent(new KeyboardEvent("keydown", {{ key: "ArrowLeft", bubbles: true }}));
            requestAnimationFrame(() => done({sources}));
        }})"""
    )
    assert all(complete for _, complete in after)
    assert {source for source, _ in before}.isdisjoint(source for source, _ in after)
    until(page, lambda: held, "the vote did not leave")
    assert len(held) == 1
    assert not Vote.objects.exists()
    held[0].continue_()
    sent(page, 1)


def test_voting_opens_only_when_both_pictures_are_decoded(open_context):
    panel = running_study()
    page = open_context().new_page()
    held, let = [], []
    page.route("**/p/*/1", lambda route: held.append(route) if not let else route.continue_())
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()
    expect(page.get_by_text("Loading the pictures")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.locator(".answer--left").click(force=True)
    assert count(page).startswith("1 of")
    let.append(True)
    for route in held:
        route.continue_()
    ready(page)
    press(page, "ArrowLeft")
    sent(page, 1)


def test_a_key_held_down_answers_once(page):
    enter(page, running_study())
    page.keyboard.down("ArrowLeft")
    following(page, 2)
    ready(page)
    for _ in range(5):
        page.keyboard.down("ArrowLeft")
    page.keyboard.up("ArrowLeft")
    following(page, 2)
    sent(page, 1)
    assert Vote.objects.count() == 1


def test_undo_brings_the_last_pair_back_and_the_new_answer_stands(page):
    enter(page, running_study())
    prompt = page.locator("#prompt").inner_text()
    press(page, "ArrowLeft")
    sent(page, 1)
    press(page, "u")
    assert count(page).startswith("1 of")
    assert page.locator("#prompt").inner_text() == prompt
    press(page, "ArrowRight")
    sent(page, 1)
    assert answers() == ["right"]
    assert Vote.objects.filter(retracted_at__isnull=False).count() == 1


def test_even_the_last_answer_can_be_undone(page):
    enter(page, running_study(prompts=1))
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="That was the last one")).to_be_visible()
    page.keyboard.press("u")
    ready(page)
    page.keyboard.press("ArrowRight")
    page.get_by_role("link", name="Finish and show my code").click()
    page.wait_for_url("**/done/")
    assert answers() == ["right"]


def test_a_picture_zooms_by_a_tap_and_never_votes(open_context):
    page = open_context(**PHONE).new_page()
    enter(page, running_study())
    page.locator(".pane").first.tap()
    expect(page.locator("#stage")).to_have_class("stage stage--zoomed")
    assert count(page).startswith("1 of")
    page.locator(".answer--right").tap()
    following(page, 2)
    sent(page, 1)
    assert answers() == ["right"]


def test_holding_a_key_lays_the_second_picture_over_the_first(page):
    enter(page, running_study())
    box = "document.querySelectorAll('.frame')[{}].getBoundingClientRect().left"
    apart = page.evaluate(box.format(1))
    page.keyboard.down("x")
    expect(page.locator("#stage")).to_have_class("stage stage--flipped")
    assert page.evaluate(box.format(1)) == page.evaluate(box.format(0))
    page.keyboard.up("x")
    expect(page.locator("#stage")).to_have_class("stage")
    assert page.evaluate(box.format(1)) == apart


def test_both_pictures_zoom_to_the_same_spot(page):
    enter(page, running_study())
    box = page.locator(".pane").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    expect(page.locator("#stage")).to_have_class("stage stage--zoomed")
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 190, steps=4)
    page.mouse.up()
    transforms = page.evaluate(
        "[...document.querySelectorAll('.frame img')].map((i) => getComputedStyle(i).transform)"
    )
    assert transforms[0] == transforms[1] != "none"
    assert count(page).startswith("1 of")


def test_ratings_are_given_by_digits_and_confirmed_by_enter(page):
    enter(page, running_study(protocol=Protocol.LIKERT))
    rate(page, "425")
    following(page, 2)
    sent(page, 1)
    assert Vote.objects.get().answer == {"fidelity": 4, "alignment": 2, "aesthetics": 5}
    expect(page.locator("#answers input:checked")).to_have_count(0)


def test_ratings_want_every_question_answered(page):
    enter(page, running_study(protocol=Protocol.LIKERT))
    page.keyboard.press("3")
    expect(page.locator("[data-criterion=alignment]")).to_have_attribute("data-active", "")
    page.get_by_role("button", name="Confirm").click(force=True)
    expect(page.locator("[data-criterion=alignment] input").first).to_be_focused()
    assert not Vote.objects.exists()


def test_the_list_of_keys_opens_by_question_mark(page):
    enter(page, running_study())
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys and gestures")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    close_dialog(page)
    assert count(page).startswith("1 of")


def test_a_rater_without_javascript_votes_undoes_and_finishes(open_context):
    panel = running_study(prompts=1, generators=2, check_every=0, overlap=2)
    page = open_context(java_script_enabled=False).new_page()
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()
    page.get_by_role("button", name="B is better").click()
    page.wait_for_url("**/done/")
    assert answers() == ["right"]
    assert Rater.objects.get().completion_code in page.content()
