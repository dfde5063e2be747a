"""What a rater does in the browser, in a few verbs."""

from playwright.sync_api import Page, expect

from annotations.models import Panel, Vote

UNLOCKED = "#answers :is(.answer, .confirm:not(.answer))"


def enter(page: Page, panel: Panel) -> None:
    """From the link to the first pair."""
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()
    ready(page)


def ready(page: Page) -> None:
    """The pictures are decoded, voting is open, and the guard against a doubled key press has passed."""
    page.wait_for_selector("#answers .answer[aria-disabled=false], .criterion[data-active]")
    page.wait_for_timeout(220)


def press(page: Page, key: str) -> None:
    before = count(page)
    page.keyboard.press(key)
    expect(page.locator("#count")).not_to_have_text(before)
    ready(page)


def count(page: Page) -> str:
    return page.locator("#count").inner_text()


def sent(page: Page, votes: int) -> None:
    """Waits for the server to hold so many votes."""
    for _ in range(200):
        if Vote.objects.filter(retracted_at=None).count() >= votes:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{Vote.objects.count()} of {votes} votes arrived")


def answers() -> list[str]:
    """What the server holds, in the order of the rater's session."""
    rows = Vote.objects.filter(retracted_at=None).order_by("assignment__sequence")
    return [vote.answer["overall"] for vote in rows]
