"""Every protocol from link to completion code on a phone, by touch alone; and looking closer."""

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Protocol, Rater, RaterState, ReferenceImage, Vote
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.protocol_steps import CHIPS, QUESTIONS, given
from tests.browser.rating_steps import following, ready
from tests.rating import draft, launched, running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def enter(page: Page, panel) -> None:
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").tap()
    page.get_by_role("button", name="Start voting").tap()
    ready(page)


def tap(page: Page, name: str, then: str = "") -> None:
    """A tap takes effect after its touch: what is tapped next has to wait until it has."""
    page.get_by_role("button", name=name).tap()
    if then:
        expect(page.get_by_role("button", name=then)).to_be_visible()


def choose(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name)
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")


def question(page: Page, number: int) -> None:
    expect(page.locator(".step__count")).to_contain_text(f"Question {number} of")


def finish(page: Page) -> None:
    page.get_by_role("link", name="Finish and show my code").tap()
    page.wait_for_url("**/done/")
    expect(page.locator("#code")).not_to_be_empty()
    assert Rater.objects.get().state == RaterState.FINISHED


@pytest.fixture
def phone(open_context) -> Page:
    return open_context(**PHONE).new_page()


def test_the_best_and_the_worst_are_tapped(phone):
    panel = running_study(protocol=Protocol.BEST_OF_N, size=5, generators=5, prompts=1, pick="best_and_worst")
    enter(phone, panel)
    choose(phone, "Picture 4 is the best")
    choose(phone, "Picture 2 is the worst")
    tap(phone, "Confirm")
    finish(phone)
    assert given() == [{"best": 3, "worst": 1}]


@pytest.mark.parametrize("size", [3, 9])
def test_every_picture_and_button_of_a_set_fits_a_phone(open_context, size):
    panel = running_study(protocol=Protocol.BEST_OF_N, size=size, generators=size, prompts=1)
    page = open_context(**PHONE).new_page()
    enter(page, panel)
    sides = []
    for frame in page.locator(".frame").all():
        box = frame.bounding_box()
        sides.append(round(box["width"]))
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    assert len(sides) == size
    assert len(set(sides)) == 1
    assert sides[0] >= 100
    for button in page.locator(".role, #answers button:visible").all():
        assert button.bounding_box()["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.documentElement.scrollHeight") <= 740


@pytest.mark.parametrize(
    ("width", "height", "size", "columns"), [(1440, 900, 4, 4), (900, 1200, 4, 2), (3840, 2160, 9, 5)]
)
def test_a_set_is_laid_out_with_the_largest_pictures(open_context, width, height, size, columns):
    panel = running_study(protocol=Protocol.BEST_OF_N, size=size, generators=size, prompts=1)
    page = open_context(**(DESKTOP | {"viewport": {"width": width, "height": height}})).new_page()
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()
    ready(page)
    tops = [round(frame.bounding_box()["y"]) for frame in page.locator(".frame").all()]
    assert tops.count(min(tops)) == columns


def test_ranks_are_tapped_and_taken_back(phone):
    panel = running_study(protocol=Protocol.RANKING, size=3, generators=3, prompts=1)
    enter(phone, panel)
    tap(phone, "Picture 2: not placed yet", "Picture 2: Rank 1")
    tap(phone, "Picture 1: not placed yet", "Picture 1: Rank 2")
    tap(phone, "Picture 1: Rank 2", "Picture 1: not placed yet")
    tap(phone, "Rank 2: Picture 3", "Picture 3: not placed yet")
    tap(phone, "Picture 1: not placed yet", "Picture 1: Rank 2")
    tap(phone, "Confirm")
    finish(phone)
    assert given() == [{"ranking": [1, 0, 2]}]


def test_a_picture_is_dragged_to_its_place_by_a_finger(phone):
    panel = running_study(protocol=Protocol.RANKING, size=3, generators=3, prompts=1)
    enter(phone, panel)

    def middle(selector: str, at: int) -> tuple[float, float]:
        box = phone.locator(selector).nth(at).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    touch = phone.context.new_cdp_session(phone)

    def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        steps = [
            (start[0] + (end[0] - start[0]) * n / 5, start[1] + (end[1] - start[1]) * n / 5) for n in range(6)
        ]
        for kind, (x, y) in zip(["touchStart"] + ["touchMove"] * 5, steps, strict=True):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        # A finger rests before it lifts; otherwise it is a flick, and the next tap would only end that.
        for _ in range(3):
            phone.wait_for_timeout(50)
            touch.send(
                "Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": end[0], "y": end[1]}]}
            )
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    drag(middle(".frame", 2), middle(".place", 0))
    expect(phone.get_by_role("button", name="Rank 1: Picture 3")).to_be_visible()
    drag(middle(".frame", 0), middle(".place", 0))
    expect(phone.get_by_role("button", name="Rank 3: Picture 2")).to_be_visible()
    drag(middle(".place", 2), middle(".place", 0))
    expect(phone.get_by_role("button", name="Rank 1: Picture 2")).to_be_visible()
    expect(phone.locator(".ghost")).to_have_count(0)
    tap(phone, "Confirm")
    finish(phone)
    assert given() == [{"ranking": [1, 0, 2]}]


