"""Single comparisons: what is listed is what is counted."""

import pytest

from annotations.actions import exclusions
from arena.results import comparisons
from arena.results.filters import choices
from tests.arena.results.studies import busiest, voted_study

pytestmark = pytest.mark.django_db


def each_vote(study):
    """Raters of the votes listed with each comparison, beside the number that it says it counts."""
    filters = choices(study).default
    rows = comparisons.table(study, filters)
    shown = comparisons.shown(study, rows, filters, [])
    return [({vote.rater for vote in item.each}, item.votes) for item in shown]


@pytest.mark.long
def test_votes_of_somebody_excluded_are_neither_counted_nor_listed():
    study = voted_study(raters=3)
    rater = busiest(study)
    before = each_vote(study)
    assert any(rater.public_id in raters for raters, _ in before)
    assert all(len(raters) == votes for raters, votes in before)
    exclusions.exclude(rater=rater, reason="Answered at random.", actor=None)
    after = each_vote(study)
    assert not any(rater.public_id in raters for raters, _ in after)
    assert all(len(raters) == votes for raters, votes in after)
