"""How fast the next pair stands on a slow network. How soon the first one does: test_deployed_page.py."""

from statistics import median

import pytest

from tests.browser.rating_steps import enter, ready, sent
from tests.rating import running_study

pytestmark = [pytest.mark.browser, pytest.mark.timed, pytest.mark.django_db(transaction=True)]
SWAP_MS = 50
SERIES, VOTES = 4, 6
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


def throttled(page, **conditions):
    wire = page.context.new_cdp_session(page)
    everything = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1} | conditions
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", everything)
    return wire


def test_a_vote_swaps_the_pair_within_50_ms_on_a_round_trip_of_200_ms(page, record_property):
    """The median of six votes, in the best of a few series: what else the machine does only ever adds."""
    enter(page, running_study(prompts=SERIES * VOTES + 1, box_px=512))
    throttled(page, latency=200)
    page.wait_for_load_state("networkidle")
    series: list[list[float]] = []
    while len(series) < SERIES and min(map(median, series), default=SWAP_MS) >= SWAP_MS:
        series.append([])
        for _ in range(VOTES):
            series[-1].append(page.evaluate(SWAP))
            sent(page, sum(map(len, series)))
            page.wait_for_load_state("networkidle")
            ready(page)
    record_property("swap_ms", series)
    assert min(map(median, series)) < SWAP_MS, series
