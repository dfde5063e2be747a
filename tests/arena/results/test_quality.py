import numpy as np
import pytest

from annotations.actions import exclusions
from annotations.models import Vote
from arena.results import quality
from arena.results.filters import choices
from tests.arena.results.studies import busiest, imported, noisy_lines, voted_study

pytestmark = pytest.mark.django_db


def raters(study):
    return quality.raters(study, choices(study).default).set_index("rater")


def test_votes_checks_and_times_are_those_in_the_database():
    study = voted_study(raters=2)
    table = raters(study)
    for rater in study.raters.all():
        votes = Vote.objects.filter(rater=rater)
        row = table.loc[rater.public_id]
        assert row["votes"] == votes.filter(kind="regular").count()
        assert row["checks"] == votes.filter(kind="check").count() > 0
        assert row["checks_passed"] == votes.filter(kind="check", passed=True).count()
        assert row["median_ms"] == 1500


def test_an_excluded_rater_stays_in_the_table_with_the_reason(tmp_path):
    study = imported(tmp_path, noisy_lines(60, raters=4))
    rater = busiest(study)
    exclusions.exclude(rater=rater, reason="bot", actor="ana")
    row = raters(study).loc[rater.public_id]
    assert bool(row["excluded"]) is True
    assert row["reason"] == "bot"
    assert row["votes"] == rater.voted


def test_a_rater_who_always_answers_left_shows_it(tmp_path):
    lines = [f"a,b,left,lefty,p{n},x" for n in range(20)] + [f"b,a,left,lefty,q{n},x" for n in range(20)]
    lines += [f"a,b,{'left' if n % 2 else 'right'},fair,s{n},x" for n in range(40)]
    study = imported(tmp_path, lines)
    table = raters(study).set_index("label")
    assert table.loc["lefty", "left_share"] == 1
    assert table.loc["lefty", "longest_run"] == 40
    assert table.loc["lefty", "left_low"] > 0.9
    assert table.loc["fair", "left_low"] < 0.5 < table.loc["fair", "left_high"]


def test_ratings_have_mean_spread_and_runs():
    study = voted_study(raters=2, protocol="likert", check_every=0)
    table = raters(study)
    for rater in study.raters.all():
        answers = [vote.answer for vote in rater.votes.order_by("id")]
        points = [value for answer in answers for value in answer.values()]
        row = table.loc[rater.public_id]
        assert row["votes"] == len(answers)
        assert row["mean"] == pytest.approx(np.mean(points))
        assert row["sd"] == pytest.approx(np.std(points, ddof=1))
        assert row["longest_run"] >= 1


def test_check_outcomes_are_counted_by_kind():
    study = voted_study(raters=3)
    outcomes = quality.check_outcomes(study, choices(study).default)
    checks = Vote.objects.filter(study=study, kind="check")
    assert sum(outcome.asked for outcome in outcomes) == checks.count() > 0
    passed = sum(outcome.passed.value * outcome.asked for outcome in outcomes)
    assert passed == pytest.approx(checks.filter(passed=True).count())
    assert all(outcome.passed.low <= outcome.passed.value <= outcome.passed.high for outcome in outcomes)
