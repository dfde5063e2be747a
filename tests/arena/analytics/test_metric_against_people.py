"""Metrics against people: every closed form against enumeration or statsmodels, and on simulated truth."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, spearmanr
from scipy.stats import t as student

from arena.analytics.errors import MissingColumnError, MissingValueError, UnknownLabelError
from arena.analytics.metric_curve import calibration_curve, score_auc
from arena.analytics.metric_partial import partial_correlations
from arena.analytics.metric_selection import selector_efficiency
from arena.analytics.metric_surprises import largest_disagreements, metric_report, metric_reports_by
from arena.analytics.metric_ties import tie_calibrated_accuracy
from arena.analytics.metric_votes import metric_votes


def study(*, prompts=60, raters=5, noise=1.0, seed=0, tie=0.8):
    """Pictures of true strength, a metric that sees it through noise, raters who tie small differences."""
    rng = np.random.default_rng(seed)
    n = prompts * raters
    gap = np.repeat(rng.normal(0, 1.5, prompts), raters)
    flip = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    score = np.repeat(rng.normal(0, noise, prompts), raters) + gap
    felt = gap + rng.logistic(0, 0.6, n)
    outcome = np.where(np.abs(felt) < tie, "tie", np.where(felt * flip > 0, "left", "right"))
    names = np.where(flip > 0, "a", "b")
    return pd.DataFrame(
        {
            "left": names,
            "right": np.where(flip > 0, "b", "a"),
            "outcome": outcome,
            "score_left": score * flip,
            "score_right": 0.0,
            "prompt": np.repeat([f"p{i}" for i in range(prompts)], raters),
            "rater": np.tile([f"r{i}" for i in range(raters)], prompts),
        }
    ).assign(comparison=lambda d: d["prompt"])


def acc_eq(gap, side, epsilon):
    """Deutsch et al. 2023, equation 7, counted out."""
    metric = np.where(np.abs(gap) <= epsilon, 0, np.sign(gap))
    concordant, both = ((metric == side) & (side != 0)).sum(), ((metric == 0) & (side == 0)).sum()
    discordant = ((metric == -side) & (side != 0)).sum()
    people, machine = ((metric != 0) & (side == 0)).sum(), ((metric == 0) & (side != 0)).sum()
    return (concordant + both) / (concordant + discordant + people + machine + both)


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.integers(-4, 4), min_size=2, max_size=25),
    seed=st.integers(0, 99),
)
def test_the_calibrated_tie_is_the_best_of_all(gaps, seed):
    gap = np.array(gaps, dtype=float)
    side = np.random.default_rng(seed).integers(-1, 2, gap.size)
    frame = pd.DataFrame(
        {"score_left": gap, "score_right": 0.0, "outcome": np.array(["right", "tie", "left"])[side + 1]}
    )
    found = tie_calibrated_accuracy(frame)
    every = {e: acc_eq(gap, side, e) for e in {0.0, *np.abs(gap)}}
    assert found.best == pytest.approx(max(every.values()))
    assert every[found.epsilon] == pytest.approx(found.best)
    assert found.uncalibrated == pytest.approx(every[0.0])


def test_calibrated_ties_reward_a_metric_whose_small_differences_are_ties():
    frame = study(noise=0.1)
    found = tie_calibrated_accuracy(frame)
    assert found.epsilon == pytest.approx(0.8, abs=0.4)
    assert found.best > found.uncalibrated + 0.1
    assert found.accuracy.value <= found.best + 1e-9
    assert found.accuracy.low < found.accuracy.value < found.accuracy.high
    assert found.n_ties == (frame.outcome == "tie").sum()


def test_cross_fitting_does_not_flatter_a_metric_of_noise():
    best, honest = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"score_left": rng.normal(size=60), "score_right": 0.0})
        frame["outcome"] = rng.choice(["left", "right", "tie"], 60)
        found = tie_calibrated_accuracy(frame)
        best.append(found.best)
        honest.append(found.accuracy.value)
    assert np.mean(honest) == pytest.approx(1 / 3, abs=0.025)
    assert np.mean(best) > 0.36


def test_the_auc_is_that_of_votes_and_their_mirror_images():
    frame = study()
    votes = metric_votes(frame)
    found = score_auc(votes)
    gap, side = votes.gap[votes.decided], votes.side[votes.decided]
    both, won = np.r_[gap, -gap], np.r_[side, -side] > 0
    usual = mannwhitneyu(both[won], both[~won]).statistic / (won.sum() * (~won).sum())
    assert found.value == pytest.approx(usual)
    assert "prompt" in found.method
    turned = score_auc(metric_votes(frame, higher_is_better=False))
    assert turned.value == pytest.approx(1 - found.value)
    sure = pd.DataFrame(
        {"score_left": [1.0, 2.0], "score_right": 0.0, "outcome": "left", "prompt": ["p", "q"]}
    )
    assert "no interval" in score_auc(metric_votes(sure)).note


@pytest.mark.slow
def test_the_interval_of_the_auc_covers_the_truth():
    truth = score_auc(metric_votes(study(prompts=60_000, seed=999))).value
    found = [score_auc(metric_votes(study(seed=seed))) for seed in range(400)]
    assert np.mean([f.low <= truth <= f.high for f in found]) > 0.92


def test_the_calibration_slope_is_that_of_statsmodels():
    import statsmodels.api as sm

    frame = study(noise=2.0)
    votes = metric_votes(frame)
    curve = calibration_curve(votes)
    gap, side = votes.gap[votes.decided], votes.side[votes.decided]
    groups = pd.factorize(votes.frame.prompt[votes.decided])[0]
    glm = sm.GLM((side > 0).astype(float), gap / curve.sd, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}, tol=1e-12
    )
    R = groups.max() + 1
    assert curve.slope.value == pytest.approx(glm.params[0], rel=1e-6)
    half = (curve.slope.high - curve.slope.low) / 2
    assert half == pytest.approx(glm.bse[0] * np.sqrt(R / (R - 1)) * student.ppf(0.975, R - 1), rel=1e-5)


def test_calibration_bins_hold_all_decided_votes_and_rise():
    votes = metric_votes(study(prompts=400))
    curve = calibration_curve(votes, bins=5)
    assert curve.bins.n.sum() == votes.decided.sum()
    assert curve.bins.share.iloc[-1] > curve.bins.share.iloc[0] + 0.2
    assert (curve.bins.low < curve.bins.share).all()
    assert curve.monotone.share.is_monotonic_increasing
    assert calibration_curve(metric_votes(study().assign(score_left=0.0))).code == "constant"
    agreeing = pd.DataFrame({"score_left": [1.0, 2.0], "score_right": 0.0, "outcome": "left"})
    assert calibration_curve(metric_votes(agreeing)).slope.code == "separated"


@settings(max_examples=30, deadline=None)
@given(
    scores=st.lists(st.integers(0, 5), min_size=4, max_size=7),
    seed=st.integers(0, 99),
    N=st.integers(2, 4),
)
def test_the_expected_pick_is_that_of_all_sets(scores, seed, N):
    human = np.random.default_rng(seed).normal(size=len(scores))
    frame = pd.DataFrame({"prompt": "p", "human": human, "score": scores})

    def pick(key):
        out = []
        for some in combinations(range(len(scores)), N):
            top = max(key[i] for i in some)
            out.append(np.mean([human[i] for i in some if key[i] == top]))
        return np.mean(out)

    row = selector_efficiency(frame).frame.set_index("N").loc[N]
    assert row.random == pytest.approx(human.mean())
    assert row.metric == pytest.approx(pick(scores))
    assert row.oracle == pytest.approx(pick(human))
    assert row.efficiency == pytest.approx((pick(scores) - human.mean()) / (pick(human) - human.mean()))


def test_a_perfect_selector_reaches_one_a_blind_one_nothing():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"prompt": np.repeat([f"p{i}" for i in range(300)], 16), "human": rng.normal(size=4800)}
    )
    perfect = selector_efficiency(frame.assign(score=frame.human * 3))
    assert perfect.frame.N.tolist() == list(range(2, 17))
    assert perfect.frame.efficiency.to_numpy() == pytest.approx(1)
    blind = selector_efficiency(frame.assign(score=rng.normal(size=4800)))
    assert (blind.frame.low < 0).all()
    assert (blind.frame.high > 0).all()
    noisy = selector_efficiency(frame.assign(score=frame.human + rng.normal(size=4800)))
    # For normal values the efficiency is the correlation at every N, here 1/√2.
    assert noisy.frame.efficiency.to_numpy() == pytest.approx(0.7071, abs=0.03)
    assert noisy.efficiency(4).low < 0.7071 < noisy.efficiency(4).high
    assert noisy.efficiency(99).code == "too_few_pictures"
    reversed_ = selector_efficiency(frame.assign(score=-frame.human), higher_is_better=False)
    assert reversed_.efficiency(2).value == pytest.approx(1)


def test_selection_says_when_there_is_nothing_to_select():
    frame = pd.DataFrame({"prompt": ["p", "q"], "human": [1.0, 2.0], "score": [1.0, 1.0]})
    assert selector_efficiency(frame).code == "too_few_pictures"
    same = pd.DataFrame({"prompt": "p", "human": 1.0, "score": [1.0, 2.0]})
    assert selector_efficiency(same).code == "constant"
    assert selector_efficiency(frame.assign(score=np.nan)).code == "too_few_pictures"
    with pytest.raises(MissingColumnError, match="human"):
        selector_efficiency(frame.drop(columns="human"))


def pictures(n=400, seed=0):
    """A true quality; one metric sees it, one copies that metric with noise, one knows a part of its own."""
    rng = np.random.default_rng(seed)
    quality, detail = rng.normal(size=n), rng.normal(size=n)
    seen = quality + rng.normal(0, 0.5, n)
    return pd.DataFrame(
        {
            "prompt": [f"p{i // 4}" for i in range(n)],
            "human": quality + 0.5 * detail + rng.normal(0, 0.3, n),
            "clip": seen,
            "copy": seen + rng.normal(0, 0.7, n),
            "sharp": detail + rng.normal(0, 0.5, n),
        }
    )


def test_a_copied_metric_adds_nothing_given_the_original():
    frame = pictures()
    found = partial_correlations(frame, ["clip", "copy", "sharp"])
    for name in ("clip", "copy", "sharp"):
        assert found.plain[name].value == pytest.approx(spearmanr(frame.human, frame[name]).statistic)
        assert found.plain[name].low < found.plain[name].value < found.plain[name].high
    assert found.plain["copy"].low > 0.4
    assert found.partial["copy"].low < 0 < found.partial["copy"].high
    assert found.partial["sharp"].low > 0.3
    assert found.metrics.loc["clip", "copy"] == pytest.approx(
        spearmanr(frame["clip"], frame["copy"]).statistic
    )
    assert len(found.to_frame()) == 6


def test_a_partial_correlation_is_that_of_regression_residuals():
    import statsmodels.api as sm
    from scipy.stats import rankdata

    frame = pictures(80)
    ranks = frame[["human", "clip", "sharp"]].apply(rankdata)
    given_ = sm.add_constant(ranks[["sharp"]])
    residuals = [sm.OLS(ranks[name], given_).fit().resid for name in ("human", "clip")]
    found = partial_correlations(frame, ["clip", "sharp"], draws=10)
    assert found.partial["clip"].value == pytest.approx(np.corrcoef(*residuals)[0, 1])


def test_partial_correlations_refuse_what_cannot_be_told():
    frame = pictures(60)
    assert partial_correlations(frame.assign(twin=frame["clip"]), ["clip", "twin"]).code == "collinear"
    assert partial_correlations(frame.assign(clip=1.0), ["clip"]).code == "constant"
    assert partial_correlations(frame[:8], ["clip"]).code == "too_few"
    with pytest.raises(MissingColumnError, match="depth"):
        partial_correlations(frame, ["depth"])


def test_the_largest_disagreement_is_many_votes_against_a_large_difference():
    frame = study(noise=0.3, tie=0.0)
    wrong = frame.prompt == "p7"
    frame.loc[wrong, "score_left"] = np.where(frame.left[wrong] == "a", 4.0, -4.0)
    frame.loc[wrong, "outcome"] = np.where(frame.left[wrong] == "b", "left", "right")
    found = largest_disagreements(frame)
    top = found.iloc[0]
    assert (top.comparison, top.preferred, top.other, top.votes, top.share) == ("p7", "b", "a", 5, 1.0)
    assert top.gap == pytest.approx(4)
    assert top.expected < 0.1
    assert found.surprise.is_monotonic_decreasing
    assert (found.gap > 0).all()
    assert len(largest_disagreements(frame, most=2)) == 2


def test_a_vote_without_its_comparison_is_refused():
    frame = study().assign(comparison=None)
    with pytest.raises(MissingValueError, match="300 votes have no comparison"):
        largest_disagreements(frame)


def test_swapping_sides_changes_no_disagreement():
    frame = study()
    mirror = frame.rename(
        columns={"left": "right", "right": "left", "score_left": "score_right", "score_right": "score_left"}
    )
    mirror["outcome"] = frame.outcome.replace({"left": "right", "right": "left"})
    pd.testing.assert_frame_equal(largest_disagreements(frame), largest_disagreements(mirror[frame.columns]))


def test_a_report_holds_every_measure_by_category():
    frame = study().assign(category=lambda d: np.where(d.prompt < "p3", "people", "places"))
    reports = metric_reports_by(frame, "category")
    assert list(reports) == ["people", "places"]
    assert reports["people"].accuracy.n_decided < metric_report(frame).accuracy.n_decided
    assert reports["people"].to_frame().measure.tolist() == ["pair accuracy", "accuracy with ties", "AUC"]
    with pytest.raises(MissingColumnError, match="criterion"):
        metric_reports_by(frame, "criterion")


def test_votes_without_scores_have_nothing_to_measure():
    frame = study()[:5].assign(score_left=np.nan)
    report = metric_report(frame)
    assert report.with_ties.accuracy.code == "no_votes"
    assert report.auc.code == "no_decided_votes"
    assert report.curve.code == "no_decided_votes"
    assert largest_disagreements(frame).empty
    with pytest.raises(UnknownLabelError, match="maybe"):
        metric_votes(study()[:3].assign(outcome="maybe"))
