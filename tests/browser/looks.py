"""What axe says of a page, and whether it is wider than its window, once nothing moves on it any more."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Colours halfway through a fade have no contrast to speak of. What turns for ever is not waited for.
STILL = """document.readyState === 'complete' && document.getAnimations().every(
    (one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity
)"""


def still(page: Page) -> None:
    page.wait_for_function(STILL)


def axe(page: Page) -> list[dict]:
    still(page)
    return Axe().run(page).response["violations"]


def violations(page: Page) -> list[str]:
    return [f"{page.url} {item['id']}: {item['nodes'][0]['html']}" for item in axe(page)]
