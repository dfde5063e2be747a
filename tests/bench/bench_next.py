"""Does a rater wait longer for the next assignments in a large study? The same requests at 1,000 and at
1,000,000 comparisons, some of them by a rater who has met thousands and at the far end of the ranks.

A small study is launched; the rows of the large one are copies made by the database itself. Both are then
asked in turns, in one process, so that other work on the machine slows both alike.
"""

import json
import os
import random
import sys
import time

from tests import servers

SMALL, LARGE = 1_000, int(os.environ.get("BENCH_COMPARISONS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "400"))
MET = 3_000
AIM = 1.5


def run() -> list[dict]:
    rows = engine("SQLite", "")
    with servers.postgres() as url:
        rows += engine("PostgreSQL", url)
    return rows


def engine(name: str, url: str) -> list[dict]:
    with servers.arena_environment(database_url=url) as environment:
        found = json.loads(servers.python(environment, "-m", "tests.bench.bench_next"))
    rows = []
    for who, sizes in found["p95_ms"].items():
        small, large = sizes
        rows += [
            {"name": f"{name}: p95 of next, {who}, {SMALL:,} comparisons", "value": small, "unit": "ms"},
            {"name": f"    {LARGE:,} comparisons", "value": large, "unit": "ms"},
            {"name": "    ratio", "value": large / small, "unit": "times", "target": f"< {AIM}"},
        ]
    return [*rows, {"name": f"{name}: rows made in", "value": found["made_s"], "unit": "s"}]


def measure() -> dict:
    """In a process with a fresh database."""
    started = time.perf_counter()
    studies = [study_of(comparisons) for comparisons in (SMALL, LARGE)]
    analyse()
    made_s = time.perf_counter() - started
    found = {
        "a new rater": [*compare([[newcomer(study) for _ in range(8)] for study in studies])],
        f"one who has met {MET:,}": [*compare([[veteran(study)] for study in studies])],
    }
    return {"p95_ms": found, "made_s": made_s}


def compare(sides: list[list]) -> list[float]:
    """p95 in milliseconds of a vote with what comes next, for each side; the sides take turns."""
    from annotations.actions import assignments, votes

    times: list[list[float]] = [[], []]
    for turn in range(ROUNDS):
        for side, raters in enumerate(sides):
            rater = raters[turn % len(raters)]
            started = time.perf_counter()
            held = assignments.serve(rater=rater, count=2).assignments
            times[side].append(time.perf_counter() - started)
            votes.record(rater=rater, nonce=held[0].nonce, answer={"overall": random.choice(["left", "tie"])})
    return [1000 * sorted(each)[int(0.95 * (len(each) - 1))] for each in times]


def study_of(comparisons: int):
    """A running study with so many comparisons, each wanted twice."""
    from tests.factories import planned_study

    study = planned_study(prompts=50, generators=5, overlap=2)
    made = study.comparisons.filter(kind="regular").count()
    multiply(study, comparisons // made)
    return study


def multiply(study, copies: int) -> None:
    """Each prompt, comparison and place so many times in all, the further ones behind in rank."""
    from annotations.models import Comparison, Place, Prompt

    models = (Prompt, Comparison, Place)
    step = max(model.objects.order_by("-pk").values_list("pk", flat=True)[0] for model in models)
    most, own = study.places.count(), f"study_id = {study.pk}"
    name = f"CAST(r.id + k.n * {step} AS varchar)"
    for model, where, changed in (
        (Prompt, own, {"key": f"'copy ' || {name}"}),
        (Comparison, f"{own} AND kind = 'regular'", {"prompt_id": f"r.prompt_id + k.n * {step}"}),
        (Place, own, {"comparison_id": f"r.comparison_id + k.n * {step}", "rank": f"r.rank + k.n * {most}"}),
    ):
        copy(model, copies, where, {"id": f"r.id + k.n * {step}", "public_id": f"'x' || {name}"} | changed)


def copy(model, copies: int, where: str, changed: dict[str, str]) -> None:
    from django.db import connection

    columns = [field.column for field in model._meta.concrete_fields]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, f'r."{name}"') for name in columns)
    table = model._meta.db_table
    numbers = f"SELECT 1 AS n UNION ALL SELECT n + 1 FROM k WHERE n < {copies - 1}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE k AS ({numbers}) "
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} r CROSS JOIN k WHERE {where}"
        )
        if connection.vendor == "postgresql":
            newest = f"(SELECT max(id) FROM {table})"
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {newest})")


def newcomer(study):
    from tests.factories import rater_in

    return rater_in(study)


def veteran(study):
    """A rater who has voted on the first comparisons in rank: MET of them, or half of a smaller study."""
    from django.utils import timezone

    from annotations.models import Assignment, Rater

    rater, now = newcomer(study), timezone.now()
    first = study.places.filter(index=0).order_by("rank")
    met = list(first.values_list("comparison_id", "order")[: min(MET, first.count() // 2)])
    common = {"study": study, "rater": rater, "state": "voted", "served_at": now, "expires_at": now}
    Assignment.objects.bulk_create(
        [
            Assignment(comparison_id=comparison, order=order, sequence=number, **common)
            for number, (comparison, order) in enumerate(met, start=1)
        ],
        batch_size=1000,
    )
    Rater.objects.filter(pk=rater.pk).update(served=len(met), voted=len(met))
    return rater


def analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    import django

    django.setup()
    json.dump(measure(), sys.stdout)
