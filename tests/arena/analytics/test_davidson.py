"""Strengths against published values, and what must hold for any votes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analytics import fit
from arena.analytics.errors import NoFiniteMaximumError, OptionError
from arena.analytics.scores import cluster_scores

from . import published
from .builders import data, from_counts, simulate, votes


def against(fitted, reference):
    """Strengths minus that of the reference generator, by name."""
    theta = dict(zip(fitted.generators, fitted.theta, strict=True))
    return {name: value - theta[reference] for name, value in theta.items() if name != reference}


def se_against(fitted, reference):
    """Vote-level standard errors of the same differences."""
    V, r = fitted.covariance, fitted.generators.index(reference)
    return {
        name: float(np.sqrt(V[i, i] + V[r, r] - 2 * V[i, r]))
        for i, name in enumerate(fitted.generators)
        if i != r
    }


def test_baseball_agrees_with_the_textbook_and_with_r():
    fitted = fit(data(from_counts(published.BASEBALL)), position=False)
    assert {k: round(v, 2) for k, v in against(fitted, "Baltimore").items()} == published.BASEBALL_PUBLISHED
    assert against(fitted, "Baltimore") == pytest.approx(published.BASEBALL_ABILITY, abs=1e-6)
    assert se_against(fitted, "Baltimore") == pytest.approx(published.BASEBALL_SE, abs=1e-6)


def test_the_home_effect_of_baseball_is_the_position_effect():
    table = data(from_counts(published.BASEBALL))
    fitted = fit(table)
    assert fitted.position == pytest.approx(published.BASEBALL_HOME, abs=1e-6)
    assert round(fitted.position, 3) == published.BASEBALL_HOME_3DP
    assert np.sqrt(fitted.covariance[-2, -2]) == pytest.approx(published.BASEBALL_HOME_SE, abs=1e-6)
    assert against(fitted, "Baltimore") == pytest.approx(published.BASEBALL_WITH_HOME, abs=1e-6)
    worth = np.exp(fitted.theta) / np.exp(fitted.theta).sum()
    assert sorted(round(float(w), 3) for w in worth) == published.BASEBALL_WORTH_3DP
    without, with_home = published.BASEBALL_DEVIANCES
    drop = 2 * (fitted.log_likelihood - fit(table, position=False).log_likelihood)
    assert drop == pytest.approx(without - with_home, abs=1e-6)


def test_firth_shrinks_baseball_as_r_does():
    fitted = fit(data(from_counts(published.BASEBALL)), position=False, firth=True)
    assert against(fitted, "Baltimore") == pytest.approx(published.BASEBALL_FIRTH, abs=1e-6)


def test_pudding_agrees_with_davidson_1970():
    fitted = fit(data(from_counts(published.PUDDING)), position=False)
    worth = np.exp(fitted.theta) / np.exp(fitted.theta).sum()
    nu = float(np.exp(fitted.log_nu))
    assert worth == pytest.approx(published.PUDDING_WORTH_3DP, abs=6e-4)
    assert nu == pytest.approx(published.PUDDING_NU_3DP, abs=6e-4)
    assert worth == pytest.approx(published.PUDDING_WORTH, abs=1e-6)
    assert nu == pytest.approx(published.PUDDING_NU, abs=1e-6)


def test_cems_with_ties_agrees_with_psychotools():
    fitted = fit(data(from_counts(published.CEMS)), position=False)
    assert against(fitted, "Stockholm") == pytest.approx(published.CEMS_LOG_WORTH, abs=2e-5)
    assert se_against(fitted, "Stockholm") == pytest.approx(published.CEMS_SE_MODEL, abs=2e-5)
    assert fitted.log_nu == pytest.approx(published.CEMS_LOG_NU, abs=2e-5)
    assert np.sqrt(fitted.covariance[-1, -1]) == pytest.approx(published.CEMS_LOG_NU_SE, abs=2e-5)
    assert fitted.log_likelihood == pytest.approx(published.CEMS_LOG_LIKELIHOOD, abs=1e-6)
    worth = np.exp(fitted.theta) / np.exp(fitted.theta).sum()
    assert dict(zip(fitted.generators, worth, strict=True)) == pytest.approx(published.CEMS_WORTH, abs=2e-5)


def test_cems_with_half_wins_agrees_with_glm():
    fitted = fit(data(from_counts(published.CEMS)), position=False, ties="half")
    assert against(fitted, "Stockholm") == pytest.approx(published.CEMS_HALF_WIN, abs=2e-5)
    assert se_against(fitted, "Stockholm") == pytest.approx(published.CEMS_HALF_WIN_SE, abs=2e-5)


def test_sixteen_votes_agree_with_evalica():
    table = data(votes(*published.SIMPLE))
    half = fit(table, position=False, ties="half")
    assert half.theta == pytest.approx(published.SIMPLE_HALF_WIN, abs=1e-8)
    worth = np.exp(half.theta) / np.exp(half.theta).sum()
    assert worth == pytest.approx(published.SIMPLE_GOLDEN_WORTH, rel=1e-3)
    davidson = fit(table, position=False)
    assert davidson.theta == pytest.approx(published.SIMPLE_DAVIDSON, abs=1e-8)
    newman = np.log(published.SIMPLE_GOLDEN_NEWMAN)
    assert np.exp(davidson.theta) == pytest.approx(np.exp(newman - newman.mean()), rel=1e-3)
    assert np.exp(davidson.log_nu) == pytest.approx(published.SIMPLE_DAVIDSON_NU, abs=1e-7)


def test_firth_gives_the_undefeated_a_finite_strength():
    fitted = fit(data(from_counts(published.UNDEFEATED)), position=False, firth=True)
    values, errors = against(fitted, "A"), se_against(fitted, "A")
    for name, (estimate, se) in published.UNDEFEATED_FIRTH.items():
        assert values[name] == pytest.approx(estimate, abs=1e-4)
        assert errors[name] == pytest.approx(se, abs=1e-4)


def test_without_penalty_the_undefeated_has_no_number_and_the_others_keep_theirs():
    fitted = fit(data(from_counts(published.UNDEFEATED)), position=False)
    assert not fitted.finite_maximum
    assert fitted.diagnosis.undefeated == ("A",)
    assert np.isnan(fitted.theta[0])
    assert fitted.theta[1] - fitted.theta[2] == pytest.approx(published.UNDEFEATED_B_MINUS_C, abs=1e-9)


def test_statsmodels_finds_the_same_plain_model():
    import statsmodels.api as sm

    rows = published.BASEBALL
    names = sorted({row[0] for row in rows})
    X = np.zeros((len(rows), len(names)))
    for r, (home, away, *_) in enumerate(rows):
        X[r, names.index(home)], X[r, names.index(away)] = 1, -1
    X[:, 0] = 1  # the first team's column makes room for the home effect
    counts = np.array([(row[2], row[4]) for row in rows])
    glm = sm.GLM(counts, X, family=sm.families.Binomial()).fit()
    fitted = fit(data(from_counts(rows)))
    assert fitted.position == pytest.approx(glm.params[0], abs=1e-7)
    assert list(against(fitted, names[0]).values()) == pytest.approx(list(glm.params[1:]), abs=1e-7)


def test_disconnected_parts_are_fitted_on_scales_of_their_own():
    frame = from_counts([("a", "b", 3, 1, 2), ("b", "a", 2, 0, 3), ("x", "y", 5, 1, 1), ("y", "x", 2, 1, 3)])
    fitted = fit(data(frame))
    part = fit(data(frame[frame.left.isin(["a", "b"])]), position=False)
    assert not fitted.diagnosis.connected
    assert fitted.block.tolist() == [0, 0, 1, 1]
    assert fitted.theta[:2].sum() == pytest.approx(0, abs=1e-12)
    assert fitted.theta[2:].sum() == pytest.approx(0, abs=1e-12)
    assert np.sign(fitted.theta[0]) == np.sign(part.theta[0])


def test_all_ties_are_refused_in_words():
    with pytest.raises(NoFiniteMaximumError, match="Every vote is a tie"):
        fit(data(votes(("a", "b", "tie"), ("b", "c", "both_bad"))))


def test_an_unknown_way_with_ties_is_refused():
    with pytest.raises(OptionError, match="davidson, half"):
        fit(data(votes(("a", "b", "left"), ("b", "a", "left"))), ties="drop")


def test_an_unfinished_fit_says_so():
    assert not fit(data(from_counts(published.PUDDING)), max_iter=2).converged


@given(
    seed=st.integers(0, 10_000),
    n_generators=st.integers(2, 6),
    half=st.booleans(),
    firth=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_converged_fit_has_score_zero_and_no_direction_uphill(seed, n_generators, half, firth):
    rng = np.random.default_rng(seed)
    frame = simulate(strengths=rng.normal(0, 0.7, n_generators), raters=5, per_rater=60, seed=seed)
    fitted = fit(data(frame), ties="half" if half else "davidson", firth=firth)
    assert fitted.converged
    assert fitted.max_gradient < 1e-9
    assert np.linalg.eigvalsh(fitted.covariance).min() > -1e-12
    if not firth:
        scores = cluster_scores(fitted, data(frame)).scores
        assert np.abs(scores.sum(axis=0)).max() < 1e-6


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_new_names_and_another_order_of_rows_change_nothing(seed):
    frame = simulate(strengths=[0.5, 0, -0.2, 0.1], raters=6, per_rater=60, seed=seed)
    names = {"g0": "zebra", "g1": "ant", "g2": "moose", "g3": "carp"}
    renamed = frame.assign(left=frame.left.map(names), right=frame.right.map(names))
    renamed = renamed.sample(frac=1, random_state=seed)
    first, second = fit(data(frame)), fit(data(renamed))
    theta = dict(zip(second.generators, second.theta, strict=True))
    assert [theta[names[g]] for g in first.generators] == pytest.approx(first.theta.tolist(), abs=1e-9)
    assert second.position == pytest.approx(first.position, abs=1e-9)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_swapping_all_sides_turns_the_position_effect_and_nothing_else(seed):
    frame = simulate(strengths=[0.5, 0, -0.5], raters=6, per_rater=60, position=0.4, seed=seed)
    mirror = {"left": "right", "right": "left", "tie": "tie", "both_bad": "both_bad"}
    swapped = pd.DataFrame(
        {"left": frame.right, "right": frame.left, "outcome": frame.outcome.map(mirror), "rater": frame.rater}
    )
    first, second = fit(data(frame)), fit(data(swapped))
    assert second.theta == pytest.approx(first.theta, abs=1e-9)
    assert second.position == pytest.approx(-first.position, abs=1e-9)
    assert second.log_nu == pytest.approx(first.log_nu, abs=1e-9)


def test_doubled_votes_halve_the_variance_and_a_weight_is_a_count():
    frame = simulate(strengths=[0.5, 0, -0.5], seed=3)
    once, twice = fit(data(frame)), fit(data(pd.concat([frame, frame])))
    weighted = fit(data(frame.assign(weight=2.0)))
    assert twice.theta == pytest.approx(once.theta, abs=1e-9)
    assert twice.covariance == pytest.approx(once.covariance / 2, abs=1e-12)
    assert weighted.covariance == pytest.approx(twice.covariance, abs=1e-12)


def test_a_known_truth_is_recovered():
    truth = np.array([1.0, 0.3, 0.0, -0.4, -0.9])
    frame = simulate(strengths=truth, raters=100, per_rater=300, position=0.6, log_nu=-0.2, seed=1)
    fitted = fit(data(frame))
    se = np.sqrt(np.diag(fitted.covariance))
    assert np.all(np.abs(fitted.theta - (truth - truth.mean())) < 4 * se[:5])
    assert abs(fitted.position - 0.6) < 4 * se[5]
    assert abs(fitted.log_nu + 0.2) < 4 * se[6]


@given(won=st.integers(1, 30), lost=st.integers(1, 30), tied=st.integers(0, 200))
@settings(max_examples=25, deadline=None)
def test_ties_between_two_never_change_their_distance(won, lost, tied):
    fitted = fit(data(from_counts([("a", "b", won, tied, lost)])), position=False)
    assert fitted.theta[0] - fitted.theta[1] == pytest.approx(np.log(won / lost), abs=1e-8)
