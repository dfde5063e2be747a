"""What the pages of all protocols keep: accessible, and of use without a script."""

import pytest
from playwright.sync_api import expect

from annotations.actions import golds, panels
from annotations.models import Protocol, Rater, RaterState, Vote
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import violations
from tests.browser.protocol_steps import CHIPS, QUESTIONS, enter, given
from tests.browser.rating_steps import close_dialog, following, keys, opened, ready, sent, until
from tests.rating import draft, launched, running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STUDIES = {
    "best": {"protocol": Protocol.BEST_OF_N, "size": 5, "generators": 5, "pick": "best_and_worst"},
    "ranking": {"protocol": Protocol.RANKING, "size": 4, "generators": 4},
    "failures": {"protocol": Protocol.FAILURE_REVIEW, "allow_marks": True, "allow_note": True},
    "criteria": {"criteria": QUESTIONS, "graded": True},
    "separate": {"protocol": Protocol.LIKERT, "points": 7, "pages": "separate", "criteria": QUESTIONS},
    "reasons": {"reasons": CHIPS},
}
# Keys that bring each page into its busiest state.
BUSY = {
    "best": ["2", "4", "c"],
    "ranking": ["3", "1"],
    "failures": ["1", "2", "m", "Enter"],
    "criteria": ["1", "j"],
    "separate": ["5"],
    "reasons": ["ArrowLeft", "1"],
}


@pytest.mark.parametrize("kind", STUDIES)
@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_any_protocol(open_context, kind, size, scheme):
    panel = running_study(**({"prompts": 2, "generators": 2, "allow_cannot_judge": True} | STUDIES[kind]))
    page = open_context(color_scheme=scheme, reduced_motion="reduce", **size).new_page()
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    found = violations(page)
    page.get_by_role("button", name="Start voting").click()
    ready(page)
    found += violations(page)
    keys(page, *BUSY[kind])
    if kind == "reasons":
        opened(page)
    found += violations(page)
    keys(page, "Escape", "Escape")
    ready(page)
    page.locator("#help").click()
    opened(page)
    found += violations(page)
    assert found == []


def known(study, block, use: str, slots: int, expected: dict, *, prompt: int = 0, **more) -> None:
    prompt = study.prompts.order_by("id")[prompt]
    images = list(prompt.images.order_by("generator_id").values_list("public_id", flat=True))[:slots]
    golds.add(block=block, actor="designer", images=images, expected=expected, use=use, **more)


def test_practice_explains_each_answer_and_shows_the_right_one(page):
    study = draft(prompts=2, generators=3, protocol=Protocol.BEST_OF_N, size=3)
    known(study, study.block, "practice", 3, {"best": 0}, explanation="Only this one has a cube.")
    panel = launched(study)
    enter(page, panel)
    expect(page.get_by_role("dialog")).to_contain_text("Practice")
    close_dialog(page, "Enter")
    ready(page)
    keys(page, "1", "Enter")
    drawer = page.locator("#feedback dialog")
    expect(drawer).to_contain_text("Only this one has a cube.")
    right = int(page.locator(".pane--right").get_attribute("data-pane"))
    vote = Vote.objects.get()
    assert right == vote.order.index("0")
    expect(drawer.get_by_role("heading")).to_have_text("Right" if right == 0 else "Not quite")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Now it counts")
    close_dialog(page, "Enter")
    ready(page)
    keys(page, "2", "Enter")
    sent(page, 2)


def test_a_failed_quiz_is_tried_again_and_then_ends_the_visit(page):
    study = draft(prompts=3, generators=2)
    for number in range(2):
        known(study, study.block, "quiz", 2, {"slot": 0}, prompt=number)
    panel = study.panels.first() or panels.create(study=study, name="Crowd", actor="designer")
    panels.update(panel=panel, actor="designer", quiz_pass_mark=1.0, quiz_attempts=2)
    enter(page, launched(study))
    for heading in ("A short quiz", "Once more"):
        expect(page.get_by_role("dialog")).to_contain_text(heading)
        close_dialog(page, "Enter")
        for number in (1, 2):
            expect(page.locator("#count")).to_have_text(f"{number} of 2")
            ready(page)
            page.keyboard.press("ArrowUp")
    page.wait_for_url("**/done/")
    assert Rater.objects.get().state == RaterState.SCREENED_OUT


def plain(open_context, panel):
    page = open_context(java_script_enabled=False).new_page()
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()
    return page


def test_without_a_script_the_best_and_worst_are_chosen(open_context):
    panel = running_study(protocol=Protocol.BEST_OF_N, size=3, generators=3, prompts=2, pick="best_and_worst")
    page = plain(open_context, panel)
    page.get_by_role("group", name="Best").get_by_label("2").check()
    page.get_by_role("group", name="Worst").get_by_label("3").check()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="None is good").click()
    page.wait_for_url("**/done/")
    assert given() == [{"best": 1, "worst": 2}, {"best": "none"}]


def test_without_a_script_a_ranking_is_given_and_half_of_one_is_not_taken(open_context):
    page = plain(open_context, running_study(protocol=Protocol.RANKING, size=3, generators=3, prompts=1))
    page.get_by_label("Picture 1").select_option("3")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Please answer every question")).to_be_visible()
    for name, rank in (("Picture 1", "3"), ("Picture 2", "1"), ("Picture 3", "2")):
        page.get_by_label(name).select_option(rank)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/done/")
    assert given() == [{"ranking": [1, 2, 0]}]


def test_without_a_script_failures_are_ticked_or_none_is_said(open_context):
    panel = running_study(protocol=Protocol.FAILURE_REVIEW, generators=1, prompts=2, allow_note=True)
    page = plain(open_context, panel)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Please answer every question")).to_be_visible()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("textbox", name="Note").fill("a hand")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="No failure seen").click()
    page.wait_for_url("**/done/")
    first, second = Vote.objects.order_by("assignment__sequence")
    assert (len(first.answer["failures"]), first.remarks) == (1, {"text": "a hand"})
    assert second.answer == {"failures": []}


def test_without_a_script_every_criterion_is_answered(open_context):
    page = plain(open_context, running_study(criteria=QUESTIONS, graded=True, prompts=1, reasons=CHIPS))
    for row, words in enumerate(("A much better", "Equal", "B slightly better")):
        page.locator(".criterion").nth(row).locator("label", has_text=words).click()
    page.get_by_label("Broken text").check()
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/done/")
    assert list(given()[0].values()) == ["much_left", "tie", "right"]
    assert Vote.objects.get().remarks == {"chips": ["text"]}


def test_the_next_set_stands_in_the_frame_after_enter_while_the_vote_still_travels(page):
    panel = running_study(protocol=Protocol.BEST_OF_N, size=4, generators=4)
    enter(page, panel)
    ready(page)
    page.wait_for_load_state("networkidle")
    held = []
    page.route("**/votes", lambda route: held.append(route))
    page.keyboard.press("1")
    expect(page.locator(".confirm")).to_have_attribute("aria-disabled", "false")
    before = page.locator(".frame img").first.get_attribute("src")
    page.keyboard.press("Enter")
    following(page, 2)
    assert page.locator(".frame img").first.get_attribute("src") != before
    assert page.evaluate("[...document.querySelectorAll('.frame img')].every((image) => image.complete)")
    assert not Vote.objects.exists()
    until(page, lambda: held, "the vote did not leave")
    held[0].continue_()
    sent(page, 1)
