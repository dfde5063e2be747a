"""How fast the next pair stands, and how soon the first one can be answered, on networks that are slow."""

import pytest

from tests.browser.conftest import PHONE
from tests.browser.rating_steps import enter, ready, sent
from tests.rating import running_study

pytestmark = [pytest.mark.browser, pytest.mark.timed, pytest.mark.django_db(transaction=True)]
SWAP_MS = 50
FIRST_MS = 3000
# Chrome's "Slow 4G", in bytes per second and with its latency for each request.
SLOW_4G = {"latency": 562.5, "downloadThroughput": 180_000, "uploadThroughput": 84_375}
# From the key to the frame in which both new pictures stand, decoded.
SWAP = """new Promise((done) => {
    const shown = () => [...document.querySelectorAll('.frame > img')];
    const before = shown().map((image) => image.src);
    const pressed = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    const look = () => {
        const now = shown();
        const stands = (image, at) => image.complete && image.naturalWidth && image.src !== before[at];
        const whole = now.every(stands);
        if (!whole || document.querySelector('.stage--loading')) return requestAnimationFrame(look);
        const painted = new MessageChannel();
        painted.port1.onmessage = () => done(performance.now() - pressed);
        return painted.port2.postMessage(0);
    };
    requestAnimationFrame(look);
})"""
# When voting opened, on the clock of the navigation.
OPENED = """new MutationObserver(() => {
    if (window.opened || !document.querySelector('#answers .answer[aria-disabled=false]')) return;
    window.opened = performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true });"""


def throttled(page, **conditions):
    wire = page.context.new_cdp_session(page)
    everything = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1} | conditions
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", everything)
    return wire


def test_a_vote_swaps_the_pair_within_50_ms_on_a_round_trip_of_200_ms(page, record_property):
    enter(page, running_study(prompts=9, box_px=512))
    throttled(page, latency=200)
    page.wait_for_load_state("networkidle")
    took = []
    for done in range(1, 7):
        took.append(page.evaluate(SWAP))
        sent(page, done)
        page.wait_for_load_state("networkidle")
        ready(page)
    record_property("swap_ms", took)
    assert sorted(took)[len(took) // 2] < SWAP_MS, took


def test_the_first_pair_opens_within_three_seconds_on_slow_4g_with_a_slow_processor(
    open_context, record_property
):
    page = open_context(**PHONE).new_page()
    page.add_init_script(OPENED)
    panel = running_study(box_px=512)
    page.goto(f"/r/{panel.token}/")
    page.get_by_role("button", name="I agree").click()
    page.wait_for_load_state("networkidle")
    wire = throttled(page, **SLOW_4G)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.get_by_role("button", name="Start voting").click()
    page.wait_for_selector("#answers .answer[aria-disabled=false]", timeout=30_000)
    took = page.evaluate("window.opened")
    record_property("first_pair_ms", took)
    assert took < FIRST_MS
