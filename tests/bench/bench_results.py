"""Import, results page and export of a large study. `BENCH_VOTES` sets its size (1,000,000).

One process holds the study as a web worker does. "One vote added" imports nothing: a vote is stored beside
the others as the voting page stores it, as a row with its rater's count.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests import servers

VOTES = int(os.environ.get("BENCH_VOTES", "1000000"))
FIELDS = "left,right,outcome,rater,prompt,category,answer_ms"
LOOKS = 12
PAGES = ("raters", "agreement", "comparisons", "robustness", "intervals", "model", "diagnosis")


def run() -> list[dict]:
    with servers.arena_environment() as environment:
        return json.loads(servers.python(environment, "-m", "tests.bench.bench_results"))


def write_votes(path: Path) -> None:
    rng = np.random.default_rng(0)
    strengths = rng.normal(0, 0.6, 30)
    left = rng.integers(0, 30, VOTES)
    right = (left + rng.integers(1, 30, VOTES)) % 30
    won = rng.random(VOTES) < 1 / (1 + np.exp(strengths[right] - strengths[left]))
    outcome = np.where(rng.random(VOTES) < 0.15, "tie", np.where(won, "left", "right"))
    raters, prompts = rng.integers(0, 2000, VOTES), rng.integers(0, 5000, VOTES)
    with path.open("w") as out:
        out.write(FIELDS + "\n")
        for a, b, said, who, prompt in zip(left, right, outcome, raters, prompts, strict=True):
            out.write(f"g{a},g{b},{said},r{who},p{prompt},c{prompt % 6},2000\n")


def add_vote(study) -> None:
    from django.db.models import F

    from annotations.models import Assignment, Rater, Vote

    last = Vote.objects.filter(study=study).latest("id")
    rater = study.raters.exclude(pk=last.rater_id).exclude(votes__comparison=last.comparison_id).first()
    given = {"study": study, "rater": rater, "comparison_id": last.comparison_id, "order": last.order}
    at = {"served_at": last.created_at, "expires_at": last.created_at}
    assignment = Assignment.objects.create(**given, **at, sequence=rater.voted + 1, state="voted")
    Vote.objects.create(**given, assignment=assignment, answer=last.answer)
    Rater.objects.filter(pk=rater.pk).update(voted=F("voted") + 1)


class Rows:
    """What is printed: wall time, and the time on the processor, which the aims are held against: on an idle
    machine they are the same, on a shared one the first says how busy it was."""

    def __init__(self) -> None:
        self.rows: list[dict] = []

    def add(self, name: str, value: float, unit: str = "s", aim: str = "–") -> None:
        self.rows.append({"name": name, "value": value, "unit": unit, "target": aim})

    def timed(
        self, name: str, work: Callable[[], object], aim: str = "–", times: int = 1, before=None
    ) -> object:
        wall, busy, found = [], [], None
        for _ in range(times):
            if before:
                before()
            started, began = time.perf_counter(), time.process_time()
            found = work()
            wall.append(time.perf_counter() - started)
            busy.append(time.process_time() - began)
        said = ", p95" if times > 1 else ""
        self.add(f"{name}{said}, {VOTES:,} votes", float(np.percentile(wall, 95)))
        self.add("    of which on the processor", float(np.percentile(busy, 95)), aim=aim)
        return found


def own_memory_mb() -> float:
    """Without the pages of a database file that the system has mapped and may take back."""
    with open("/proc/self/status") as status:
        [held] = [line.split()[1] for line in status if line.startswith("RssAnon")]
    return int(held) / 1024


def drained(reply) -> float:
    """The most memory held while a reply is streamed, beyond what was held before."""
    before, most = own_memory_mb(), 0.0
    for _ in reply.streaming_content:
        most = max(most, own_memory_mb())
    return most - before


def measured() -> list[dict]:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.test import Client

    from annotations.actions.vote_import import import_votes
    from arena.analytics.rater_rules import DEFAULT_RULES

    path = Path(os.environ["ARENA_VAR"]) / "votes.csv"
    write_votes(path)
    rows = Rows()
    mapping = {field: field for field in FIELDS.split(",")}
    study = rows.timed("import", lambda: import_votes(path=path, name="Bench", mapping=mapping)).study
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(get_user_model().objects.create_superuser("bench"))
    base = f"/studies/{study.public_id}"

    def get(address: str) -> Callable[[], None]:
        def look() -> None:
            assert client.get(address, secure=True).status_code == 200

        return look

    def voted() -> None:
        add_vote(study)

    page, api = get(f"{base}/results/"), get(f"/api/v1{base}/ranking/")
    rows.timed("first look at results", page)
    rows.timed("next look, nothing changed", page, "≤ 0.05", LOOKS)
    rows.timed("next look, one vote added", page, "≤ 0.3", LOOKS, voted)
    rows.timed("ranking by API, nothing changed", api, "≤ 0.05", LOOKS)
    rows.timed("ranking by API, one vote added", api, "≤ 0.3", LOOKS, voted)
    study.rules = [dict(rule) for rule in DEFAULT_RULES]
    study.save(update_fields=["rules"])
    page()
    rows.timed("next look, one vote added, usual rules declared", page, "≤ 0.3", LOOKS, voted)
    for name in PAGES:
        rows.timed(f"first look at {name}", get(f"{base}/results/{name}/"), "≤ 5")
    for fmt in ("csv", "jsonl", "parquet"):
        grown = rows.timed(
            f"export as {fmt}",
            lambda fmt=fmt: drained(client.get(f"{base}/export/votes.{fmt}", secure=True)),
            "≤ 60",
        )
        rows.add("    memory beyond the page's", grown, "MB", "≤ 100")
    return rows.rows


if __name__ == "__main__":
    json.dump(measured(), sys.stdout)
