"""Votes as codes are the very data that labelled votes make."""

import numpy as np
import pytest

from arena.analytics.data import PairwiseData
from arena.analytics.ranking import rank_by
from arena.results import cache, columns
from arena.results.filters import asked
from arena.results.frames import pair_frame
from arena.results.pair_codes import pair_codes
from arena.results.rankings import ANALYSED, ranking
from arena.results.selection import select
from tests.arena.results.studies import imported, noisy_lines, voted_study
from tests.factories import rater_in, vote_all

pytestmark = pytest.mark.django_db


def test_codes_equal_what_labels_make(tmp_path):
    study = imported(tmp_path, noisy_lines())
    filters = asked({}, study)[1]
    selection = select(study, filters)
    data = pair_codes(selection, "overall").data()
    labelled = PairwiseData.from_frame(pair_frame(study, selection, "overall")[list(ANALYSED)])
    assert (data.generators, data.raters) == (labelled.generators, labelled.raters)
    for name in ("left", "right", "outcome", "rater"):
        assert np.array_equal(getattr(data, name), getattr(labelled, name))


def test_rankings_of_categories_equal_those_of_labelled_votes(tmp_path):
    study = imported(tmp_path, noisy_lines())
    filters = asked({}, study)[1]
    votes = pair_frame(study, select(study, filters), "overall")[list(ANALYSED)]
    found = ranking(study, filters).by_category
    expected = rank_by(votes, "category")
    assert found.keys() == expected.keys()
    for name, result in found.items():
        assert result.rows == expected[name].rows


@pytest.mark.long
def test_a_ranking_brought_up_to_date_equals_one_from_scratch():
    study = voted_study(raters=3)
    filters = asked({}, study)[1]
    ranking(study, filters)
    vote_all(rater_in(study), most=5)
    continued = ranking(study, filters)
    columns._kept.clear()
    cache._kept.clear()
    fresh = ranking(study, filters)
    assert continued is not fresh
    assert continued.result.rows == fresh.result.rows
    assert continued.agreement == fresh.agreement
    assert continued.counts == fresh.counts
