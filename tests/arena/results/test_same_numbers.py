"""One filter, one set of numbers: on the page, by API, in the export, and from the recount it names."""

import json
import math
import shlex
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse

from annotations.actions import blocks, exclusions, panels, preparation, studies
from annotations.models import Study
from arena.analytics import recount
from arena.results.filters import asked
from arena.results.labels import number, span
from arena.results.rankings import ranking
from tests.factories import UserFactory, draft_of_rows, rater_in, vote_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CRITERIA = [{"key": "overall", "label": "Overall"}, {"key": "detail", "label": "Detail"}]
RULES = [{"rule": "side_share", "above": 0.9, "at_least": 10}]
PLACES = ("points", "low", "high", "rank_low", "rank_high")
NUMBERS = (*PLACES, "wins", "losses", "ties", "n", "raters", "win_rate")
PAIR_FILTERS = [
    "",
    "criterion=detail",
    "category={category}",
    "panel={experts}",
    "panel={judges}&simulated=with",
    "simulated=with",
    "simulated=only",
    "exclusions=off",
    "exclusions=rules",
    "exclusions=manual",
    "since=2100-03-02",
    "until=2100-03-02",
    "since=2100-03-02&until=2100-03-02",
    "method=half_win",
    "method=rao_kupper",
    "method=bradley_terry",
    "method=firth",
    "method=elo",
    "baseline=generator-1",
    "criterion=detail&category={category}&simulated=with&exclusions=off&until=2100-03-02&baseline=generator-2",
]
OTHER_BLOCKS = ["likert", "best_of_n", "ranking", "failure_review"]


def opened(study: Study) -> Study:
    studies.launch(study=study, actor=None)
    preparation.plan(study=study)
    study.renditions.update(path="none")
    return studies.finish_preparation(study=study)


def names_of(assignment) -> list[str]:
    slots = list(assignment.comparison.slots.order_by("index").select_related("generator"))
    return [slots[int(place)].generator.name for place in assignment.order]


def pairwise_study(monkeypatch) -> Study:
    """Two criteria, categories and panels, a judge, three days, simulated raters; one rater whom a rule hits,
    one excluded by hand, and one of both kinds."""
    study = draft_of_rows(prompts=4, overlap=7, check_every=0, rules=RULES, criteria=CRITERIA)
    panels.create(study=study, name="Experts, and others", kind="expert", overlap=2, entry="link")
    panels.create(study=study, name="Judges", kind="judge", overlap=1, entry="api")
    study = opened(study)
    rng = np.random.default_rng(1)

    def honest(assignment):
        first, second = names_of(assignment)
        said = {}
        for key, care in (("overall", 0.75), ("detail", 0.6)):
            better = "left" if (first < second) == (rng.random() < care) else "right"
            said[key] = "tie" if rng.random() < 0.15 else better
        return said

    always_left = dict.fromkeys(("overall", "detail"), "left")
    crowd, experts, judges = study.panels.order_by("id")
    for panel, simulated, answer, day in (
        (crowd, False, honest, 1),
        (crowd, False, lambda _: always_left, 3),
        (crowd, False, lambda _: always_left, 1),
        (crowd, False, honest, 2),
        (crowd, True, honest, 2),
        (crowd, False, honest, 3),
        (crowd, False, honest, 2),
        (experts, False, honest, 2),
        (experts, True, honest, 3),
        (judges, False, honest, 1),
    ):
        moment = datetime(2100, 3, day, 12, tzinfo=UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda moment=moment: moment)
        vote_all(rater_in(panel, simulated=simulated), answer)
    by_arrival = list(crowd.raters.order_by("id"))
    for rater in (by_arrival[2], by_arrival[3]):
        exclusions.exclude(rater=rater, reason="asked us to", actor="ana")
    return study


