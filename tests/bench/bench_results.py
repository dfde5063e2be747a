"""Import, results page and export of a large study. `BENCH_VOTES` sets its size (1,000,000).

One process holds the study as a web worker does. "One vote added" imports nothing: a vote is stored beside
the others as the voting page stores it, as a row with its rater's count.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests import servers

VOTES = int(os.environ.get("BENCH_VOTES", "1000000"))
FIELDS = "left,right,outcome,rater,prompt,category,answer_ms"
LOOKS = 12


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


def measured() -> list[dict]:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.test import Client

    from annotations.actions.vote_import import import_votes

    path = Path(os.environ["ARENA_VAR"]) / "votes.csv"
    write_votes(path)
    rows: list[dict] = []

    def timed(name: str, work: Callable[[], object], aim: str = "–", times: int = 1) -> object:
        taken = []
        for _ in range(times):
            started = time.perf_counter()
            found = work()
            taken.append(time.perf_counter() - started)
        value = float(np.percentile(taken, 95)) if times > 1 else taken[0]
        rows.append({"name": f"{name}, {VOTES:,} votes", "value": value, "unit": "s", "target": aim})
        return found

    mapping = {field: field for field in FIELDS.split(",")}
    study = timed("import", lambda: import_votes(path=path, name="Bench", mapping=mapping)).study
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(get_user_model().objects.create_superuser("bench"))
    base = f"/studies/{study.public_id}"

    def look() -> None:
        assert client.get(f"{base}/results/", secure=True).status_code == 200

    timed("first look at results", look)
    timed("next look, nothing changed, p95", look, "≤ 0.05", LOOKS)
    taken = []
    for _ in range(LOOKS):
        add_vote(study)
        started = time.perf_counter()
        look()
        taken.append(time.perf_counter() - started)
    name = f"next look, one vote added, p95, {VOTES:,} votes"
    rows.append({"name": name, "value": float(np.percentile(taken, 95)), "unit": "s", "target": "≤ 0.3"})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def export() -> None:
        for _ in client.get(f"{base}/export/votes.csv", secure=True).streaming_content:
            pass

    timed("export as CSV", export, "≤ 60")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rows.append({"name": "    peak memory above the page's", "value": grown, "unit": "MB", "target": "≤ 100"})
    return rows


if __name__ == "__main__":
    json.dump(measured(), sys.stdout)
