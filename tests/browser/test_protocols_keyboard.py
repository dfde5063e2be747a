"""Every protocol from link to completion code, by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from annotations.actions import blocks, studies
from annotations.models import Panel, Protocol, Rater, RaterState, Vote
from tests.browser.protocol_steps import (
    CHIPS,
    QUESTIONS,
    enter_by_keyboard,
    finish_by_keyboard,
    given,
)
from tests.browser.rating_steps import READY, close_dialog, following, keys, opened, ready, sent
from tests.rating import draft, launched, running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def through(page: Page, panel: Panel, *trials: tuple[str, ...]) -> list[dict]:
    """From the link to the code; the keys of each trial in turn."""
    enter_by_keyboard(page, panel)
    for number, pressed in enumerate(trials, 1):
        ready(page)
        keys(page, *pressed)
        if number < len(trials):
            following(page, number + 1)
    finish_by_keyboard(page)
    assert Rater.objects.get().state == RaterState.FINISHED
    return given()


def test_the_best_is_chosen_by_its_number_and_enter(page):
    panel = running_study(protocol=Protocol.BEST_OF_N, size=4, generators=4, prompts=3)
    answers = through(page, panel, ("3", "Enter"), ("1", "2", "Enter"), ("0",))
    assert answers == [{"best": 2}, {"best": 1}, {"best": "none"}]


def test_the_best_and_the_worst_are_never_the_same(page):
    panel = running_study(
        protocol=Protocol.BEST_OF_N,
        size=3,
        generators=3,
        prompts=2,
        pick="best_and_worst",
        allow_cannot_judge=True,
    )
    answers = through(page, panel, ("2", "2", "1", "3", "Enter"), ("j",))
    assert answers == [{"best": 0, "worst": 2}, {"best": "cannot_judge"}]


def test_an_incomplete_choice_is_not_sent(page):
    panel = running_study(protocol=Protocol.BEST_OF_N, size=3, generators=3, pick="best_and_worst")
    enter_by_keyboard(page, panel)
    ready(page)
    keys(page, "2", "Enter")
    expect(page.get_by_role("button", name="Choose the worst")).to_have_attribute("aria-disabled", "true")
    assert not Vote.objects.exists()


def test_ranks_are_given_out_by_numbers_and_the_last_one_follows_by_itself(page):
    panel = running_study(protocol=Protocol.RANKING, size=4, generators=4, prompts=1)
    assert through(page, panel, ("2", "4", "1", "Enter")) == [{"ranking": [1, 3, 0, 2]}]


def test_a_ranking_is_changed_by_arrows_without_dragging(page):
    panel = running_study(protocol=Protocol.RANKING, size=3, generators=3, prompts=2, allow_cannot_judge=True)
    # The cursor stands on the last one placed: picture 3 goes up by one; then it is taken out and put back.
    pressed = ("1", "3", "Shift+ArrowLeft", "3", "3", "Enter")
    assert through(page, panel, pressed, ("j",)) == [{"ranking": [0, 1, 2]}, {"ranking": "cannot_judge"}]


def test_a_place_of_the_ranking_moves_by_its_own_arrows_and_is_announced(page):
    panel = running_study(protocol=Protocol.RANKING, size=3, generators=3, prompts=1)
    enter_by_keyboard(page, panel)
    ready(page)
    keys(page, "1", "2")
    page.get_by_role("button", name="Rank 1: Picture 1").focus()
    keys(page, "ArrowRight")
    expect(page.locator("#said")).to_have_text("Picture 1 has rank 2")
    expect(page.get_by_role("button", name="Rank 2: Picture 1")).to_be_focused()
    keys(page, "Enter")
    finish_by_keyboard(page)
    assert given() == [{"ranking": [1, 0, 2]}]


def test_failures_are_ticked_marked_and_noted(page):
    panel = running_study(
        protocol=Protocol.FAILURE_REVIEW, generators=1, prompts=2, allow_marks=True, allow_note=True
    )
    enter_by_keyboard(page, panel)
    ready(page)
    keys(page, "1", "3", "m", "ArrowRight", "Shift+ArrowUp", "Enter", "Escape", "t")
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type("six fingers")
    keys(page, "Enter")
    following(page, 2)
    ready(page)
    keys(page, "n")
    finish_by_keyboard(page)
    first, second = Vote.objects.order_by("assignment__sequence")
    named = first.answer["failures"]
    assert len(named) == 2
    assert first.remarks == {"text": "six fingers", "marks": [{"x": 0.52, "y": 0.4, "failure": named[1]}]}
    assert (second.answer, second.remarks) == ({"failures": []}, None)


def test_a_graded_pair_takes_one_key(page):
    panel = running_study(graded=True, prompts=4)
    answers = through(page, panel, ("1",), ("ArrowRight",), ("3",), ("9",))
    assert [answer["overall"] for answer in answers] == ["much_left", "right", "tie", "both_bad"]


def test_each_criterion_of_a_pair_has_its_own_answer(page):
    panel = running_study(criteria=QUESTIONS, prompts=1, allow_cannot_judge=True)
    answers = through(page, panel, ("ArrowLeft", "j", "Backspace", "ArrowUp", "ArrowRight", "Enter"))
    assert answers == [{"fidelity": "left", "alignment": "tie", "aesthetics": "right"}]


def test_ratings_come_one_criterion_a_page_and_the_last_one_can_be_changed(page):
    panel = running_study(
        protocol=Protocol.LIKERT, points=7, pages="separate", generators=1, prompts=2, criteria=QUESTIONS,
        allow_cannot_judge=True,
    )  # fmt: skip
    enter_by_keyboard(page, panel)
    ready(page)
    expect(page.get_by_text("Question 1 of 3")).to_be_visible()
    assert page.locator(".criterion:visible").count() == 1
    keys(page, "7", "Backspace", "6", "j", "1")
    following(page, 2)
    ready(page)
    keys(page, "2", "2", "2")
    finish_by_keyboard(page)
    assert given()[0] == {"fidelity": 6, "alignment": "cannot_judge", "aesthetics": 1}


def test_optional_reasons_cost_one_key_and_required_ones_are_insisted_on(page):
    panel = running_study(reasons=CHIPS, prompts=3)
    enter_by_keyboard(page, panel)
    ready(page)
    keys(page, "ArrowLeft")
    close_dialog(page, "Enter")
    following(page, 2)
    ready(page)
    keys(page, "ArrowDown", "Enter")
    expect(page.get_by_role("heading", name="Please say why")).to_be_visible()
    close_dialog(page)
    keys(page, "ArrowDown")
    opened(page)
    keys(page, "2", "t")
    expect(page.get_by_role("textbox", name="In your own words")).to_be_focused()
    page.keyboard.type("blurred")
    close_dialog(page, "Enter")
    following(page, 3)
    ready(page)
    keys(page, "ArrowRight")
    opened(page)
    keys(page, "1")
    close_dialog(page, "Enter")
    finish_by_keyboard(page)
    rows = [(vote.answer["overall"], vote.remarks) for vote in Vote.objects.order_by("assignment__sequence")]
    assert rows == [
        ("left", None),
        ("both_bad", {"chips": ["text"], "text": "blurred"}),
        ("right", {"chips": ["hands"]}),
    ]


def test_a_study_that_mixes_blocks_introduces_each_once(page):
    study = draft(prompts=1, generators=3, protocol=Protocol.BEST_OF_N, size=3, title="The best of three")
    blocks.add(study=study, actor="designer", protocol=Protocol.FAILURE_REVIEW, title="What went wrong")
    studies.update(study=study, actor="designer", prompt_gap=0)
    enter_by_keyboard(page, launched(study))
    titles = []
    for number in range(1, 5):
        page.wait_for_selector(f"dialog[open], {READY}")
        if page.locator("dialog[open]").count():
            titles.append(page.locator(".interlude h2").inner_text())
            close_dialog(page, "Enter")
        ready(page)
        keys(page, *(("1", "Enter") if page.locator(".grid").count() else ("n",)))
        if number < 4:
            following(page, number + 1)
    finish_by_keyboard(page)
    sent(page, 4)
    assert len(titles) == 1
    assert sorted(next(iter(answer)) for answer in given()) == ["best", "failures", "failures", "failures"]