def counted_again(analyst, study, query, folder: Path, capsys) -> object:
    """What the command on the export page gives for the exported votes, run as written there."""
    page = analyst.get(reverse("results-export", args=[study.public_id]) + f"?{query}").content.decode()
    command = shlex.split(unescape(page.split('id="recount"')[1].split('value="')[1].split('"')[0]))
    assert command[:3] == ["python", "-m", "arena.analytics.recount"]
    votes = folder / command[3]
    answer = analyst.get(reverse("export", args=[study.public_id, "votes", "csv"]))
    votes.write_bytes(b"".join(answer.streaming_content))
    known = [word for word in command[4:] if not word.endswith(".json")]
    for name in ("--design", "--audit"):
        if name in known:
            at = known.index(name)
            del known[at : at + (1 if name == "--design" else 2)]
    assert recount.main([str(votes), *known, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def close(ours, theirs) -> bool:
    if ours is None or theirs is None or theirs == "":
        return ours in (None, "") and theirs in (None, "")
    return math.isclose(float(ours), float(theirs), abs_tol=1e-9)


def rows_of(found: dict) -> dict[str, dict]:
    return {row["generator"]: row for row in found["rows"]}


def test_every_filter_gives_the_same_ranking_everywhere(client, tmp_path, monkeypatch, capsys):
    """And none of the filters is idle: each changes what is counted."""
    study = pairwise_study(monkeypatch)
    client.force_login(UserFactory())
    _, experts, judges = study.panels.order_by("id")
    category = study.prompts.order_by("category").first().category
    seen = {}
    for template in PAIR_FILTERS:
        query = template.format(experts=experts.public_id, judges=judges.public_id, category=category)
        parts = dict(part.split("=") for part in query.split("&") if part)
        truth = ranking(study, asked(parts, study)[1]).result
        seen[tuple(row.points for row in sorted(truth.rows, key=lambda row: row.generator))] = template
        page = client.get(reverse("results", args=[study.public_id]) + f"?{query}").content.decode()
        api = rows_of(client.get(reverse("api-ranking", args=[study.public_id]) + f"?{query}").json())
        lines = client.get(reverse("export", args=[study.public_id, "ranking", "jsonl"]) + f"?{query}")
        exported = {row["generator"]: row for row in map(json.loads, b"".join(lines).splitlines())}
        again = rows_of(counted_again(client, study, query, tmp_path, capsys))
        assert truth.n_votes > 0, query
        assert set(api) == set(exported) == set(again) == {row.generator for row in truth.rows}, query
        for row in truth.rows:
            for name in NUMBERS:
                for where, theirs in (("api", api), ("export", exported), ("recount", again)):
                    assert close(getattr(row, name), theirs[row.generator][name]), (query, where, name)
            assert number(row.points) in page, query
            assert row.low is None or span(row.low, row.high) in page, query
    assert set(seen.values()) == set(PAIR_FILTERS)


def other_block(protocol: str) -> Study:
    study = draft_of_rows(prompts=4, overlap=3, check_every=0)
    settings = {"size": 3} if protocol in ("best_of_n", "ranking") else {}
    blocks.update(block=study.block, actor=None, protocol=protocol, **settings)
    study.refresh_from_db()
    study = opened(study)
    rng = np.random.default_rng(2)

    def said(assignment):
        shown = names_of(assignment)
        order = sorted(range(len(shown)), key=lambda place: (shown[place][-1], rng.random()))
        if rng.random() < 0.3:
            order.reverse()
        if protocol == "likert":
            keys = study.block.criteria.values_list("key", flat=True)
            return {key: int(rng.integers(1, 6)) for key in keys}
        if protocol == "best_of_n":
            return {"best": order[0]}
        if protocol == "ranking":
            return {"ranking": order}
        return {"failures": ["anatomy"] if rng.random() < 0.4 else []}

    for _ in range(3):
        vote_all(rater_in(study), said)
    return study


@pytest.mark.parametrize("protocol", OTHER_BLOCKS)
def test_blocks_that_are_no_pairs_are_counted_again_as_well(client, tmp_path, capsys, protocol):
    study = other_block(protocol)
    client.force_login(UserFactory())
    lines = client.get(reverse("export", args=[study.public_id, "ranking", "jsonl"]))
    exported = [json.loads(line) for line in b"".join(lines).splitlines()]
    again = counted_again(client, study, "", tmp_path, capsys)
    again = again if isinstance(again, list) else again["rows"]
    keys = [name for name in ("generator", "criterion", "failure") if name in exported[0]]
    theirs = {tuple(row[key] for key in keys): row for row in again}
    numbers = (*PLACES, "mean", "median", "sd", "n", "raters", "rate", "images")
    compared = 0
    for row in exported:
        other = theirs.get(tuple(row[key] for key in keys))
        if other is None:
            assert row["with_failure"] == 0  # a failure that nobody named stands in no vote
            continue
        other = other | other["mean"] | {"mean": other["mean"]["value"]} if "mean" in other else other
        other = {"n": row.get("n"), **other} if protocol != "likert" else other | {"n": row["n"]}
        for name in numbers:
            if name in row:
                assert close(row[name], other[name]), (name, row, other)
                compared += 1
    assert compared >= 9
