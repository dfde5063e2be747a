"""Clustered intervals against statsmodels, against brute force, and against what they promise."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from arena.analytics import fit
from arena.analytics.errors import MissingColumnError, TooFewRatersError, UnknownLabelError
from arena.analytics.intervals import (
    cluster_covariance,
    design_effect,
    difference,
    generator_intervals,
    model_covariance,
    position_interval,
    two_way_covariance,
)
from arena.analytics.scores import cluster_scores, score_square

from . import published
from .builders import data, from_counts, simulate


def decided_votes(**options):
    """Simulated votes without ties, so that the model is a plain logistic regression."""
    return simulate(strengths=[0.6, 0.1, -0.2, -0.5], log_nu=-50, taste=0.7, **options)


def logistic(frame):
    """Design (first generator left out, position last) and response of the same regression."""
    names = sorted(set(frame.left) | set(frame.right))
    X = np.zeros((len(frame), len(names)))
    rows = np.arange(len(frame))
    X[rows, frame.left.map(names.index).to_numpy()] += 1
    X[rows, frame.right.map(names.index).to_numpy()] -= 1
    return np.column_stack([X[:, 1:], np.ones(len(frame))]), (frame.outcome == "left").to_numpy(float)


def contrast(K, i, j):
    c = np.zeros(K + 2)
    c[i], c[j] = 1, -1
    return c


def test_the_clustered_sandwich_is_that_of_statsmodels():
    import statsmodels.api as sm

    frame = decided_votes(raters=60, seed=2)
    X, y = logistic(frame)
    groups = pd.factorize(frame.rater)[0]
    glm = sm.GLM(y, X, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}, tol=1e-12
    )
    fitted = fit(data(frame))
    covariance = cluster_covariance(fitted, data(frame))
    assert covariance.df == 59
    for i in (1, 2, 3):
        se = np.sqrt(covariance.variance(contrast(4, i, 0)))
        assert se == pytest.approx(glm.bse[i - 1] * np.sqrt(60 / 59), rel=1e-6)
    assert np.sqrt(covariance.matrix[4, 4]) == pytest.approx(glm.bse[3] * np.sqrt(60 / 59), rel=1e-6)


def brute_force_cr2(frame, fitted, c):
    """CR2 variance and Bell-McCaffrey degrees of freedom of c by matrices of all votes."""
    X, y = logistic(frame)
    theta = fitted.theta
    beta = np.concatenate([theta[1:] - theta[0], [fitted.position]])
    p = 1 / (1 + np.exp(-X @ beta))
    w = np.sqrt(p * (1 - p))
    Z, e = X * w[:, None], (y - p) / w
    M = np.linalg.inv(Z.T @ Z)
    H = Z @ M @ Z.T
    groups = pd.factorize(frame.rater)[0]
    n, R = len(frame), groups.max() + 1
    V, G = np.zeros_like(M), np.zeros((n, R))
    for r in range(R):
        at = groups == r
        values, vectors = np.linalg.eigh(np.eye(at.sum()) - H[np.ix_(at, at)])
        A = vectors / np.sqrt(values) @ vectors.T
        u = Z[at].T @ A @ e[at]
        V += M @ np.outer(u, u) @ M
        G[at, r] = A @ Z[at] @ M @ c
    omega = G.T @ (np.eye(n) - H) @ G
    return c @ V @ c, np.trace(omega) ** 2 / (omega**2).sum()


def test_few_raters_get_cr2_and_bell_mccaffrey_exactly():
    frame = decided_votes(raters=12, per_rater=25, seed=4)
    frame = frame[~((frame.rater < "r004") & (frame.index % 3 > 0))]  # unequal amounts per rater
    table = data(frame)
    fitted = fit(table)
    covariance = cluster_covariance(fitted, table)
    assert "CR2" in covariance.method
    for i in (1, 2, 3):
        c = np.zeros(4)
        c[i - 1] = 1
        variance, df = brute_force_cr2(frame, fitted, c)
        assert covariance.variance(contrast(4, i, 0)) == pytest.approx(variance, rel=1e-6)
        assert covariance.degrees_of_freedom(contrast(4, i, 0)) == pytest.approx(min(df, 11), rel=1e-6)
    assert all(generator_intervals(fitted, covariance).df < 11)


def test_clusters_of_one_vote_give_the_published_vote_sandwich_of_cems():
    counted = from_counts(published.CEMS)
    frame = counted.loc[counted.index.repeat(counted.weight.astype(int))].drop(columns="weight")
    table = data(frame.reset_index(drop=True))
    fitted = fit(table, position=False, ties="half")
    covariance = cluster_covariance(fitted, table, by="vote")
    s = fitted.generators.index("Stockholm")
    for name, se in published.CEMS_HALF_WIN_SE_VOTE_SANDWICH.items():
        found = np.sqrt(covariance.variance(contrast(6, fitted.generators.index(name), s)))
        assert found == pytest.approx(se, abs=2e-5)


def test_doubling_every_raters_votes_narrows_the_vote_level_and_not_the_clustered_interval():
    frame = simulate(strengths=[0.4, 0, -0.4], raters=50, seed=1, taste=0.5)
    once, twice = data(frame), data(frame.assign(weight=2.0))
    first, second = fit(once), fit(twice)
    assert cluster_covariance(second, twice).matrix == pytest.approx(
        cluster_covariance(first, once).matrix, abs=1e-12
    )
    assert model_covariance(second).matrix == pytest.approx(model_covariance(first).matrix / 2, abs=1e-12)


def test_taste_shows_as_a_design_effect_above_one():
    plain = data(simulate(strengths=[0.4, 0, -0.4], raters=100, seed=1))
    tasteful = data(simulate(strengths=[0.4, 0, -0.4], raters=100, seed=1, taste=1.0))
    low, high = (
        design_effect(f, cluster_covariance(f, d))
        for f, d in ((fit(plain), plain), (fit(tasteful), tasteful))
    )
    assert low.max() < 1.6
    assert high.min() > 2.5


def test_the_interval_is_t_times_the_standard_error():
    table = data(simulate(strengths=[0.4, 0, -0.4], raters=50, seed=1))
    fitted = fit(table)
    intervals = generator_intervals(fitted, cluster_covariance(fitted, table), confidence=0.9)
    half = student.ppf(0.95, 49) * intervals.se
    assert intervals.high - intervals.estimate == pytest.approx(half)
    assert intervals.to_frame().generator.tolist() == ["g0", "g1", "g2"]


def test_an_anchor_has_no_interval_of_its_own_and_differences_do_not_depend_on_it():
    table = data(simulate(strengths=[0.4, 0, -0.4], raters=50, seed=1))
    fitted = fit(table)
    covariance = cluster_covariance(fitted, table)
    anchored = generator_intervals(fitted, covariance, anchor="g1")
    assert (anchored.estimate[1], anchored.low[1], anchored.high[1]) == (0, 0, 0)
    gap = difference(fitted, covariance, "g0", "g1")
    assert (gap.value, gap.low, gap.high) == pytest.approx(
        (anchored.estimate[0], anchored.low[0], anchored.high[0])
    )
    with pytest.raises(UnknownLabelError, match="'g9' is not among the generators"):
        difference(fitted, covariance, "g0", "g9")


def test_generators_of_different_parts_have_no_difference():
    frame = from_counts([("a", "b", 3, 1, 2), ("b", "a", 2, 1, 3), ("x", "y", 5, 1, 1), ("y", "x", 2, 1, 3)])
    fitted = fit(data(frame))
    gap = difference(fitted, model_covariance(fitted), "a", "x")
    assert np.isnan(gap.value)
    assert "not on one scale" in gap.note


def test_the_position_effect_is_found_with_its_interval():
    table = data(simulate(strengths=[0.4, 0, -0.4], raters=80, position=0.6, seed=1))
    fitted = fit(table)
    effect = position_interval(fitted, cluster_covariance(fitted, table))
    assert effect.low < 0.6 < effect.high
    assert effect.low > 0
    without = fit(table, position=False)
    assert "no position effect" in position_interval(without, model_covariance(without)).note


def test_one_rater_gives_words_instead_of_an_interval():
    table = data(simulate(strengths=[0.4, 0, -0.4], raters=1, per_rater=200))
    with pytest.raises(TooFewRatersError, match="at least two raters"):
        cluster_covariance(fit(table), table)


@pytest.mark.parametrize("options", [{}, {"firth": True}, {"ties": "half", "position": False}])
def test_scores_summed_without_zeros_are_those_with_them(options):
    frame = simulate(strengths=[0.4, 0, -0.4], raters=8, per_rater=30, taste=0.5, prompts=6)
    lonely = pd.DataFrame(
        {"left": "top", "right": "g0", "outcome": "left", "rater": ["r001"], "prompt": "p1"}
    )
    frame = pd.concat([frame, lonely], ignore_index=True)
    table = data(frame.assign(weight=1 + np.arange(len(frame)) % 3))
    fitted = fit(table, **options)
    for by in ("rater", "rater_prompt"):
        square, clusters = score_square(fitted, table, by)
        scores = cluster_scores(fitted, table, by).scores
        assert clusters == len(scores)
        assert square == pytest.approx(scores.T @ scores, abs=1e-9)


def test_clustering_by_prompt_wants_prompts_and_two_way_uses_both():
    frame = simulate(strengths=[0.4, 0, -0.4], raters=50, taste=0.5, prompts=30)
    table = data(frame)
    fitted = fit(table)
    both = two_way_covariance(fitted, table)
    assert both.df == 29
    assert np.linalg.eigvalsh(both.matrix).min() > -1e-12
    rater = cluster_covariance(fitted, table)
    assert np.diag(both.matrix)[:3] == pytest.approx(np.diag(rater.matrix)[:3], rel=0.6)
    with pytest.raises(MissingColumnError, match="prompt"):
        cluster_covariance(fitted, data(frame.drop(columns="prompt")), by="prompt")
