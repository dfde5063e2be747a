"""What axe says of a page, and whether it is wider than its window, once nothing moves on it any more."""

from collections.abc import Iterable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Colours halfway through a fade have no contrast to speak of. What turns for ever is not waited for.
STILL = """document.readyState === 'complete' && document.getAnimations().every(
    (one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity
)"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def still(page: Page) -> None:
    page.wait_for_function(STILL)


def axe(page: Page) -> list[dict]:
    still(page)
    return Axe().run(page).response["violations"]


def everywhere(page: Page, views: Iterable[tuple[dict, str]]) -> list[str]:
    """What axe says of the page in windows of several sizes and in both schemes, and where it overflows."""
    found = []
    for window, scheme in views:
        page.set_viewport_size(window["viewport"])
        page.emulate_media(color_scheme=scheme)
        said = violations(page)
        if (wide := page.evaluate(WIDER)) > 0:
            said.append(f"{page.url} is {wide} px wider than its window")
        found += [f"{text} ({window['viewport']['width']} px, {scheme})" for text in said]
    return found


def violations(page: Page) -> list[str]:
    return [f"{page.url} {item['id']}: {item['nodes'][0]['html']}" for item in axe(page)]
