"""Chromium against a live server."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

# Playwright's loop runs in the thread of the test, where Django would otherwise refuse to query.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page of the internet that frames a server of this machine is what the frame tests play.
    "--disable-features=LocalNetworkAccessChecks",
]
# What does not come at all fails a little later; what comes late on a busy machine does not fail.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
TABLET = {"viewport": {"width": 768, "height": 1024}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


# ARENA_SLOW_BROWSER=4 gives every page a processor so many times slower: what was only lucky then fails.
SLOWED = float(os.environ.get("ARENA_SLOW_BROWSER") or 1)


def slowed(context: BrowserContext) -> BrowserContext:
    """Slows down the pages that tests open in it; pages that open by themselves keep their pace."""
    if SLOWED == 1:
        return context
    open_page = context.new_page

    def new_page() -> Page:
        page = open_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        return page

    context.new_page = new_page
    return context


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_context(chromium: Browser, live_server) -> Iterator[Callable[..., BrowserContext]]:
    """A fresh browser profile that knows the server's address. Scripts that fail make the test fail."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(**options) -> BrowserContext:
        context = chromium.new_context(base_url=live_server.url, **(DESKTOP | options))
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda failure: errors.append(str(failure.error)))
        contexts.append(context)
        return slowed(context)

    yield opened
    for context in contexts:
        # A request that is still on its way through a route would fail in the next test.
        for each in (context, *context.pages):
            each.unroute_all(behavior="ignoreErrors")
        context.close()
    assert errors == []


@pytest.fixture
def page(open_context) -> Page:
    return open_context().new_page()
