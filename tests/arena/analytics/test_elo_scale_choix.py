"""Elo, points, win probabilities, and choix as a second road to the plain estimate."""

import numpy as np
import pytest

from arena.analytics import fit, rank
from arena.analytics.choix_fit import bradley_terry
from arena.analytics.elo import expected_score, permuted, sequential
from arena.analytics.scale import POINTS_PER_LOGIT, to_points, win_matrix

from . import published
from .builders import data, from_counts, simulate, votes


def test_elo_over_sixteen_votes_agrees_with_evalica():
    ratings = sequential(data(votes(*published.SIMPLE)), init=1000, k=4)
    assert ratings.rating == pytest.approx(published.SIMPLE_ELO, abs=1e-9)


def test_expected_scores_agree_with_the_worked_example():
    # Wikipedia, "Elo rating system", mathematical details: player A rated 1613.
    expected = [expected_score(1613, other) for other in (1609, 1477, 1388, 1586, 1720)]
    assert expected == pytest.approx(
        [0.5057562084111449, 0.6863002576833125, 0.785026736998172, 0.5387780920571715, 0.3507050528890364],
        abs=1e-12,
    )
    assert sum(expected) == pytest.approx(2.88, abs=0.02)
    assert sum(expected) == pytest.approx(2.866566348038837, abs=1e-9)
    assert round(1613 + 32 * (2.5 - sum(expected))) == 1601
    assert 1613 + 32 * (2.5 - sum(expected)) == pytest.approx(1601.2698768627572, abs=1e-9)


def test_random_orders_take_the_order_out_of_elo():
    table = data(simulate(strengths=[0.6, 0, -0.6], raters=10, per_rater=50))
    ratings = permuted(table, permutations=50, k=16)
    again = permuted(table, permutations=50, k=16)
    assert np.array_equal(ratings.rating, again.rating)
    assert ratings.rating.sum() == pytest.approx(3000)
    assert (ratings.spread > 1).all()
    assert ratings.rating.argsort().tolist() == [2, 1, 0]
    one = permuted(data(votes(("a", "b", "left"))), permutations=5)
    assert one.rating == pytest.approx(sequential(data(votes(("a", "b", "left")))).rating)


def test_elo_over_random_orders_is_ranked_with_the_spread_that_order_makes():
    frame = simulate(strengths=[0.6, 0, -0.6], raters=10, per_rater=50)
    result = rank(frame, method="elo_permuted", anchor="g1")
    spread = permuted(data(frame), permutations=100).spread
    assert [row.generator for row in result.rows] == ["g0", "g1", "g2"]
    assert result.rows[0].note == f"order alone moves it by {spread[0]:.1f} (standard deviation)"
    assert result.rows[0].low is None
    assert result.rows[1].points == 1000
    assert "averaged over 100 random orders" in result.method
    shuffled = rank(frame.sample(frac=1, random_state=3), method="elo_permuted", anchor="g1")
    assert shuffled.rows[0].points == pytest.approx(result.rows[0].points, abs=4)


def test_four_hundred_points_are_ten_to_one():
    assert to_points(np.array([0.0, np.log(10)])) == pytest.approx([1000, 1400])
    assert pytest.approx(173.717792761) == POINTS_PER_LOGIT


def test_win_probabilities_of_pudding_follow_from_worths_and_nu():
    fitted = fit(data(from_counts(published.PUDDING)), position=False)
    matrix = win_matrix(fitted)
    pi, nu = published.PUDDING_WORTH, published.PUDDING_NU
    total = pi[0] + pi[5] + nu * np.sqrt(pi[0] * pi[5])
    assert matrix.win[0, 5] == pytest.approx(pi[0] / total, abs=1e-6)
    assert matrix.tie[0, 5] == pytest.approx(nu * np.sqrt(pi[0] * pi[5]) / total, abs=1e-6)
    together = matrix.win + matrix.win.T + matrix.tie
    assert together[~np.eye(6, dtype=bool)] == pytest.approx(1)
    frame = matrix.to_frame()
    assert len(frame) == 30
    assert frame[["p_win", "p_tie", "p_loss"]].sum(axis=1).to_numpy() == pytest.approx(1)


def test_generators_without_a_common_scale_have_no_win_probability():
    frame = from_counts([("a", "b", 3, 1, 2), ("b", "a", 2, 1, 3), ("x", "y", 5, 1, 1), ("y", "x", 2, 1, 3)])
    matrix = win_matrix(fit(data(frame)))
    assert np.isnan(matrix.win[0, 2])
    assert np.isfinite(matrix.win[0, 1])


def test_choix_arrives_where_newton_does():
    table = data(from_counts(published.BASEBALL))
    by_choix = bradley_terry(table)
    assert by_choix.converged
    assert by_choix.theta == pytest.approx(fit(table, position=False).theta, abs=1e-7)
    ties = bradley_terry(data(from_counts(published.CEMS)))
    s = ties.generators.index("Stockholm")
    for name, value in published.CEMS_HALF_WIN.items():
        assert ties.theta[ties.generators.index(name)] - ties.theta[s] == pytest.approx(value, abs=2e-5)


def test_choix_that_stops_early_is_not_called_converged():
    fitted = bradley_terry(data(from_counts(published.BASEBALL)), max_iter=2)
    assert not fitted.converged
