"""Wider text spacing, a system's own colours, languages of parts, and what a screen reader meets."""

import pytest
from playwright.sync_api import expect

from annotations.actions import studies
from annotations.models import Protocol
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import still
from tests.browser.protocol_steps import CHIPS, QUESTIONS
from tests.browser.rating_steps import (
    close_dialog,
    enter,
    enter_in_any_language,
    following,
    keys,
    opened,
    ready,
)
from tests.rating import draft, launched, running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STUDIES = {
    "pairs": {},
    "criteria": {"criteria": QUESTIONS, "graded": True, "allow_cannot_judge": True},
    "ratings": {"protocol": Protocol.LIKERT, "criteria": QUESTIONS},
    "best": {"protocol": Protocol.BEST_OF_N, "generators": 4, "size": 4, "pick": "best_and_worst"},
    "ranking": {"protocol": Protocol.RANKING, "generators": 4, "size": 4},
    "failures": {"protocol": Protocol.FAILURE_REVIEW, "allow_marks": True},
}
# The spacing of WCAG 1.4.12.
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; }
* { word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }"""
# Words that are cut off, or stick out of their button. The prompt is shortened on purpose, beside "Show all".
CUT = """() => [...document.querySelectorAll('button, label, legend, h1, h2, p, li, dd, dt')]
    .filter((one) => one.checkVisibility() && !one.closest('.visually-hidden, .stage, #prompt, .place'))
    .filter((one) => {
        const style = getComputedStyle(one);
        if (style.display === 'contents' || style.position === 'fixed') return false;
        const hides = style.overflowY !== 'visible' && one.scrollHeight > one.clientHeight + 2;
        return hides || one.scrollWidth > one.clientWidth + 2 && style.display !== 'inline';
    })
    .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("kind", STUDIES)
def test_nothing_is_cut_off_under_the_text_spacing_of_wcag(open_context, kind, size):
    panel = running_study(**STUDIES[kind])
    page = open_context(**size, bypass_csp=True).new_page()

    def cut() -> list[str]:
        page.add_style_tag(content=SPACED)
        still(page)
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
        return page.evaluate(CUT) + ["the page itself"] * wide

    page.goto(f"/r/{panel.token}/")
    found = cut()
    page.get_by_role("button", name="I agree").click()
    found += cut()
    page.get_by_role("button", name="Start voting").click()
    ready(page)
    found += cut()
    page.locator("#help").click()
    opened(page)
    found += cut()
    assert found == []


@pytest.mark.parametrize(
    ("kind", "pressed", "chosen", "other"),
    [
        ("criteria", ["1"], ".point:has(:checked)", ".point:not(:has(:checked))"),
        ("ratings", ["4"], ".point:has(:checked)", ".point:not(:has(:checked))"),
        ("best", ["2", "1"], ".role[aria-pressed=true]", ".role[aria-pressed=false]"),
        ("ranking", ["2"], ".role[aria-pressed=true]", ".role[aria-pressed=false]"),
    ],
)
def test_choices_and_the_focus_stay_visible_in_forced_colours(open_context, kind, pressed, chosen, other):
    page = open_context(forced_colors="active").new_page()
    enter_in_any_language(page, running_study(**STUDIES[kind]))
    keys(page, *pressed)
    expect(page.locator(chosen).first).to_be_visible()
    still(page)
    ground = "(one) => getComputedStyle(one).backgroundColor"
    assert page.locator(chosen).first.evaluate(ground) != page.locator(other).first.evaluate(ground)
    page.keyboard.press("Tab")
    still(page)
    seen = """() => {
        const one = document.activeElement.closest('.point') ?? document.activeElement;
        const style = getComputedStyle(one);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    }"""
    assert page.evaluate(seen)


def test_the_studys_words_carry_their_own_language(open_context):
    study = draft(question="Welches Bild ist besser?", language="de")
    words = {"fr": {"instructions": "Regardez bien."}}
    studies.update(study=study, actor="designer", instructions="Schau genau hin.", translations=words)
    page = open_context(locale="fr").new_page()
    page.goto(f"/r/{launched(study).token}/")
    page.locator("button[value=accept]").click()
    expect(page.get_by_text("Regardez bien.").locator("..")).to_have_attribute("lang", "fr")
    page.locator("form.actions .btn--primary").click()
    ready(page)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    for part in ("#prompt", "#question"):
        expect(page.locator(part)).to_have_attribute("lang", "de")


def test_a_question_that_nobody_wrote_is_in_the_language_of_the_page(open_context):
    page = open_context(locale="ja").new_page()
    enter_in_any_language(page, running_study())
    expect(page.locator("#question")).to_have_attribute("lang", "ja")
    expect(page.locator("#prompt")).to_have_attribute("lang", "en")


def test_a_screen_reader_meets_question_prompt_pictures_and_answers_in_this_order(page):
    enter(page, running_study())
    prompt = page.locator("#prompt").inner_text()
    tree = page.locator("body").aria_snapshot()
    wanted = [prompt, "Picture A", "Picture B", "A is better", "Tie", "Both bad", "B is better"]
    places = [tree.index(f'"{name}"') for name in wanted]
    assert places == sorted(places)


def test_each_pair_is_announced_once(page):
    enter(page, running_study(reasons={**CHIPS, "required_for": []}))
    page.evaluate(
        """() => {
            window.heard = [];
            const said = document.getElementById('said');
            new MutationObserver(() => said.textContent && window.heard.push(said.textContent))
                .observe(said, { childList: true, characterData: true, subtree: true });
        }"""
    )
    page.keyboard.press("ArrowLeft")
    close_dialog(page, "Enter")
    following(page, 2)
    ready(page)
    assert [text.split(".")[0] for text in page.evaluate("window.heard")] == ["2 of 3"]
    assert page.evaluate("window.heard[0]").endswith("Ready.")
