"""The arena as it is deployed, static files collected, with a study of each kind; and how much it sends."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import CDPSession, Page

from tests import servers

# What DevTools and Lighthouse call "slow 4G": 1.6 Mbit/s down, 150 ms a round trip.
SLOW_4G = {"latency": 150, "downloadThroughput": 204_800, "uploadThroughput": 93_750}
KINDS = ("pairs", "criteria", "ratings", "separate", "best", "ranking", "failures", "everything")


@dataclass
class Heard:
    """What came over the wire: kind and bytes with headers, by address."""

    kinds: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def of(self, *kinds: str) -> dict[str, int]:
        return {url: size for url, size in self.sizes.items() if self.kinds[url] in kinds}


@contextmanager
def deployed() -> Iterator[tuple[str, dict[str, str]]]:
    """Its address, and the link of each kind of study."""
    with servers.arena_environment() as environment, servers.temporary() as home:
        environment |= {"STATIC_MANIFEST": "1", "STATIC_ROOT": str(home), "ENTRIES_PER_BROWSER": "0"}
        servers.manage(environment, "collectstatic", "--noinput", "-v", "0")
        tokens = json.loads(servers.python(environment, "-m", "tests.browser.deployed"))
        with servers.gunicorn(environment, workers=1) as address:
            yield address, {kind: f"/r/{token}/" for kind, token in tokens.items()}


def listen(page: Page, *, emptied: bool = True) -> tuple[CDPSession, Heard]:
    wire, heard, urls = page.context.new_cdp_session(page), Heard(), {}

    def received(event: dict) -> None:
        url = urls[event["requestId"]] = event["response"]["url"]
        heard.kinds[url] = event["type"]

    def finished(event: dict) -> None:
        if url := urls.get(event["requestId"]):
            heard.sizes[url] = round(event["encodedDataLength"])

    wire.on("Network.responseReceived", received)
    wire.on("Network.loadingFinished", finished)
    wire.send("Network.enable")
    if emptied:
        wire.send("Network.clearBrowserCache")
    return wire, heard


def _make() -> dict[str, str]:
    import django

    django.setup()
    from annotations.actions import blocks
    from annotations.models import Protocol
    from tests.browser.protocol_steps import CHIPS, QUESTIONS
    from tests.rating import draft, launched

    asked = {"allow_cannot_judge": True, "reasons": CHIPS}
    of_kind = {
        "pairs": {},
        "criteria": {"criteria": QUESTIONS, "graded": True, **asked},
        "ratings": {"protocol": Protocol.LIKERT, "criteria": QUESTIONS},
        "separate": {"protocol": Protocol.LIKERT, "points": 7, "pages": "separate", "criteria": QUESTIONS},
        "best": {"protocol": Protocol.BEST_OF_N, "size": 4, "pick": "best_and_worst"},
        "ranking": {"protocol": Protocol.RANKING, "size": 4},
        "failures": {"protocol": Protocol.FAILURE_REVIEW, "allow_marks": True, "allow_note": True},
        "everything": {"protocol": Protocol.RANKING, "size": 4, **asked},
    }
    tokens = {}
    for kind, settings in of_kind.items():
        study = draft(prompts=3, generators=4, overlap=20, box_px=512, **settings)
        if kind == "everything":
            for protocol in Protocol.values:
                more = {"protocol": protocol, "size": 3, "allow_marks": True, "title": f"Part of {protocol}"}
                blocks.add(study=study, actor="designer", **more)
            blocks.add(study=study, actor="designer", graded=True, criteria=QUESTIONS)
        tokens[kind] = launched(study).token
    return tokens


if __name__ == "__main__":
    json.dump(_make(), sys.stdout)