def test_a_failure_is_marked_by_a_tap_on_the_picture_and_the_mark_removed(phone):
    panel = running_study(protocol=Protocol.FAILURE_REVIEW, generators=1, prompts=1, allow_marks=True)
    enter(phone, panel)
    phone.locator(".failure__tick").nth(1).tap()
    expect(phone.locator(".failure").nth(1)).to_have_attribute("data-active", "")
    for number, (x, y) in enumerate(((0.25, 0.5), (0.75, 0.2)), 1):
        box = phone.locator(".frame").bounding_box()
        phone.touchscreen.tap(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        expect(phone.locator(".mark")).to_have_count(number)
    phone.get_by_role("button", name="Remove mark 1").tap()
    expect(phone.locator(".mark")).to_have_count(1)
    tap(phone, "Confirm 1")
    finish(phone)
    vote = Vote.objects.get()
    [mark] = vote.remarks["marks"]
    assert (round(mark["x"], 2), round(mark["y"], 2)) == (0.75, 0.2)
    assert mark["failure"] == vote.answer["failures"][0]


def test_several_criteria_are_answered_by_touch_with_both_pictures_in_sight(phone):
    panel = running_study(criteria=QUESTIONS, graded=True, prompts=1)
    enter(phone, panel)
    for row, words in enumerate(("A much better", "Equal", "B slightly better")):
        criterion = phone.locator(".criterion").nth(row)
        criterion.locator("label", has_text=words).tap()
        expect(criterion.locator(":checked")).to_have_count(1)
        assert phone.locator(".frame").nth(1).bounding_box()["y"] >= 0
    tap(phone, "Confirm")
    finish(phone)
    assert list(given()[0].values()) == ["much_left", "tie", "right"]


def test_ratings_on_separate_pages_go_back_by_touch(phone):
    panel = running_study(
        protocol=Protocol.LIKERT, pages="separate", generators=1, prompts=1, criteria=QUESTIONS
    )
    enter(phone, panel)
    phone.locator(".point:visible").nth(4).tap()
    question(phone, 2)
    tap(phone, "Back")
    for number, point in ((1, 3), (2, 0), (3, 1)):
        question(phone, number)
        phone.locator(".point:visible").nth(point).tap()
    finish(phone)
    assert list(given()[0].values()) == [4, 1, 2]


def test_reasons_are_tapped(phone):
    enter(phone, running_study(prompts=1, reasons=CHIPS))
    phone.locator(".answer--right").tap()
    choose(phone, "Broken text")
    tap(phone, "Send")
    finish(phone)
    assert Vote.objects.get().remarks == {"chips": ["text"]}


def test_one_of_many_is_shown_large_turned_over_and_compared(phone):
    panel = running_study(protocol=Protocol.BEST_OF_N, size=4, generators=4)
    enter(phone, panel)
    small = phone.locator(".frame").first.bounding_box()["width"]
    phone.locator(".frame").nth(1).tap()
    expect(phone.locator(".frame:visible")).to_have_count(1)
    assert phone.locator(".frame:visible").bounding_box()["width"] > small * 1.5
    tap(phone, "Next picture")
    expect(phone.locator(".pane[data-pane='2'] .frame")).to_be_visible()
    tap(phone, "Compare two")
    expect(phone.locator(".frame:visible")).to_have_count(2)
    choose(phone, "Picture 4 is the best")
    tap(phone, "All pictures")
    expect(phone.locator(".frame:visible")).to_have_count(4)
    tap(phone, "Confirm")
    following(phone, 2)
    ready(phone)
    expect(phone.locator("[aria-pressed=true].role")).to_have_count(0)


def test_the_reference_image_stands_by_the_prompt_and_grows_over_the_pictures(open_context):
    study = draft(prompts=1, show_reference=True)
    prompt = study.prompts.get()
    image = prompt.images.first()
    ReferenceImage.objects.create(
        prompt=prompt, sha256=image.sha256, path=image.path, format=image.format,
        width=image.width, height=image.height, bytes=image.bytes,
    )  # fmt: skip
    page = open_context(**PHONE).new_page()
    enter(page, launched(study))
    thumb = page.get_by_role("button", name="Reference")
    assert page.evaluate("document.querySelector('.reference img').naturalWidth") == study.box_px
    thumb.tap()
    large = page.get_by_alt_text("Reference picture")
    expect(large).to_be_visible()
    large.tap()
    expect(large).to_be_hidden()
    page.keyboard.press("r")
    expect(large).to_be_visible()
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    assert "1 of" in page.locator("#count").inner_text()
