"""What a rater does in any protocol, in a few verbs."""

from playwright.sync_api import Page, expect

from annotations.models import Panel, Vote

QUESTIONS = [
    {"key": key, "label": key.title(), "question": f"How is its {key}?", "anchors": list("abcdefg")}
    for key in ("fidelity", "alignment", "aesthetics")
]  # fmt: skip
CHIPS = {
    "chips": [{"key": "hands", "label": "Hands"}, {"key": "text", "label": "Broken text"}],
    "text": True,
    "required_for": ["both_bad"],
}
# Something that a rater could answer with just now.
OPEN = "#answers :is(.answer, .point)[aria-disabled=false], .criterion[data-active], .place[data-next]"


def enter(page: Page, panel: Panel) -> None:
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()


def enter_by_keyboard(page: Page, panel: Panel) -> None:
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").press("Enter")
    page.get_by_role("button", name="Start voting").press("Enter")


def ready(page: Page) -> None:
    """The pictures stand there, and the guard against a doubled key press has passed."""
    page.wait_for_selector(OPEN)
    page.wait_for_function(
        "!document.querySelector('.stage--loading') && !document.querySelector('dialog[open]')"
    )
    page.wait_for_timeout(260)


def following(page: Page, number: int) -> None:
    expect(page.locator("#count")).to_contain_text(f"{number} of")


def finish_by_keyboard(page: Page) -> None:
    expect(page.get_by_role("link", name="Finish and show my code")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/")
    expect(page.locator("#code")).not_to_be_empty()


def given() -> list[dict]:
    """What the server holds, in the order of the rater's session."""
    return [vote.answer for vote in Vote.objects.filter(retracted_at=None).order_by("assignment__sequence")]
