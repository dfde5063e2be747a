"""Bootstraps that refit, and the wild bootstrap: against refits, against the sandwich, and by coverage."""

import numpy as np
import pytest

from arena.analytics import fit
from arena.analytics.bootstrap import probability_best
from arena.analytics.errors import OptionError, TooFewRatersError
from arena.analytics.exact_bootstrap import drawn_difference, exact_bootstrap, percentile_intervals
from arena.analytics.intervals import cluster_covariance, difference, generator_intervals, model_covariance
from arena.analytics.wild_bootstrap import wild_bootstrap

from .builders import data, from_counts, simulate


def study(**options):
    table = data(simulate(**({"strengths": [0.8, 0.2, -0.2, -0.8], "taste": 0.6} | options)))
    return table, fit(table)


@pytest.mark.parametrize("model", [{}, {"position": False}, {"ties": "half"}])
def test_every_draw_is_the_fit_of_its_raters(model):
    frame = simulate(strengths=[0.8, 0.2, -0.2, -0.8], raters=12, per_rater=40, taste=0.6)
    table = data(frame)
    found = exact_bootstrap(table, fit(table, **model), draws=6, seed=3)
    rng = np.random.default_rng(3)
    times = rng.multinomial(12, np.full(12, 1 / 12), size=6)
    for draw, row in zip(times, found.strengths, strict=True):
        weighted = frame.assign(weight=draw[table.rater].astype(float))
        again = fit(data(weighted[weighted.weight > 0], generators=table.generators), **model)
        assert row == pytest.approx(again.theta, abs=1e-4)


def test_votes_drawn_one_by_one_have_the_spread_of_the_model():
    table, fitted = study(raters=80, taste=0.0)
    draws = exact_bootstrap(table, fitted, by="vote", draws=2000)
    drawn = percentile_intervals(draws, fitted)
    usual = generator_intervals(fitted, model_covariance(fitted))
    assert drawn.se == pytest.approx(usual.se, rel=0.08)
    assert drawn.high - drawn.low == pytest.approx(usual.high - usual.low, rel=0.1)
    assert draws.clusters == 4000


@pytest.mark.parametrize("by", ["rater", "prompt"])
def test_clusters_drawn_again_have_the_spread_of_the_sandwich(by):
    table, fitted = study(raters=100, prompts=90)
    draws = exact_bootstrap(table, fitted, by=by, draws=1000)
    usual = cluster_covariance(fitted, table, by=by)
    assert percentile_intervals(draws, fitted).se == pytest.approx(
        generator_intervals(fitted, usual).se, rel=0.15
    )
    gap = drawn_difference(draws, fitted, "g0", "g3")
    expected = difference(fitted, usual, "g0", "g3")
    assert gap.value == expected.value
    assert (gap.low, gap.high) == pytest.approx((expected.low, expected.high), abs=0.12)


def test_the_same_seed_gives_the_same_draws():
    table, fitted = study()
    for by in ("vote", "rater"):
        one, same, other = (exact_bootstrap(table, fitted, by=by, draws=50, seed=s) for s in (1, 1, 2))
        assert np.array_equal(one.deviations, same.deviations)
        assert not np.array_equal(one.deviations, other.deviations)


@pytest.mark.long
def test_draws_without_a_finite_maximum_are_left_out_and_counted():
    # c owes its finite estimate to two wins: one draw in seven has neither.
    frame = from_counts([("a", "b", 20, 5, 18), ("b", "c", 20, 0, 1), ("c", "a", 1, 0, 22)])
    table = data(frame)
    fitted = fit(table, position=False)
    draws = exact_bootstrap(table, fitted, by="vote", draws=1000)
    assert draws.unbounded / 1000 == pytest.approx(np.exp(-2), abs=0.03)
    assert draws.draws + draws.unbounded == 1000
    assert f"{draws.unbounded} without a finite maximum" in percentile_intervals(draws, fitted).method


def test_the_probability_of_being_best_follows_the_draws():
    table, fitted = study(strengths=[0.3, 0.28, -0.6], raters=60, seed=5)
    best = probability_best(exact_bootstrap(table, fitted, draws=500), fitted)
    assert best.sum() == pytest.approx(1)
    assert best[2] == 0
    assert best[:2].min() > 0.05


def test_generators_apart_have_no_drawn_difference():
    frame = from_counts(
        [("a", "b", 30, 9, 22), ("b", "a", 22, 9, 30), ("x", "y", 35, 9, 29), ("y", "x", 22, 9, 33)]
    )
    table = data(frame)
    fitted = fit(table)
    draws = exact_bootstrap(table, fitted, by="vote", draws=20)
    assert "not on one scale" in drawn_difference(draws, fitted, "a", "x").note
    assert np.isfinite(drawn_difference(draws, fitted, "x", "y").low)


def test_what_cannot_be_drawn_again_is_refused():
    table, fitted = study(raters=1, per_rater=200)
    with pytest.raises(TooFewRatersError, match="at least two raters"):
        exact_bootstrap(table, fitted)
    with pytest.raises(TooFewRatersError, match="one rater"):
        wild_bootstrap(table, fitted)
    with pytest.raises(OptionError, match="penalised"):
        exact_bootstrap(table, fit(table, firth=True))
    halves = data(simulate(strengths=[0.5, 0, -0.5]).assign(weight=0.5))
    with pytest.raises(OptionError, match="fractional"):
        exact_bootstrap(halves, fit(halves), by="vote")
    many, many_fit = study(raters=1200, per_rater=3)
    with pytest.raises(OptionError, match="1,200 raters"):
        wild_bootstrap(many, many_fit)


def test_with_many_raters_the_wild_bootstrap_is_the_sandwich():
    table, fitted = study(raters=150)
    wild = wild_bootstrap(table, fitted, draws=2000)
    usual = generator_intervals(fitted, cluster_covariance(fitted, table))
    found = wild.intervals()
    assert found.high - found.low == pytest.approx(usual.high - usual.low, rel=0.1)
    gap = wild.difference("g1", "g2")
    assert gap.low < gap.value < gap.high
    assert "Rademacher" in gap.method


def test_few_raters_get_webbs_weights_and_wide_intervals():
    table, fitted = study(raters=8, per_rater=60)
    wild = wild_bootstrap(table, fitted)
    assert "Webb" in wild.method
    usual = generator_intervals(fitted, cluster_covariance(fitted, table))
    ratio = (wild.intervals().high - wild.intervals().low) / (usual.high - usual.low)
    assert 0.6 < ratio.min() <= ratio.max() < 1.6
    assert wild.intervals(anchor="g0").low[0] == 0


@pytest.mark.slow
def test_the_wild_bootstrap_covers_the_truth_with_ten_raters():
    hits = {"wild": 0, "vote": 0}
    for seed in range(400):
        table, fitted = study(raters=10, per_rater=60, strengths=[0.5, 0.0, -0.5], taste=0.6, seed=seed)
        gap = wild_bootstrap(table, fitted, seed=seed).difference("g0", "g2")
        naive = difference(fitted, model_covariance(fitted), "g0", "g2")
        hits["wild"] += gap.low <= 1.0 <= gap.high
        hits["vote"] += naive.low <= 1.0 <= naive.high
    assert hits["wild"] / 400 > 0.92
    assert hits["vote"] / 400 < 0.85
