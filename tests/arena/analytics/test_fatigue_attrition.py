"""Fatigue along the session, and who leaves early: against statsmodels, and on simulated sessions."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from arena.analytics.attrition import attrition, equal_shares, log_rank
from arena.analytics.errors import MissingColumnError
from arena.analytics.fatigue import fatigue, trial_numbers

from .crowd import Crowd, simulate_crowd


def session(*, raters=30, trials=60, faster=0.0, seed=0):
    """Answer times that fall by ``faster`` (logarithm) per ten votes."""
    rng = np.random.default_rng(seed)
    rater = np.repeat(np.arange(raters), trials)
    trial = np.tile(np.arange(trials), raters)
    log_ms = 8 + rng.normal(0, 0.4, raters)[rater] - faster * trial / 10 + rng.normal(0, 0.3, rater.size)
    return pd.DataFrame({"rater": [f"r{i:02d}" for i in rater], "answer_ms": np.exp(log_ms)})


def test_the_slope_of_answer_times_is_that_of_statsmodels():
    import statsmodels.api as sm

    frame = session(faster=0.03)
    found = fatigue(frame)["answer_time"]
    codes = pd.factorize(frame.rater)[0]
    trial = trial_numbers(frame, codes)
    X = np.column_stack([trial / 10, pd.get_dummies(frame.rater).to_numpy(float)])
    fitted = sm.OLS(np.log(frame.answer_ms), X).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    assert found.slope.value == pytest.approx(fitted.params.iloc[0], rel=1e-9)
    half = found.slope.high - found.slope.value
    assert half == pytest.approx(2.0452296 * fitted.bse.iloc[0] * np.sqrt(30 / 29), rel=1e-5)
    assert found.p < 1e-4
    assert "they change" in found.words


def test_steady_raters_rarely_show_a_trend():
    found = [fatigue(session(seed=s, raters=20, trials=30))["answer_time"].p for s in range(60)]
    assert np.mean(np.array(found) < 0.05) <= 0.11


def test_a_course_without_any_variation_is_not_tested():
    frame = session(raters=6)
    frame["answer_ms"] = 4000.0
    found = fatigue(frame)["answer_time"]
    assert found.slope.code == "no_variation"
    assert "nan" not in found.words


def test_bins_hold_the_geometric_mean_time():
    frame = pd.DataFrame({"rater": ["a"] * 4 + ["b"] * 4, "answer_ms": [100, 400, 50, 50, 200, 200, 50, 50]})
    bins = fatigue(frame, bin_size=2)["answer_time"].bins
    assert bins.value.tolist() == pytest.approx([200, 50])
    assert bins["first"].tolist() == [1, 3]
    assert bins.raters.tolist() == [2, 2]


def test_raters_who_start_guessing_lose_agreement_and_consistency():
    frame, _ = simulate_crowd(Crowd(honest=60, random=0, always_left=0, fast=0, colluding=0, seed=1))
    steady = fatigue(frame)
    assert steady["agreement"].p > 0.01
    trial = frame.groupby("rater").cumcount()
    rng = np.random.default_rng(0)
    tired = rng.random(len(frame)) < trial / 100
    frame.loc[tired, "outcome"] = rng.choice(["left", "right"], tired.sum())
    found = fatigue(frame)
    assert found["agreement"].slope.high < 0
    assert found["consistency"].slope.n == (frame.kind == "repeat").sum()
    assert "percentage points" in found["agreement"].words


def test_trials_follow_time_where_it_is_known():
    frame = pd.DataFrame({"rater": ["a", "b", "a", "a"], "created_at": ["3", "1", "1", "2"]})
    assert trial_numbers(frame, pd.factorize(frame.rater)[0]).tolist() == [3, 1, 1, 2]


def test_what_was_not_measured_is_undefined():
    found = fatigue(session().drop(columns="answer_ms"))
    assert {trend.slope.code for trend in found.values()} == {"not_measured"}
    assert fatigue(session(raters=4))["answer_time"].slope.code == "too_few_raters"
    with pytest.raises(MissingColumnError, match="rater"):
        fatigue(pd.DataFrame({"answer_ms": [1]}))


def entered(*arms, seed=0):
    """(arm, entered, chance of leaving per vote); 40 votes finish."""
    rng = np.random.default_rng(seed)
    rows = []
    for arm, n, leave in arms:
        stayed = rng.geometric(leave, n)
        rows += [(arm, v > 40, min(v, 40)) for v in stayed]
    return pd.DataFrame(rows, columns=["arm", "finished", "votes"])


def test_completion_is_tested_by_pearson():
    found = attrition(entered(("a", 100, 0.004), ("b", 100, 0.02), ("c", 80, 0.01)))
    table = found.arms[["finished"]].assign(left=found.arms.entered - found.arms.finished).to_numpy()
    usual = chi2_contingency(table, correction=False)
    assert found.completion.statistic == pytest.approx(usual.statistic)
    assert found.completion.p == pytest.approx(usual.pvalue)
    assert found.to_frame().arm.tolist() == ["a", "b", "c"]


def test_small_arms_get_the_exact_probability():
    hits, n = np.array([9.0, 4.0]), np.array([10.0, 11.0])
    found = equal_shares(hits, n, draws=20_000)
    exact = fisher_exact([[9, 1], [4, 7]]).pvalue
    assert "tables" in found.method
    assert found.p == pytest.approx(exact, abs=0.006)


def test_leaving_times_are_compared_by_the_log_rank_test_of_statsmodels():
    from statsmodels.duration.survfunc import survdiff

    frame = entered(("a", 60, 0.02), ("b", 50, 0.04), ("c", 40, 0.03), seed=2)
    statistic, p = survdiff(frame.votes, ~frame.finished, frame.arm)
    found = attrition(frame).timing
    assert (found.statistic, found.p) == pytest.approx((statistic, p), rel=1e-8)


def test_nothing_to_compare_is_said_in_words():
    assert attrition(entered(("a", 20, 0.02))).completion.code == "one_arm"
    everybody = entered(("a", 20, 0.02), ("b", 20, 0.02)).assign(finished=True)
    assert attrition(everybody).completion.reason == "All raters finished."
    assert attrition(everybody).timing.reason == "Nobody left early."
    assert attrition(everybody.drop(columns="votes")).timing.code == "not_measured"
    assert attrition(everybody.iloc[:0]).code == "no_raters"
    assert log_rank(np.array([1.0, 1.0]), np.array([True, True]), np.array([0, 1])).code == "constant"
    with pytest.raises(MissingColumnError, match="finished"):
        attrition(everybody[["arm"]])
