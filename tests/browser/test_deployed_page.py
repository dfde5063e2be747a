"""The voting page as production serves it: bundled, compressed, whole within few round trips."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import PATIENCE_MS, PHONE, slowed
from tests.browser.deployed import KINDS, SLOW_4G, deployed, listen
from tests.browser.rating_steps import READY, following, until

# One worker: the deployed arena is started once.
pytestmark = pytest.mark.browser
BUDGET_BYTES = 60_000
PAGE = ("Document", "Stylesheet", "Script")
FIRST_MS = 3000
VISITS = 5
# The same as DevTools applies it: with more latency for each request, and less of the line.
SLOWER = {"latency": 562.5, "downloadThroughput": 180_000, "uploadThroughput": 84_375}
# When voting opened, on the clock of the navigation.
OPENED = """new MutationObserver(() => {
    if (window.opened || !document.querySelector('#answers .answer[aria-disabled=false]')) return;
    window.opened = performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true });"""


@pytest.fixture(scope="module")
def arena():
    with deployed() as running:
        yield running


@pytest.fixture
def visit(chromium: Browser, arena):
    """Opens the voting page of a kind of study with an empty cache, and gives it and what came for it."""
    address, links = arena
    contexts, errors = [], []

    def visited(kind: str, *, conditions: dict | None = None, **options):
        context = slowed(chromium.new_context(base_url=address, **(PHONE | options)))
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda failure: errors.append(str(failure.error)))
        contexts.append(context)
        page = context.new_page()
        page.goto(links[kind])
        page.locator("button[value=accept]").click()
        page.locator("form.actions .btn--primary").click()
        page.wait_for_selector("html.js")
        wire, heard = listen(page)
        if conditions:
            wire.send("Network.emulateNetworkConditions", {"offline": False} | conditions)
            wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(f"{links[kind]}vote/")
        return page, heard

    yield visited
    for context in contexts:
        context.close()
    assert errors == []


def whole(page) -> None:
    """What is heard is complete: the page stands, and nothing more comes."""
    page.wait_for_selector("html.js")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_every_protocol_stays_within_its_budget_on_the_wire(visit, kind, record_property):
    page, heard = visit(kind)
    whole(page)
    until(page, lambda: len(heard.of(*PAGE)) >= 3, "document, sheet and script were not all heard")
    sent = heard.of(*PAGE)
    record_property("bytes", sum(sent.values()))
    assert len(sent) == 3, sent
    assert sum(sent.values()) < BUDGET_BYTES, sent


@pytest.mark.parametrize("locale", ["ja", "ar", "fr"])
def test_the_page_with_every_protocol_and_its_dictionary_stays_within_the_budget(visit, locale):
    page, heard = visit("everything", locale=locale)
    whole(page)
    assert page.locator("html").get_attribute("lang") == locale
    assert sum(heard.of(*PAGE).values()) < BUDGET_BYTES, heard.of(*PAGE)


def test_the_bundle_votes(visit):
    page, _ = visit("pairs")
    page.wait_for_selector(READY)
    with page.expect_response("**/votes") as answered:
        page.keyboard.press("ArrowLeft")
    assert answered.value.status == 201
    following(page, 2)


def test_with_an_empty_cache_the_first_pair_is_two_round_trips_away(visit, record_property):
    """What the first answer waits for is named in the page itself, so that all of it is asked for at once."""
    page, heard = visit("pairs", conditions=SLOW_4G)
    page.wait_for_selector(READY)
    record_property("opened_ms", page.evaluate("performance.now()"))
    shown = page.locator(".frame img").evaluate_all("(images) => images.map((image) => image.src)")

    def needed() -> dict[str, int]:
        return {url: size for url, size in heard.sizes.items() if url in shown or heard.kinds[url] in PAGE}

    until(page, lambda: len(needed()) >= 5, "not all that was shown was heard")
    found = needed()  # before the document is asked for once more, which is then another kind of request
    linked = [url for url in found if heard.kinds[url] != "Document"]
    assert (len(found), len(linked)) == (5, 4), found
    source = page.evaluate("() => fetch(location.href).then((answer) => answer.text())")
    assert all(urlsplit(url).path in source for url in linked)
    seconds = 2 * SLOW_4G["latency"] / 1000 + sum(found.values()) / SLOW_4G["downloadThroughput"]
    record_property("network_s", seconds)
    assert seconds < 3


@pytest.mark.timed
def test_after_the_instructions_the_first_pair_opens_within_three_seconds(chromium, arena, record_property):
    """The best of a few visits: what else the machine does only ever adds to the time of a page."""
    took: list[float] = []
    while len(took) < VISITS and min(took, default=FIRST_MS) >= FIRST_MS:
        took.append(first_pair_ms(chromium, *arena))
    record_property("first_pair_ms", took)
    assert min(took) < FIRST_MS, took


def first_pair_ms(chromium: Browser, address: str, links: dict[str, str]) -> float:
    context = chromium.new_context(base_url=address, **PHONE)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(OPENED)
    page.goto(links["pairs"])
    page.locator("button[value=accept]").click()
    page.wait_for_load_state("networkidle")
    wire, _ = listen(page, emptied=False)
    wire.send("Network.emulateNetworkConditions", {"offline": False} | SLOWER)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.locator("form.actions .btn--primary").click()
    page.wait_for_selector(READY)
    took = page.evaluate("window.opened")
    context.close()
    return took
