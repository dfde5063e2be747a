"""Ratings by cumulative logit: statsmodels, a brute-force maximiser, a known truth, severity of raters."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from arena.analytics.cumulative_link import Ratings, fit_ratings
from arena.analytics.errors import MissingColumnError, UnknownLabelError
from arena.analytics.ranking_graded import rank_ratings, thresholds
from arena.analytics.scale import POINTS_PER_LOGIT

STRENGTHS = np.array([0.8, 0.3, -0.2, -0.9])
CUTS = np.array([-2.0, -0.7, 0.5, 1.8])
SCALE = (1, 2, 3, 4, 5)


def ratings(*, raters=40, per_rater=30, sd=0.0, seed=0, shares=None):
    """Ratings by the model; ``shares[r, g]`` is how often rater r meets generator g."""
    rng = np.random.default_rng(seed)
    severity = rng.normal(0, sd, raters) if sd else np.zeros(raters)
    rater = np.repeat(np.arange(raters), per_rater)
    chance = np.full((raters, 4), 0.25) if shares is None else shares(severity)
    generator = (rng.random(rater.size)[:, None] > np.cumsum(chance[rater], axis=1)).sum(axis=1)
    liked = STRENGTHS[generator] - severity[rater] + rng.logistic(size=rater.size)
    frame = pd.DataFrame(
        {
            "generator": [f"g{i}" for i in generator],
            "rating": np.searchsorted(CUTS, liked) + 1,
            "rater": [f"r{i:03d}" for i in rater],
        }
    )
    return frame, severity


def test_strengths_cuts_and_clustered_errors_agree_with_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    frame, _ = ratings()
    dummies = pd.get_dummies(frame.generator).iloc[:, 1:].astype(float).to_numpy()
    model = OrderedModel(frame.rating.to_numpy(), dummies, distr="logit")
    theirs = model.fit(method="bfgs", gtol=1e-8, disp=False)
    clusters = pd.factorize(frame.rater)[0]
    robust = model.fit(
        method="bfgs",
        gtol=1e-8,
        disp=False,
        cov_type="cluster",
        cov_kwds={"groups": clusters, "use_correction": False},
    )
    found = rank_ratings(frame, severity=False, anchor="g0", draws=0).ranking
    ours = found.to_frame().sort_values("generator").iloc[1:]
    assert (ours.points - 1000).to_numpy() / POINTS_PER_LOGIT == pytest.approx(theirs.params[:3], abs=1e-4)
    width = (ours.vote_high - ours.vote_low).to_numpy(float) / (2 * 1.959964 * POINTS_PER_LOGIT)
    assert width == pytest.approx(np.asarray(theirs.bse)[:3], rel=1e-3)
    assert ours.se.to_numpy(float) / POINTS_PER_LOGIT == pytest.approx(
        np.asarray(robust.bse)[:3] * np.sqrt(40 / 39), rel=1e-3
    )
    # Their cuts are for g0 at 0, ours for a mean of 0.
    cuts = model.transform_threshold_params(theirs.params)[1:-1]
    shift = np.nanmean(np.r_[0, theirs.params[:3]])
    assert thresholds(found).value.to_numpy() == pytest.approx(cuts - shift, abs=1e-4)


def test_severities_agree_with_a_general_maximiser_of_the_same_penalised_likelihood():
    frame, _ = ratings(raters=8, per_rater=25, sd=1.0)
    found = fit_ratings(Ratings.from_frame(frame, scale=SCALE))
    g = frame.generator.str[1:].astype(int).to_numpy()
    r = frame.rater.str[1:].astype(int).to_numpy()
    y = frame.rating.to_numpy() - 1

    def loss(x):
        theta, b, cuts = x[:4], x[4:12], np.r_[-np.inf, x[12], x[12] + np.cumsum(np.exp(x[13:])), np.inf]
        d = theta[g] + b[r]
        chance = expit(cuts[y + 1] - d) - expit(cuts[y] - d)
        return -np.log(chance).sum() + (b @ b) / (2 * found.rater_sd**2) + theta.sum() ** 2

    start = np.r_[np.zeros(12), -1.5, 0, 0, 0]
    brute = minimize(loss, start, method="BFGS", options={"gtol": 1e-6}).x
    assert found.linked.fit.theta == pytest.approx(brute[:4], abs=1e-3)
    assert -found.severity == pytest.approx(brute[4:12], abs=1e-3)


def test_severities_and_their_spread_are_recovered():
    frame, severity = ratings(raters=60, per_rater=40, sd=1.0, seed=1)
    found = rank_ratings(frame, draws=0)
    assert found.rater_sd == pytest.approx(severity.std(), abs=0.15)
    assert np.corrcoef(found.severity.severity, severity)[0, 1] > 0.95
    assert found.severity.n.sum() == len(frame)
    shift = -POINTS_PER_LOGIT * STRENGTHS.mean()
    for row, truth in zip(found.ranking.rows, STRENGTHS, strict=True):
        assert abs(row.points - 1000 - POINTS_PER_LOGIT * truth - shift) < 4 * row.se
    assert "rater severity" in found.ranking.method


def test_harsh_raters_who_met_one_generator_more_do_not_pull_it_down():
    def shares(severity):
        to_first = (0.4 + 0.3 * np.tanh(severity))[:, None]
        return np.hstack([to_first, np.tile((1 - to_first) / 3, 3)])

    frame, _ = ratings(raters=150, per_rater=30, sd=1.2, shares=shares, seed=2)
    fair, naive = (rank_ratings(frame, severity=s, draws=0).ranking for s in (True, False))
    truth = (STRENGTHS[0] - STRENGTHS[1]) * POINTS_PER_LOGIT
    error = [abs(result.difference("g0", "g1").value - truth) for result in (fair, naive)]
    assert naive.difference("g0", "g1").high < 0 < fair.difference("g0", "g1").low
    assert error[0] < 0.4 * error[1]


def test_severity_makes_intervals_of_common_raters_narrower():
    frame, _ = ratings(raters=50, per_rater=40, sd=1.5, seed=4)
    fair, naive = (rank_ratings(frame, severity=s, draws=0).ranking for s in (True, False))
    spread = [np.mean([row.se for row in result.rows]) for result in (fair, naive)]
    scale = [np.ptp([row.points for row in result.rows]) for result in (fair, naive)]
    assert spread[0] / scale[0] < 0.9 * spread[1] / scale[1]


def test_without_a_difference_between_raters_severity_vanishes():
    frame, _ = ratings(raters=30, per_rater=60, seed=6)
    found = rank_ratings(frame, draws=0)
    assert found.rater_sd < 0.25


def test_few_raters_get_cr2():
    frame, _ = ratings(raters=8, sd=0.7)
    assert "CR2" in rank_ratings(frame, draws=0).ranking.interval_method


def test_rows_count_ratings_and_unused_points_of_the_scale_do_no_harm():
    frame, _ = ratings(raters=20)
    frame = frame[frame.rating != 3]
    result = rank_ratings(frame, draws=20, generators=("g0", "g1", "g2", "g3", "new")).ranking
    assert result.n_votes == len(frame)
    assert sum(row.n for row in result.rows) == len(frame)
    assert next(row.note for row in result.rows if row.generator == "new") == "never rated"
    assert len(thresholds(result)) == 3
    matrix = result.win_matrix()
    assert np.nanmax(matrix.win + matrix.win.T) == pytest.approx(1)


def test_what_cannot_be_estimated_says_why():
    frame, _ = ratings(raters=12)
    assert rank_ratings(frame.assign(rating=3)).ranking.status == "all_ties"
    assert rank_ratings(frame.assign(rating=np.nan)).ranking.status == "no_votes"
    assert rank_ratings(frame[frame.generator == "g0"]).ranking.status == "one_generator"
    assert rank_ratings(frame.assign(rater="r"), draws=5).ranking.status == "too_few_raters"
    perfect = frame.assign(rating=np.where(frame.generator == "g0", 5, frame.rating))
    result = rank_ratings(perfect, draws=10).ranking
    assert (result.status, result.rows[0].generator) == ("no_finite_maximum", "g0")
    assert result.rows[0].note == "only ever got the highest rating: no finite strength"
    assert any("Only ever got the highest rating" in words for words in result.warnings)
    assert result.rows[1].points is not None
    apart = frame.assign(
        rating=frame.rating.clip(upper=2).where(
            frame.generator.isin(["g2", "g3"]), frame.rating.clip(lower=4)
        )
    )
    assert rank_ratings(apart).ranking.status == "no_finite_maximum"
    worst = rank_ratings(frame.assign(rating=np.where(frame.generator == "g0", 5, 1))).ranking
    assert worst.status == "no_finite_maximum"
    nameless = rank_ratings(frame.drop(columns="rater"), draws=5)
    assert any("name no rater" in words for words in nameless.ranking.warnings)
    assert nameless.severity.empty


def test_wrong_input_is_named():
    frame, _ = ratings(raters=3)
    with pytest.raises(UnknownLabelError, match="Row 1: rating '9' is not on the scale 1-5"):
        rank_ratings(frame.assign(rating=[9, *frame.rating[1:]]))
    with pytest.raises(UnknownLabelError, match="rating 'good'"):
        rank_ratings(frame.assign(rating="good"))
    with pytest.raises(MissingColumnError, match="generator"):
        rank_ratings(frame.drop(columns="generator"))
