"""Bootstrap draws and the rank sets made of them."""

import numpy as np
import pandas as pd
import pytest

from arena.analytics import fit
from arena.analytics.bootstrap import multiplier_bootstrap, probability_best
from arena.analytics.errors import OptionError, TooFewRatersError
from arena.analytics.intervals import cluster_covariance
from arena.analytics.ranks import rank_sets
from arena.analytics.scores import cluster_scores

from .builders import data, from_counts, simulate


def prepared(**options):
    settings = {"strengths": [1.0, 0.5, 0.45, -1.0], "raters": 60, "per_rater": 60} | options
    table = data(simulate(**settings))
    fitted = fit(table)
    return fitted, cluster_scores(fitted, table), cluster_covariance(fitted, table)


def ranked(seed=0, **options):
    fitted, scores, covariance = prepared(**options)
    return rank_sets(fitted, covariance, multiplier_bootstrap(fitted, scores, seed=seed))


@pytest.mark.parametrize("multiplier", ["exponential", "poisson", "normal", "rademacher"])
def test_the_spread_of_draws_is_the_clustered_covariance(multiplier):
    fitted, scores, covariance = prepared(taste=0.5)
    draws = multiplier_bootstrap(fitted, scores, draws=20_000, multiplier=multiplier)
    found = np.cov(draws.deviations.T)
    assert found[:4, :4] == pytest.approx(covariance.matrix[:4, :4], abs=0.05 * covariance.matrix[0, 0])
    assert np.abs(draws.deviations.mean(axis=0)).max() < 4 * np.sqrt(covariance.matrix.max() / 20_000)


def test_a_seed_names_the_draws():
    fitted, scores, _ = prepared()
    first, again = (multiplier_bootstrap(fitted, scores, draws=50, seed=7) for _ in range(2))
    other = multiplier_bootstrap(fitted, scores, draws=50, seed=8)
    assert np.array_equal(first.deviations, again.deviations)
    assert not np.array_equal(first.deviations, other.deviations)
    assert first.to_frame().shape == (50, 4)


def test_one_step_lands_near_a_full_refit():
    frame = simulate(strengths=[0.5, 0.2, 0, -0.7], raters=100, per_rater=60, taste=0.3)
    table = data(frame)
    fitted = fit(table)
    scores = cluster_scores(fitted, table)
    times = np.random.default_rng(5).poisson(1.0, 100).astype(float)
    refitted = fit(data(frame.assign(weight=times[table.rater])))
    step = fitted.theta + (fitted.covariance @ scores.scores.T @ (times - 1))[:4]
    moved = np.abs(refitted.theta - fitted.theta).max()
    assert np.abs(step - refitted.theta).max() < 0.25 * moved


def test_unknown_multipliers_and_single_raters_are_refused():
    fitted, scores, _ = prepared()
    with pytest.raises(OptionError, match="exponential"):
        multiplier_bootstrap(fitted, scores, multiplier="gamma")
    table = data(simulate(strengths=[0.4, 0, -0.4], raters=1, per_rater=100))
    alone = fit(table)
    with pytest.raises(TooFewRatersError):
        multiplier_bootstrap(alone, cluster_scores(alone, table))


def test_clear_leaders_and_losers_have_narrow_ranks_and_neighbours_share_theirs():
    sets = ranked()
    assert (sets.rank[0], sets.rank[3]) == (1, 4)
    assert sets.low.tolist() == [1, 2, 2, 4]
    assert sets.high.tolist() == [1, 3, 3, 4]
    assert [set(run) for run in sets.groups] == [{0}, {1, 2}, {3}]
    assert sets.memberships() == ((1,), (2,), (2,), (3,))
    assert sets.critical > 1.96


def test_equal_generators_all_share_every_rank():
    sets = ranked(strengths=[0, 0, 0, 0], seed=2)
    assert sets.low.tolist() == [1] * 4
    assert sets.high.tolist() == [4] * 4
    assert len(sets.groups) == 1


def test_fewer_raters_ask_for_a_larger_critical_value():
    few, many = ranked(raters=6, per_rater=100), ranked(raters=200)
    assert few.critical > many.critical + 0.5


def test_ranks_are_given_within_blocks():
    rows = [("a", "b", 30, 3, 5), ("b", "a", 6, 3, 30), ("x", "y", 10, 4, 9), ("y", "x", 9, 2, 10)]
    counted = from_counts(rows)
    frame = counted.loc[counted.index.repeat(counted.weight.astype(int))].drop(columns="weight")
    frame["rater"] = [f"r{i % 50}" for i in range(len(frame))]
    table = data(frame.reset_index(drop=True))
    fitted = fit(table)
    scores = cluster_scores(fitted, table)
    draws = multiplier_bootstrap(fitted, scores)
    sets = rank_sets(fitted, cluster_covariance(fitted, table), draws)
    assert sets.rank.tolist() == [1, 2, 1, 2]
    assert sets.high.tolist()[:2] == [1, 2]
    assert sets.high.tolist()[2:] == [2, 2]
    best = probability_best(draws, fitted)
    assert best[:2].sum() == pytest.approx(1)
    assert best[2:].sum() == pytest.approx(1)
    assert best[0] > 0.99


def test_the_frame_has_a_row_per_generator():
    frame = ranked().to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == ["generator", "rank", "rank_low", "rank_high", "groups"]
