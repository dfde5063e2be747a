from dataclasses import replace
from datetime import UTC, datetime

import pytest

from annotations.actions import exclusions
from arena.results.filters import FilterRefused, choices, from_query, words
from arena.results.selection import select
from tests.arena.results.studies import busiest, imported, noisy_lines, voted_study
from tests.factories import StudyFactory, launched_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


def counts(study, **changes):
    return select(study, replace(choices(study).default, **changes)).counts


def test_an_address_without_a_query_means_the_usual_filter(tmp_path):
    offered = choices(imported(tmp_path, noisy_lines(20)))
    assert from_query({}, offered) == offered.default
    assert offered.query(offered.default) == ""


def test_a_filter_survives_its_own_address(tmp_path):
    offered = choices(imported(tmp_path, noisy_lines(20)))
    filters = from_query({"category": "people", "method": "elo", "exclusions": "off"}, offered)
    assert offered.query(filters) == "?category=people&exclusions=off&method=elo"
    assert words(filters, offered) == ["category people", "excluded raters counted as well"]


@pytest.mark.parametrize(
    "query", [{"category": "nowhere"}, {"panel": "x"}, {"method": "magic"}, {"simulated": "maybe"}]
)
def test_a_value_the_study_does_not_have_is_refused_in_words(tmp_path, query):
    offered = choices(imported(tmp_path, noisy_lines(20)))
    with pytest.raises(FilterRefused) as refused:
        from_query(query, offered)
    assert next(iter(query.values())) in refused.value.message
    assert "Choose one of" in refused.value.mend


def test_a_category_counts_its_own_votes_alone(tmp_path):
    lines = noisy_lines(90)
    study = imported(tmp_path, lines)
    assert counts(study, category="people").votes == sum(line.endswith(",people") for line in lines)
    assert counts(study).votes == 90


def test_simulated_votes_stay_out_beside_votes_by_people():
    study = voted_study(raters=3, simulated=1, check_every=0)
    assert choices(study).default.simulated == "without"
    usual, everything, only = (counts(study, simulated=s) for s in ("without", "with", "only"))
    assert usual.simulated_votes == 0
    assert usual.simulated_votes_left_out == only.votes > 0
    assert usual.votes + only.votes == everything.votes


def test_simulated_votes_count_where_nobody_else_voted():
    study = voted_study(raters=2, simulated=2, check_every=0)
    assert choices(study).default.simulated == "with"
    assert counts(study).simulated_votes == counts(study).votes > 0


def test_a_study_without_votes_offers_no_simulated_ones():
    assert choices(StudyFactory()).has_simulated is False


def test_excluded_raters_are_left_out_until_lifted(tmp_path):
    study = imported(tmp_path, noisy_lines(60, raters=5))
    rater = busiest(study)
    before = counts(study)
    exclusion = exclusions.exclude(rater=rater, reason="clicked at random", actor="ana")
    after = counts(study)
    assert after.votes == before.votes - rater.voted
    assert (after.excluded_votes, after.excluded_raters) == (rater.voted, 1)
    assert counts(study, exclusions="off").votes == before.votes
    exclusions.lift(exclusion=exclusion, actor="ana")
    assert counts(study) == before


def test_days_bound_the_votes_both_inside(monkeypatch):
    study = launched_study(overlap=2, check_every=0)
    days = datetime(2100, 3, 1, 23, 59, tzinfo=UTC), datetime(2100, 3, 2, 0, 0, tzinfo=UTC)
    for moment, most in zip(days, (5, 3), strict=True):
        monkeypatch.setattr("django.utils.timezone.now", lambda moment=moment: moment)
        vote_all(rater_in(study), most=most)
    assert counts(study, until="2100-03-01").votes == 5
    assert counts(study, since="2100-03-02").votes == 3
    assert counts(study, since="2100-03-01", until="2100-03-02").votes == 8
    assert counts(study, since="2100-03-03").votes == 0


def test_days_are_in_the_address_and_in_words(tmp_path):
    offered = choices(imported(tmp_path, noisy_lines(20)))
    filters = from_query({"since": "2026-03-01", "until": "2026-03-02"}, offered)
    assert offered.query(filters) == "?since=2026-03-01&until=2026-03-02"
    assert words(filters, offered) == [
        "votes since 2026-03-01 (UTC)",
        "votes until 2026-03-02 (UTC, the day included)",
    ]


def test_a_day_that_is_none_is_refused(tmp_path):
    offered = choices(imported(tmp_path, noisy_lines(20)))
    with pytest.raises(FilterRefused, match="is not a day"):
        from_query({"since": "yesterday"}, offered)


def test_a_baseline_is_one_of_the_generators(tmp_path):
    offered = choices(imported(tmp_path, noisy_lines(20)))
    assert words(from_query({"baseline": "b"}, offered), offered) == ["baseline b"]
    with pytest.raises(FilterRefused, match="no baseline"):
        from_query({"baseline": "z"}, offered)
