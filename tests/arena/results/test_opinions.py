import numpy as np
import pytest

from annotations.models import Vote
from arena.results.filters import choices
from arena.results.opinions import opinions
from tests.arena.results.studies import voted_study
from tests.factories import launched_study

pytestmark = pytest.mark.django_db


@pytest.mark.long
def test_means_are_those_of_the_stored_ratings():
    study = voted_study(raters=2, protocol="likert")
    found = opinions(study, choices(study).default)
    votes = Vote.objects.filter(study=study, kind="regular")
    assert found.counts.votes == votes.count()
    for row in found.scores.rows:
        points = [
            vote.answer[row.criterion]
            for vote in votes
            if vote.comparison.slots.get().generator.name == row.generator
        ]
        assert row.mean.value == pytest.approx(np.mean(points))
        assert row.n == len(points) > 0
    assert set(found.labels) == {row.criterion for row in found.scores.rows}


def test_few_ratings_are_marked_preliminary():
    study = voted_study(raters=1, protocol="likert", check_every=0)
    assert "Preliminary" in opinions(study, choices(study).default).preliminary


def test_no_ratings_are_said_to_be_none():
    study = launched_study(protocol="likert", check_every=0)
    found = opinions(study, choices(study).default)
    assert found.scores.rows == ()
    assert found.scores.warnings == ("There are no ratings.",)
