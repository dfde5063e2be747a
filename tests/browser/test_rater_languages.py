"""The raters' pages in other languages, and from right to left."""

import pytest
from playwright.sync_api import expect

from annotations.models import Rater
from tests.browser.conftest import PHONE
from tests.browser.looks import violations
from tests.browser.rating_steps import answers, opened, ready, sent
from tests.browser.rating_steps import enter_in_any_language as enter
from tests.rating import running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("locale", "better", "count"),
    [
        ("es", "A es mejor", "1 de 3"),
        ("de-AT", "A ist besser", "1 von 3"),
        ("fr", "A est meilleure", "1 sur 3"),
        ("ja", "Aのほうが良い", "1 / 3"),
        ("ar", "A أفضل", "1 من 3"),
    ],
)
def test_the_browsers_language_is_spoken_from_consent_to_the_answers(open_context, locale, better, count):
    page = open_context(locale=locale).new_page()
    enter(page, running_study())
    expect(page.locator("#count")).to_have_text(count)
    expect(page.locator(".answer--left span")).to_have_text(better)
    expect(page.locator("#said")).to_contain_text(better)
    assert page.evaluate("document.documentElement.lang") == locale[:2]
    assert Rater.objects.get().language == locale[:2]
    assert violations(page) == []


def test_a_chosen_language_stays_until_another_is_chosen(open_context):
    panel = running_study()
    page = open_context(locale="fr").new_page()
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("button", name="Ich stimme zu, weiter")).to_be_visible()
    enter(page, panel)
    page.keyboard.press("?")
    opened(page).get_by_role("button", name="English").click()
    expect(page.locator("#count")).to_have_text("1 of 3")
    ready(page)


def test_from_right_to_left_the_left_picture_stays_left_with_its_button_and_key(open_context):
    page = open_context(locale="ar").new_page()
    enter(page, running_study())
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    left = [page.locator(place).first.bounding_box()["x"] for place in (".frame", ".answer--left")]
    right = [page.locator(place).last.bounding_box()["x"] for place in (".frame", ".answer--right")]
    assert all(one < other for one, other in zip(left, right, strict=True))
    page.keyboard.press("ArrowLeft")
    sent(page, 1)
    assert answers() == ["left"]


def test_votes_that_wait_are_counted_in_the_plural_of_the_language(open_context):
    page = open_context(locale="ar", **PHONE).new_page()
    enter(page, running_study(prompts=4))
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.locator(".answer--left").tap()
    expect(page.locator("#waiting-text")).to_have_text("صوت واحد ينتظر")
    ready(page)
    page.locator(".answer--right").tap()
    expect(page.locator("#waiting-text")).to_have_text("صوتان ينتظران")
    page.context.set_offline(False)
    sent(page, 2)
