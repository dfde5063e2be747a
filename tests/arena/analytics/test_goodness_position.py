"""Goodness of fit and position effects by generator: against statsmodels, and calibrated by simulation."""

import numpy as np
import pandas as pd
import pytest

from arena.analytics import fit
from arena.analytics.errors import OptionError
from arena.analytics.goodness import goodness_of_fit
from arena.analytics.position_by_generator import position_by_generator

from .builders import data, from_counts, simulate, votes

STRENGTHS = [0.8, 0.2, -0.2, -0.8]


def studies(n, **options):
    for seed in range(n):
        table = data(simulate(**({"strengths": STRENGTHS, "raters": 60, "seed": seed} | options)))
        yield table, fit(table)


def test_without_ties_pearson_and_deviance_are_those_of_a_binomial_regression():
    import statsmodels.api as sm

    frame = simulate(strengths=STRENGTHS, raters=60, log_nu=-50)
    table = data(frame)
    cells = table.cells
    X = np.zeros((cells.left.size, 5))
    X[np.arange(cells.left.size), cells.left] += 1
    X[np.arange(cells.left.size), cells.right] -= 1
    X[:, 4] = 1
    glm = sm.GLM(cells.counts[:, :2], X[:, 1:], family=sm.families.Binomial()).fit(tol=1e-12)
    found = goodness_of_fit(table, fit(table))
    assert found.pearson == pytest.approx(glm.pearson_chi2, rel=1e-6)
    assert found.deviance == pytest.approx(glm.deviance, rel=1e-6)
    assert found.df == glm.df_resid


@pytest.mark.slow
@pytest.mark.parametrize("taste", [0.0, 0.8])
def test_a_true_model_is_rarely_refused_even_with_tastes(taste):
    found = [goodness_of_fit(*study) for study in studies(120, taste=taste)]
    assert np.mean([f.p < 0.05 for f in found]) <= 0.11
    assert np.mean([f.p < 0.5 for f in found]) == pytest.approx(0.5, abs=0.16)


def test_raters_who_say_everything_thrice_are_overdispersed_by_three():
    frame = simulate(strengths=STRENGTHS, raters=60).drop(columns="prompt")
    once, thrice = data(frame), data(frame.assign(weight=3.0))
    one, three = goodness_of_fit(once, fit(once)), goodness_of_fit(thrice, fit(thrice))
    assert three.pearson == pytest.approx(3 * one.pearson)
    assert three.overdispersion == pytest.approx(3, abs=0.5)
    assert three.p_independent < one.p_independent
    assert three.p > three.p_independent


def test_pictures_that_all_raters_see_alike_are_overdispersed_too():
    frame = simulate(strengths=STRENGTHS, raters=60)
    frame["prompt"] = [f"p{i}" for i in range(len(frame))]
    alike = pd.concat([frame.assign(rater=frame.rater + copy) for copy in "xyz"], ignore_index=True)
    found = goodness_of_fit(data(alike), fit(data(alike)))
    assert found.overdispersion == pytest.approx(3, abs=0.3)
    unaware = data(alike.drop(columns="prompt"))
    assert goodness_of_fit(unaware, fit(unaware)).overdispersion < 1.5


def test_a_pair_that_breaks_the_order_is_found():
    frame = simulate(strengths=STRENGTHS, raters=60, seed=1)
    pair = frame.left.isin(["g0", "g3"]) & frame.right.isin(["g0", "g3"])
    frame.loc[pair, "outcome"] = np.where(frame.left[pair] == "g3", "left", "right")
    table = data(frame)
    found = goodness_of_fit(table, fit(table))
    assert found.p < 1e-6
    assert found.pairs.loc[0, ["first", "second"]].tolist() == ["g0", "g3"]
    assert "differ from the model" in found.words
    assert found.to_frame().loc[0, "df"] == found.df


def test_pairs_count_points_of_both_orders():
    table = data(
        from_counts(
            [("a", "b", 30, 10, 20), ("b", "a", 15, 6, 29), ("b", "c", 20, 9, 22), ("a", "c", 9, 9, 9)]
        )
    )
    pairs = goodness_of_fit(table, fit(table)).pairs.set_index(["first", "second"])
    assert pairs.loc[("a", "b"), "share"] == pytest.approx((30 + 5 + 29 + 3) / 110)


def test_what_any_data_would_fit_is_not_tested():
    table = data(from_counts([("a", "b", 30, 10, 20)]))
    assert goodness_of_fit(table, fit(table, position=False)).code == "saturated"
    with pytest.raises(OptionError, match="half wins"):
        goodness_of_fit(table, fit(table, ties="half"))


@pytest.mark.slow
def test_equal_position_effects_are_rarely_called_different():
    found = [position_by_generator(*study) for study in studies(120, position=0.4, taste=0.4)]
    assert np.mean([f.p < 0.05 for f in found]) <= 0.12
    covered = [(f.frame.low <= 0.4) & (f.frame.high >= 0.4) for f in found]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.035)


def test_a_generator_without_position_effect_is_found():
    frame = simulate(strengths=[0, 0, 0, 0], raters=120, per_rater=120, position=0.0, seed=4)
    rng = np.random.default_rng(0)
    sided = (frame.left != "g2") & (frame.right != "g2") & (frame.outcome == "right")
    flip = sided & (rng.random(len(frame)) < 0.5)
    frame.loc[flip, "outcome"] = "left"
    table = data(frame)
    found = position_by_generator(table, fit(table))
    assert found.p < 1e-6
    assert found.frame.position.idxmin() == 2
    assert found.to_frame().generator.tolist() == ["g0", "g1", "g2", "g3"]


def test_the_fit_by_generator_is_that_of_statsmodels():
    import statsmodels.api as sm

    frame = simulate(strengths=STRENGTHS, raters=60, log_nu=-50, position=0.3)
    names = ["g0", "g1", "g2", "g3"]
    left, right = (pd.get_dummies(frame[side])[names].to_numpy(float) for side in ("left", "right"))
    X = np.column_stack([(left - right)[:, 1:], (left + right) / 2])
    glm = sm.GLM((frame.outcome == "left").to_numpy(float), X, family=sm.families.Binomial()).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(frame.rater)[0], "use_correction": False},
        tol=1e-12,
    )
    found = position_by_generator(data(frame), fit(data(frame)))
    assert found.frame.position.to_numpy() == pytest.approx(glm.params[3:], abs=1e-6)
    assert found.frame.se.to_numpy() == pytest.approx(glm.bse[3:] * np.sqrt(60 / 59), rel=1e-5)


def test_position_effects_that_cannot_be_told_say_why():
    table = data(simulate(strengths=STRENGTHS, raters=60))
    assert position_by_generator(table, fit(table, position=False)).code == "no_position"
    few = data(simulate(strengths=STRENGTHS, raters=4, per_rater=100))
    assert position_by_generator(few, fit(few)).code == "too_few_raters"
    two = data(simulate(strengths=[0.3, -0.3], raters=10))
    assert position_by_generator(two, fit(two)).code == "not_identified"
    rows = [("a", "b", o, f"r{i}") for i in range(9) for o in ("left", "right", "tie")]
    rows += [("b", "a", o, f"r{i}") for i in range(9) for o in ("left", "right", "tie")]
    rows += [("x", "y", o, f"r{i}") for i in range(9) for o in ("left", "right", "tie")]
    apart = data(votes(*rows))
    assert position_by_generator(apart, fit(apart)).code == "parts"
