"""What leaves the house: complete, pseudonymous, and enough to count again."""

import csv
import io
import json
from dataclasses import replace

import pandas as pd
import pytest

from annotations.actions import exclusions
from annotations.models import Vote
from arena.analytics.recount import read_votes, recount
from arena.results import export
from arena.results.filters import choices
from arena.results.rankings import ranking
from tests.arena.results.studies import busiest, imported, noisy_lines, undo_last, voted_study
from tests.arena.results.test_machines import by_name, metric, score
from tests.factories import launched_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


def table(kind, study, fmt="csv", **changes):
    offered = choices(study)
    data = b"".join(export.export(kind, fmt, study, replace(offered.default, **changes), offered))
    if fmt == "jsonl":
        return [json.loads(line) for line in data.splitlines()]
    return list(csv.DictReader(io.StringIO(data.decode())))


def file(folder, study, fmt):
    offered = choices(study)
    path = folder / f"export.{fmt}"
    path.write_bytes(b"".join(export.export("votes", fmt, study, offered.default, offered)))
    return path


@pytest.mark.parametrize("fmt", ["csv", "jsonl", "parquet"])
def test_a_recount_of_the_exported_votes_gives_the_page_s_ranking(tmp_path, fmt):
    study = imported(tmp_path, noisy_lines())
    exclusions.exclude(rater=busiest(study), reason="bot", actor="ana")
    page = ranking(study, choices(study).default).result
    again = recount(read_votes(file(tmp_path, study, fmt)))
    assert [row.generator for row in again.rows] == [row.generator for row in page.rows]
    for ours, theirs in zip(page.rows, again.rows, strict=True):
        for name in (
            "points",
            "low",
            "high",
            "rank_low",
            "rank_high",
            "wins",
            "ties",
            "both_bad",
            "n",
            "raters",
        ):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), abs=1e-9), name


def test_a_recount_of_collected_votes_passes_over_checks(tmp_path):
    study = voted_study(raters=2)
    page = ranking(study, choices(study).default).result
    again = recount(read_votes(file(tmp_path, study, "csv")))
    assert again.n_votes == page.n_votes
    assert {r.generator: r.points for r in again.rows} == pytest.approx(
        {r.generator: r.points for r in page.rows}, abs=1e-9
    )


def test_every_standing_vote_is_there_once_checks_included():
    study = voted_study(raters=2)
    rows = table("votes", study)
    votes = Vote.objects.filter(study=study)
    assert sorted(row["vote_id"] for row in rows) == sorted(votes.values_list("public_id", flat=True))
    checks = [row for row in rows if row["kind"] == "check"]
    assert len(checks) == votes.filter(kind="check").count() > 0
    assert all(row["check_kind"] and row["check_passed"] in ("yes", "no") for row in checks)


def test_undone_votes_are_not_exported():
    study = launched_study(prompts=2, overlap=1, check_every=0)
    vote_all(rater_in(study), most=3)
    undone = undo_last(study)
    assert len(table("votes", study)) == 2
    assert undone.public_id not in [row["vote_id"] for row in table("votes", study)]


def test_canonical_generators_do_not_depend_on_sides():
    rows = table("votes", voted_study(raters=3, check_every=0))
    for row in rows:
        assert {row["shown_left"], row["shown_right"]} == {row["generator_a"], row["generator_b"]}
        assert row["generator_a"] < row["generator_b"]
    assert {row["shown_left"] == row["generator_a"] for row in rows} == {True, False}


def test_ratings_have_a_row_per_criterion():
    study = voted_study(raters=1, protocol="likert", check_every=0)
    rows = table("votes", study, "jsonl")
    assert len(rows) == sum(len(vote.answer) for vote in Vote.objects.filter(study=study))
    assert all(row["outcome"] is None and row["rating"] in range(1, 6) for row in rows)


def test_raters_go_by_pseudonyms(tmp_path):
    study = imported(
        tmp_path,
        [line.replace(",r", ",real-name-r").replace("real-name-right", "right") for line in noisy_lines(40)],
    )
    for kind in ("votes", "raters"):
        offered = choices(study)
        data = b"".join(export.export(kind, "jsonl", study, offered.default, offered))
        assert b"real-name" not in data
        assert study.raters.first().public_id.encode() in data


def test_an_exclusion_is_marked_with_its_reason(tmp_path):
    study = imported(tmp_path, noisy_lines(40, raters=4))
    rater = busiest(study)
    exclusions.exclude(rater=rater, reason="bot", actor="ana")
    for kind in ("votes", "raters"):
        marked = {row["rater"] for row in table(kind, study) if row["excluded"] == "bot"}
        assert marked == {rater.public_id}


def test_pages_of_an_export_join_without_gap_or_overlap(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.results.export.paging.BATCH", 7)
    rows = table("votes", imported(tmp_path, noisy_lines(40)))
    assert len({row["vote_id"] for row in rows}) == len(rows) == 40


def test_images_and_scores_are_all_there():
    study, by = voted_study(raters=1, check_every=0), metric()
    score(study, by, by_name)
    images, scores = table("images", study), table("scores", study)
    assert len(images) == len(scores) == study.images.count()
    assert {row["image"] for row in images} == {row["image"] for row in scores}
    assert {row["metric"] for row in scores} == {"clip_score_test"}
    assert all(row["value"] and row["state"] == "done" for row in scores)


def test_the_ranking_repeats_its_filter(tmp_path):
    study = imported(tmp_path, noisy_lines())
    rows = table("ranking", study, category="people", method="half_win")
    assert len(rows) == 4
    assert {row["filter"] for row in rows} == {"category people"}
    assert rows[0]["method"].startswith("Ties as half wins")
    assert {row["design_hash"] for row in rows} == {study.design_hash}


def test_opinion_scores_take_the_ranking_s_place():
    study = voted_study(raters=2, protocol="likert", check_every=0)
    rows = table("ranking", study)
    assert {row["criterion"] for row in rows} == set(study.block.criteria.values_list("key", flat=True))


@pytest.mark.slow
@pytest.mark.parametrize("kind", export.KINDS)
def test_the_dictionary_names_every_column_in_order(kind, tmp_path):
    study = voted_study(raters=1, check_every=0)
    offered = choices(study)
    path = tmp_path / "x.parquet"
    path.write_bytes(b"".join(export.export(kind, "parquet", study, offered.default, offered)))
    described = export.table_of(kind, choices(study)).columns
    assert list(pd.read_parquet(path).columns) == [column.name for column in described]
    assert all(column.meaning for column in described)
