"""Every protocol from link to code, on a desktop by keyboard and on a phone by touch, over a connection that
is cut for half a minute, a tab that is killed, and a second tab."""

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Panel, Protocol, Rater, RaterState, Vote
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.protocol_steps import QUESTIONS, given
from tests.browser.rating_steps import following, keys, ready, sent
from tests.rating import running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VOTES = 4
CUT_MS = 30_000
ONE_PICTURE = {"generators": 1}
THREE = {"generators": 3, "size": 3}
STUDIES = {
    "pairs": {},
    "criteria": {"criteria": QUESTIONS, "graded": True},
    "ratings": {"protocol": Protocol.LIKERT, "criteria": QUESTIONS, **ONE_PICTURE},
    "separate": {"protocol": Protocol.LIKERT, "criteria": QUESTIONS, "pages": "separate", **ONE_PICTURE},
    "best": {"protocol": Protocol.BEST_OF_N, **THREE},
    "best and worst": {"protocol": Protocol.BEST_OF_N, "pick": "best_and_worst", **THREE},
    "ranking": {"protocol": Protocol.RANKING, **THREE},
    "failures": {"protocol": Protocol.FAILURE_REVIEW, **ONE_PICTURE},
}
ANSWERS = {
    "pairs": {"overall": "left"},
    "criteria": dict.fromkeys(["fidelity", "alignment", "aesthetics"], "much_left"),
    "ratings": dict.fromkeys(["fidelity", "alignment", "aesthetics"], 1),
    "separate": dict.fromkeys(["fidelity", "alignment", "aesthetics"], 1),
    "best": {"best": 1},
    "best and worst": {"best": 1, "worst": 0},
    "ranking": {"ranking": [1, 0, 2]},
    "failures": {"failures": ["anatomy"]},
}
KEYS = {
    "pairs": ["ArrowLeft"],
    "criteria": ["1", "1", "1", "Enter"],
    "ratings": ["1", "1", "1", "Enter"],
    "separate": ["1", "1", "1"],
    "best": ["2", "Enter"],
    "best and worst": ["2", "1", "Enter"],
    "ranking": ["2", "1", "Enter"],
    "failures": ["1", "Enter"],
}
# What a finger touches, by selector and number.
TOUCHES = {
    "pairs": [(".answer--left", 0)],
    "criteria": [(f"[data-criterion={key}] .point", 0) for key in ("fidelity", "alignment", "aesthetics")],
    "ratings": [(f"[data-criterion={key}] .point", 0) for key in ("fidelity", "alignment", "aesthetics")],
    "separate": [(".point:visible", 0)] * 3,
    "best": [(".role", 1)],
    "best and worst": [(".role--best", 1), (".role--worst", 0)],
    "ranking": [(".pick .role", 1), (".pick .role", 0)],
    "failures": [(".failure__tick", 0)],
}


class Keyboard:
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def press(self, page: Page, name: str) -> None:
        page.get_by_role("button", name=name).press("Enter")

    def answer(self, page: Page) -> None:
        ready(page)
        keys(page, *KEYS[self.kind])

    def finish(self, page: Page) -> None:
        expect(page.get_by_role("link", name="Finish and show my code")).to_be_focused()
        page.keyboard.press("Enter")


class Finger(Keyboard):
    def press(self, page: Page, name: str) -> None:
        page.get_by_role("button", name=name).tap()

    def answer(self, page: Page) -> None:
        ready(page)
        for step, (selector, number) in enumerate(TOUCHES[self.kind], 1):
            if self.kind == "separate":
                expect(page.locator(".step__count")).to_contain_text(f"Question {step} of")
            page.locator(selector).nth(number).tap()
        if self.kind not in ("pairs", "separate"):
            page.locator(".confirm[aria-disabled=false]").tap()

    def finish(self, page: Page) -> None:
        page.get_by_role("link", name="Finish and show my code").tap()


def opened(context, panel: Panel) -> Page:
    page = context.new_page()
    page.goto(f"/r/{panel.token}/")
    return page


@pytest.mark.parametrize(("size", "hand"), [(DESKTOP, Keyboard), (PHONE, Finger)], ids=["desktop", "phone"])
@pytest.mark.parametrize("kind", STUDIES)
def test_no_answer_is_lost_or_doubled_on_the_roughest_way(open_context, kind, size, hand):
    by = hand(kind)
    panel = running_study(prompts=VOTES, prompt_gap=0, **STUDIES[kind])
    context = open_context(**size)
    context.clock.install()
    page = opened(context, panel)
    by.press(page, "I agree")
    by.press(page, "Start voting")
    by.answer(page)
    sent(page, 1)
    page.wait_for_load_state("networkidle")

    context.set_offline(True)
    by.answer(page)
    expect(page.locator("#waiting-text")).to_have_text("1 vote waiting")
    context.clock.fast_forward(CUT_MS)
    expect(page.locator("#waiting-text")).to_have_text("1 vote waiting")
    assert Vote.objects.count() == 1
    page.close()
    context.set_offline(False)

    page = opened(context, panel)
    sent(page, 2)
    other = opened(context, panel)
    by.answer(other)
    sent(other, 3)
    following(page, VOTES)
    other.close()
    by.answer(page)
    by.finish(page)
    page.wait_for_url("**/done/")
    expect(page.locator("#code")).to_have_text(Rater.objects.get().completion_code)
    assert Rater.objects.get().state == RaterState.FINISHED
    assert given() == [ANSWERS[kind]] * VOTES
