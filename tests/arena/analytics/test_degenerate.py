"""Every tiny input has an answer: a number, or words. Warnings are errors here, so 0/0 anywhere fails."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from arena.analytics import METHODS, PairwiseData, fit, rank
from arena.analytics.agreement_table import agreement_measures, kappa_bootstrap, one_way_icc
from arena.analytics.errors import AnalyticsError
from arena.analytics.evidence_path import evidence_path
from arena.analytics.fit_report import fit_report
from arena.analytics.goodness import goodness_of_fit
from arena.analytics.icc import intraclass
from arena.analytics.influence import lead_influence
from arena.analytics.interval_kinds import interval_kinds
from arena.analytics.mixture import rater_mixture
from arena.analytics.position_by_generator import position_by_generator
from arena.analytics.raters import rater_table
from arena.analytics.result import Estimate, Undefined
from arena.analytics.triads import circular_triads


def in_numbers_or_words(found):
    """A value with bounds around it, a value whose note says why it has none, or a reason."""
    if isinstance(found, Undefined):
        return bool(found.reason)
    bounded = np.isfinite([found.value, found.low, found.high]).all()
    return bounded or bool(found.note)


def found_or_refused(work, *args, **options):
    try:
        return work(*args, **options)
    except AnalyticsError as error:
        return Undefined(error.code, error.mend)


@pytest.mark.parametrize("values", [1, 2])
def test_agreement_on_two_items_whatever_the_counts(values):
    for cells in product(range(3), repeat=2 * values):
        counts = np.array(cells).reshape(2, values)
        scale = [float(v) for v in range(1, values + 1)]
        found = agreement_measures(counts, level="ordinal", values=scale, draws=5).measures
        found |= dict(zip(("one", "mean"), one_way_icc(counts, scale, draws=5), strict=True))
        wrong = {name: each for name, each in found.items() if not in_numbers_or_words(each)}
        assert not wrong, (cells, wrong)


def test_kappa_of_any_small_table():
    for cells in product(range(3), repeat=4):
        for weights in ("none", "quadratic"):
            found = kappa_bootstrap(np.array(cells).reshape(2, 2), weights=weights, draws=5)
            assert in_numbers_or_words(found), cells


def test_intraclass_correlations_of_any_small_table():
    for cells in product(range(3), repeat=4):
        found = intraclass(np.array(cells, dtype=float).reshape(2, 2))
        assert isinstance(found, Undefined) or len(found.to_frame()) == 6


def few_votes(seed):
    rng = np.random.default_rng(seed)
    K, n = int(rng.integers(2, 5)), int(rng.integers(1, 13))
    left = rng.integers(0, K, n)
    allowed = rng.choice(["left", "right", "tie", "both_bad"], int(rng.integers(1, 5)), replace=False)
    return pd.DataFrame(
        {
            "left": [f"g{i}" for i in left],
            "right": [f"g{i}" for i in (left + rng.integers(1, K, n)) % K],
            "outcome": rng.choice(allowed, n),
            "rater": [f"r{i}" for i in rng.integers(0, int(rng.integers(1, 4)), n)],
            "prompt": [f"p{i}" for i in rng.integers(0, 3, n)],
        }
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_few_votes_are_ranked_or_refused_in_words(seed):
    votes = few_votes(seed)
    for method in METHODS:
        found = rank(votes, method=method, draws=20)
        assert found.fit is not None or found.warnings
        assert len(found.to_frame()) == len(set(votes["left"]) | set(votes["right"]))
    assert len(rater_table(votes).to_frame()) == votes["rater"].nunique()


@pytest.mark.parametrize("seed", range(12))
def test_a_few_votes_are_diagnosed_or_refused_in_words(seed):
    data = PairwiseData.from_frame(few_votes(seed))
    for known in (circular_triads(data), evidence_path(data, every=2)):
        known.to_frame()
    for options in ({}, {"firth": True}, {"ties": "half"}):
        fitted = found_or_refused(fit, data, **options)
        if isinstance(fitted, Undefined):
            assert fitted.reason
            continue
        kinds = interval_kinds(data, fitted, draws=20)
        assert not isinstance(kinds.found["vote"], Undefined)
        assert all(why.reason for why in kinds.unknown.values())
        fit_report(data, fitted).to_frame()
        for look in (goodness_of_fit, position_by_generator, lead_influence):
            assert found_or_refused(look, data, fitted) is not None
    assert found_or_refused(rater_mixture, data) is not None


def test_estimates_of_tiny_tables_name_their_method():
    found = agreement_measures(np.array([[2, 0], [1, 1]]), draws=5).measures
    assert all(each.method for each in found.values() if isinstance(each, Estimate))
