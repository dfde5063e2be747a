from dataclasses import replace

import pandas as pd
import pytest

from annotations.actions import exclusions
from arena.analytics.ranking import rank
from arena.results.filters import choices
from arena.results.rankings import against_baseline, position_words, ranking
from tests.arena.results.studies import HEADER, busiest, imported, noisy_lines, undo_last, voted_study
from tests.factories import launched_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


def usual(study, **changes):
    return ranking(study, replace(choices(study).default, **changes))


def test_the_ranking_is_that_of_the_same_votes_in_a_table(tmp_path):
    lines = noisy_lines()
    table = pd.DataFrame([line.split(",") for line in lines], columns=HEADER.split(","))
    expected = rank(table)
    found = usual(imported(tmp_path, lines)).result
    assert [row.generator for row in found.rows] == [row.generator for row in expected.rows]
    for ours, theirs in zip(found.rows, expected.rows, strict=True):
        for name in ("points", "low", "high", "wins", "ties", "both_bad", "n", "raters"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), abs=1e-9), name
    assert found.n_raters == 12


@pytest.mark.parametrize("method", ["half_win", "firth", "bradley_terry", "elo"])
def test_every_method_offered_gives_points(tmp_path, method):
    found = usual(imported(tmp_path, noisy_lines()), method=method).result
    assert {row.generator for row in found.rows} == set("abcd")
    assert all(row.points is not None for row in found.rows)


def test_categories_are_ranked_beside_each_other(tmp_path):
    study = imported(tmp_path, noisy_lines())
    found = usual(study)
    assert set(found.by_category) == {"people", "places"}
    assert sum(part.n_votes for part in found.by_category.values()) == found.counts.votes
    alone = usual(study, category="people").result
    assert [row.points for row in found.by_category["people"].rows] == [row.points for row in alone.rows]


def test_a_new_vote_shows_at_the_next_look():
    study = launched_study(overlap=1, check_every=0)
    vote_all(rater_in(study), most=3)
    assert usual(study).result.n_votes == 3
    vote_all(study.raters.get(), most=1)
    assert usual(study).result.n_votes == 4


def test_an_undone_vote_is_gone_at_the_next_look():
    study = launched_study(overlap=1, check_every=0)
    vote_all(rater_in(study), most=3)
    usual(study)
    undo_last(study)
    assert usual(study).result.n_votes == 2


def test_an_exclusion_changes_the_ranking_at_once_and_back(tmp_path):
    study = imported(tmp_path, noisy_lines(120, raters=5))
    before = usual(study).result.to_dict()
    exclusion = exclusions.exclude(rater=busiest(study), reason="bot", actor="ana")
    assert usual(study).result.to_dict() != before
    exclusions.lift(exclusion=exclusion, actor="ana")
    assert usual(study).result.to_dict() == before


def test_attention_checks_are_not_ranked():
    study = voted_study(raters=2)
    found = usual(study)
    assert found.counts.check_votes > 0
    assert found.result.n_votes == study.votes.filter(kind="regular").count()


def test_a_study_without_votes_says_so():
    found = usual(launched_study(check_every=0))
    assert found.result.status == "no_votes"
    assert found.counts.votes == 0
    assert found.result.warnings


def test_a_generator_without_votes_is_named():
    study = launched_study(prompts=1, generators=4, overlap=1, check_every=0)
    vote_all(rater_in(study), most=1)
    found = usual(study)
    assert len(found.without_votes) == 2
    assert any(found.without_votes[0] in warning for warning in found.warnings)


def test_few_votes_are_marked_preliminary_by_rule(tmp_path):
    assert "Preliminary" in usual(imported(tmp_path, noisy_lines(60, raters=5))).preliminary
    assert usual(imported(tmp_path, noisy_lines(240, raters=12))).preliminary == ""


def test_a_pull_to_the_left_is_said_in_words(tmp_path):
    lines = [f"a,b,left,r{n % 12},p{n},x" for n in range(80)] + [
        f"b,a,left,r{n % 12},q{n},x" for n in range(70)
    ]
    lines += [f"a,b,right,r{n % 12},s{n},x" for n in range(20)] + [
        f"b,a,right,r{n % 12},t{n},x" for n in range(18)
    ]
    assert "lean to the left" in position_words(usual(imported(tmp_path, lines)).result)


def test_no_position_effect_is_claimed_without_votes():
    result = usual(launched_study(check_every=0)).result
    assert "cannot be estimated" in position_words(result)


def test_a_baseline_stands_at_1000_points_and_others_are_held_against_it(tmp_path):
    study = imported(tmp_path, noisy_lines())
    found = ranking(study, replace(choices(study).default, baseline="b"))
    points = {row.generator: row.points for row in found.result.rows}
    assert points["b"] == pytest.approx(1000)
    shares = against_baseline(found.result, "b")
    assert set(shares) == {"a", "c", "d"}
    assert shares["a"].value == pytest.approx(1 / (1 + 10 ** ((1000 - points["a"]) / 400)))
    assert all(share.low < share.value < share.high for share in shares.values())
