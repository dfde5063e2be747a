"""What a rater does in the browser, in a few verbs. Each returns once its effect is to be seen.

A key press is back once the page's listeners have run, a tap once its touch was delivered: what a tap does
has to be waited for before anything is looked up again.
"""

import time

from playwright.sync_api import Locator, Page, expect

from annotations.models import Panel, Vote

# The pictures stand, were seen, the guard against a doubled key has passed, and no dialog lies above.
READY = "body:not(:has(dialog[open])) #answers[data-ready]"
DIALOG = "dialog[open]"
ARRIVE_S = 60
POLL_MS = 20


def enter(page: Page, panel: Panel) -> None:
    """From the link to the first pair."""
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()
    ready(page)


def enter_in_any_language(page: Page, panel: Panel) -> None:
    page.goto(f"/r/{panel.token}/")
    page.locator("button[value=accept]").click()
    page.locator("form.actions .btn--primary").click()
    ready(page)


def ready(page: Page) -> None:
    """An answer would be taken now."""
    page.wait_for_selector(READY)


def press(page: Page, key: str) -> None:
    """A key that answers or takes back, up to the next that can be answered."""
    before = count(page)
    page.keyboard.press(key)
    expect(page.locator("#count")).not_to_have_text(before)
    ready(page)


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def rate(page: Page, digits: str) -> None:
    """Rates one question after the other, and confirms."""
    for at, digit in enumerate(digits):
        expect(page.locator(".criterion").nth(at)).to_have_attribute("data-active", "")
        page.keyboard.press(digit)
        expect(page.locator(".criterion").nth(at).locator(f"input[value='{digit}']")).to_be_checked()
    expect(page.locator(".confirm")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("Enter")


def following(page: Page, number: int) -> None:
    expect(page.locator("#count")).to_contain_text(f"{number} of")


def opened(page: Page) -> Locator:
    """The dialog that has come up."""
    dialog = page.locator(DIALOG)
    expect(dialog).to_be_visible()
    return dialog


def close_dialog(page: Page, key: str = "Escape") -> None:
    opened(page)
    page.keyboard.press(key)
    expect(page.locator(DIALOG)).to_have_count(0)


def count(page: Page) -> str:
    return page.locator("#count").inner_text()


def until(page: Page, done, what: str) -> None:
    """Waits for what only the server knows, while the page goes on."""
    deadline = time.monotonic() + ARRIVE_S
    while not done():
        assert time.monotonic() < deadline, what
        page.wait_for_timeout(POLL_MS)


def sent(page: Page, votes: int) -> None:
    """Waits for the server to hold so many votes."""
    standing = Vote.objects.filter(retracted_at=None)
    until(page, lambda: standing.count() >= votes, f"of {votes} votes not all arrived")


def answers() -> list[str]:
    """What the server holds, in the order of the rater's session."""
    rows = Vote.objects.filter(retracted_at=None).order_by("assignment__sequence")
    return [vote.answer["overall"] for vote in rows]
