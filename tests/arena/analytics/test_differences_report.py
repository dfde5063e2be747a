"""Differences of all pairs, and the report on a fit."""

import numpy as np
import pytest

from arena.analytics import fit
from arena.analytics.differences import drawn_differences, pair_differences
from arena.analytics.exact_bootstrap import exact_bootstrap
from arena.analytics.fit_report import fit_report
from arena.analytics.intervals import cluster_covariance, difference, model_covariance, two_way_covariance

from .builders import data, from_counts, simulate


@pytest.mark.parametrize("raters", [20, 80])
def test_every_difference_is_that_of_its_pair(raters):
    table = data(simulate(strengths=[0.6, 0.2, 0, -0.8], raters=raters, taste=0.5))
    fitted = fit(table)
    for covariance in (
        cluster_covariance(fitted, table),
        two_way_covariance(fitted, table),
        model_covariance(fitted),
    ):
        frame = pair_differences(fitted, covariance)
        assert len(frame) == 6
        assert (frame.value >= 0).all()
        assert frame.value.is_monotonic_decreasing
        for row in frame.itertuples():
            expected = difference(fitted, covariance, row.first, row.second)
            assert (row.value, row.low, row.high) == pytest.approx(
                (expected.value, expected.low, expected.high)
            )
            assert (row.p < 0.05) == (row.low > 0)


def test_drawn_differences_follow_the_draws():
    table = data(simulate(strengths=[0.6, 0.5, -0.8], raters=80, taste=0.5))
    fitted = fit(table)
    draws = exact_bootstrap(table, fitted, draws=999)
    frame = drawn_differences(fitted, draws)
    usual = pair_differences(fitted, cluster_covariance(fitted, table))
    assert frame.se.to_numpy() == pytest.approx(usual.se.to_numpy(), rel=0.15)
    assert frame.p.min() == 2 / 1000
    strengths = draws.to_frame()
    last = frame.iloc[-1]
    assert last.p == pytest.approx(
        2 * (1 + (strengths[last["first"]] <= strengths[last["second"]]).sum()) / 1000
    )


def test_generators_on_different_scales_have_no_difference():
    table = data(
        from_counts([("a", "b", 3, 1, 2), ("b", "a", 2, 1, 3), ("x", "y", 5, 1, 1), ("y", "x", 2, 1, 3)])
    )
    fitted = fit(table)
    frame = pair_differences(fitted, model_covariance(fitted))
    assert {tuple(sorted(p)) for p in frame[["first", "second"]].to_numpy()} == {("a", "b"), ("x", "y")}


def test_a_good_fit_has_nothing_to_report():
    table = data(simulate(strengths=[0.6, 0.2, 0, -0.8]))
    found = fit_report(table, fit(table))
    assert found.converged
    assert found.finite_maximum
    assert found.words == ()
    assert found.max_gradient < 1e-8
    assert found.condition < 100
    assert found.to_frame().loc[0, "iterations"] == found.iterations


def test_strengths_that_rest_on_little_are_named():
    table = data(from_counts([("a", "b", 40, 5, 38), ("b", "c", 400, 0, 1), ("a", "c", 500, 0, 1)]))
    found = fit_report(table, fit(table, position=False))
    assert found.far == ("c",)
    assert "c: so far from the others" in found.words[-1]


def test_one_sided_pairs_and_separation_are_reported():
    table = data(from_counts([("a", "b", 12, 0, 0), ("b", "c", 6, 2, 5), ("c", "b", 4, 1, 5)]))
    found = fit_report(table, fit(table, position=False))
    assert found.one_sided == (("a", "b", 12),)
    assert not found.finite_maximum
    assert found.words
    table = data(simulate(strengths=[0.6, 0, -0.8]))
    stopped = fit_report(table, fit(table, max_iter=1))
    assert "did not settle" in stopped.words[0]
    assert np.isfinite(stopped.condition)
