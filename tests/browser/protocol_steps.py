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


def enter(page: Page, panel: Panel) -> None:
    """Up to the voting page, where a dialog may come first."""
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()


def enter_by_keyboard(page: Page, panel: Panel) -> None:
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").press("Enter")
    page.get_by_role("button", name="Start voting").press("Enter")


def finish_by_keyboard(page: Page) -> None:
    expect(page.get_by_role("link", name="Finish and show my code")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/")
    expect(page.locator("#code")).not_to_be_empty()


def given() -> list[dict]:
    """What the server holds, in the order of the rater's session."""
    return [vote.answer for vote in Vote.objects.filter(retracted_at=None).order_by("assignment__sequence")]
