"""Chromium against a live server. The database is a file: with SQLite in memory all threads would share one
connection, which no server does."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
TABLET = {"viewport": {"width": 768, "height": 1024}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    database = connections["default"]
    if database.vendor == "sqlite":
        database.settings_dict["TEST"]["NAME"] = str(settings.VAR_DIR / "browser.sqlite3")


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
        context.set_default_timeout(10_000)
        context.on("weberror", lambda failure: errors.append(str(failure.error)))
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_context) -> Page:
    return open_context().new_page()
