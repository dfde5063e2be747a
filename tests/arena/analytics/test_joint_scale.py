"""One scale for several protocols: truth, slopes and disagreement are found; alone, a block is as before."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from arena.analytics import rank, rank_choices, rank_graded
from arena.analytics.errors import MissingColumnError, OptionError, UnknownLabelError
from arena.analytics.joint_blocks import JointBlock
from arena.analytics.joint_scale import fit_joint
from arena.analytics.ranking_joint import rank_joint
from arena.analytics.scale import POINTS_PER_LOGIT

from .builders import simulate

STRENGTHS = np.array([0.9, 0.3, -0.2, -1.0])


def study(*, raters=50, per_rater=16, slopes=(1.0, 1.5, 0.6), odd=0.0, ties=0.6, seed=0):
    """Pairs, best of three and ratings by the same raters; ``odd`` is added to g0 in the ratings."""
    rng = np.random.default_rng(seed)
    n = raters * per_rater
    rater = np.array([f"r{i:03d}" for i in np.repeat(np.arange(raters), per_rater)])
    left = rng.integers(0, 4, n)
    right = (left + rng.integers(1, 4, n)) % 4
    d = slopes[0] * (STRENGTHS[left] - STRENGTHS[right])
    weight = np.stack([np.exp(d / 2), np.exp(-d / 2), np.full(n, ties)], axis=1)
    said = (rng.random(n)[:, None] > np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)).sum(
        axis=1
    )
    pairs = pd.DataFrame(
        {
            "left": [f"g{i}" for i in left],
            "right": [f"g{i}" for i in right],
            "outcome": np.array(["left", "right", "tie"])[said],
            "rater": rater,
        }
    )
    shown = np.argsort(rng.random((n, 4)), axis=1)[:, :3]
    best = np.argmax(slopes[1] * STRENGTHS[shown] + rng.gumbel(size=shown.shape), axis=1)
    choices = pd.DataFrame(
        {
            "ballot": np.repeat([f"b{i:05d}" for i in range(n)], 3),
            "generator": [f"g{i}" for i in shown.ravel()],
            "answer": np.where(np.tile(np.arange(3), n) == np.repeat(best, 3), "best", "shown"),
            "rater": np.repeat(rater, 3),
        }
    )
    item = rng.integers(0, 4, n)
    severity = np.repeat(rng.normal(0, 0.5, raters), per_rater)
    liked = slopes[2] * STRENGTHS[item] + odd * (item == 0) - severity + rng.logistic(size=n)
    ratings = pd.DataFrame(
        {
            "generator": [f"g{i}" for i in item],
            "rating": np.searchsorted([-2, -0.7, 0.5, 1.8], liked) + 1,
            "rater": rater,
        }
    )
    return [
        JointBlock("pairs", "pairwise", pairs),
        JointBlock("best", "choices", choices),
        JointBlock("likert", "ratings", ratings),
    ]


def same_rows(ours, theirs, names=("points", "low", "high", "se", "rank_low", "rank_high")):
    one, other = (result.to_frame().sort_values("generator") for result in (ours, theirs))
    for name in names:
        assert one[name].to_numpy(float) == pytest.approx(other[name].to_numpy(float), abs=1e-3), name


def test_strengths_and_slopes_of_three_protocols_are_recovered():
    result = rank_joint(study(raters=60, per_rater=30, seed=1), draws=100)
    for row, truth in zip(result.ranking.rows, STRENGTHS, strict=True):
        assert abs(row.points - 1000 - POINTS_PER_LOGIT * truth) < 4 * row.se
        assert row.raters == 60
    assert list(result.slopes) == ["pairs", "best", "likert"]
    for name, truth in (("best", 1.5), ("likert", 0.6)):
        assert result.slopes[name].low < truth < result.slopes[name].high
    assert "1 by definition" in result.slopes["pairs"].note
    assert result.ranking.status == "ok"
    assert result.ranking.n_raters == 60
    alone = rank(study(raters=60, per_rater=30, seed=1)[0].votes, draws=0)
    assert all(a.se < b.se for a, b in zip(result.ranking.rows, alone.rows, strict=True))


def test_a_single_block_is_ranked_as_by_itself():
    pairs, best, _ = study()
    same_rows(rank_joint([pairs], draws=50).ranking, rank(pairs.votes, draws=50))
    same_rows(rank_joint([best], draws=50).ranking, rank_choices(best.votes, draws=50))
    graded = pairs.votes.assign(outcome=pairs.votes.outcome.replace({"left": "much_left"}))
    graded.iloc[::3, 2] = pairs.votes.outcome.iloc[::3]
    block = JointBlock("graded", "graded", graded)
    same_rows(rank_joint([block], draws=50).ranking, rank_graded(graded, draws=50))


def test_few_raters_get_cr2_like_a_block_by_itself():
    pairs = study(raters=9)[0]
    ours, theirs = rank_joint([pairs], draws=20).ranking, rank(pairs.votes, draws=20)
    same_rows(ours, theirs)
    assert "CR2" in ours.interval_method


def test_the_joint_maximum_is_the_one_of_a_general_maximiser():
    pairs, best, _ = study(raters=20, per_rater=20, ties=0.0)
    i = pairs.votes.left.str[1:].astype(int).to_numpy()
    j = pairs.votes.right.str[1:].astype(int).to_numpy()
    sign = np.where(pairs.votes.outcome == "left", 1, -1)
    shown = best.votes.generator.str[1:].astype(int).to_numpy().reshape(-1, 3)
    picked = (best.votes.answer == "best").to_numpy().reshape(-1, 3).argmax(axis=1)

    def loss(x):
        theta, gamma, slope = x[:4], x[4], x[5]
        by_pairs = np.logaddexp(0, -sign * (theta[i] - theta[j] + gamma)).sum()
        lean = slope * theta[shown]
        by_best = (np.log(np.exp(lean).sum(axis=1)) - lean[np.arange(len(lean)), picked]).sum()
        return by_pairs + by_best + theta.sum() ** 2

    brute = minimize(loss, np.r_[np.zeros(5), 1.0], method="BFGS", options={"gtol": 1e-7}).x
    found = fit_joint([pairs, best])
    assert found.fit.converged
    assert found.fit.theta == pytest.approx(brute[:4], abs=1e-4)
    assert found.slopes[1] == pytest.approx(brute[5], abs=1e-4)


def test_the_score_is_the_slope_of_the_likelihood_and_adds_up_over_raters():
    joint = fit_joint(study(raters=10))
    model, h = joint.model, 1e-5
    beta = joint.fit.parameters + 0.05 * np.sin(np.arange(joint.fit.parameters.size)) * model.active
    score = model.evaluate(beta).score
    for k in np.flatnonzero(model.active):
        step = h * np.eye(beta.size)[k]
        numeric = (model.evaluate(beta + step).value - model.evaluate(beta - step).value) / (2 * h)
        assert score[k] == pytest.approx(numeric, rel=1e-4, abs=1e-3)
    assert joint.scores().scores.sum(axis=0) == pytest.approx(np.zeros(beta.size), abs=1e-5)
    assert joint.information().sum(axis=0)[:4, :4] == pytest.approx(
        model.evaluate(joint.fit.parameters).information[:4, :4], rel=1e-6
    )


@pytest.mark.slow
def test_blocks_that_agree_pass_the_test_and_an_odd_one_does_not():
    agreeing = [rank_joint(study(seed=s), draws=0).agreement.p_value for s in range(4)]
    assert np.mean(agreeing) > 0.2
    odd = rank_joint(study(odd=-0.8, per_rater=30, seed=2), draws=0)
    assert odd.agreement.p_value < 1e-3
    assert odd.agreement.df == 4
    assert odd.agreement.blocks == ("pairs", "best", "likert")
    beside = odd.blocks.set_index(["block", "generator"])
    row = beside.loc[("likert", "g0")]
    assert row.high < row.joint
    assert len(odd.blocks) == 12
    assert odd.to_dict()["agreement"]["df"] == 4


def test_a_block_that_runs_against_the_others_is_told():
    result = rank_joint(study(slopes=(1.0, 1.0, -0.8)), draws=0)
    assert result.slopes["likert"].high < 0
    assert any("likert runs against the others" in words for words in result.ranking.warnings)
    assert "likert" not in set(result.blocks.block)


def test_a_block_may_miss_generators_and_another_know_more():
    pairs, best, likert = study(raters=60, per_rater=30, seed=3)
    narrow = best.votes[~best.votes.ballot.isin(best.votes.ballot[best.votes.generator == "g3"])]
    result = rank_joint([pairs, JointBlock("best", "choices", narrow), likert], draws=0)
    assert [row.generator for row in result.ranking.rows] == ["g0", "g1", "g2", "g3"]
    assert result.agreement.df == 3
    part = result.blocks[result.blocks.block == "best"]
    assert part.generator.tolist() == ["g0", "g1", "g2"]
    assert np.abs(part.points - part.joint).max() < 60


def test_a_winless_generator_of_one_block_is_placed_by_another():
    pairs, _, likert = study(raters=30)
    frame = pairs.votes
    lost = frame[(frame.left != "g3") & (frame.right != "g3")]
    never = frame.iloc[:6].assign(left="g0", right="g3", outcome="left")
    block = JointBlock("pairs", "pairwise", pd.concat([lost, never]))
    assert rank(block.votes, draws=0).rows[-1].points is None
    result = rank_joint([block, likert], draws=20)
    assert result.ranking.status == "ok"
    assert result.ranking.rows[-1].generator == "g3"
    assert result.ranking.rows[-1].points is not None
    assert any("no finite estimate of its own" in words for words in result.ranking.warnings)
    assert result.agreement.code == "not_finite"


def test_raters_without_names_are_their_own_and_one_rater_has_no_interval():
    pairs, best, _ = study(raters=20)
    nameless = [JointBlock(b.name, b.kind, b.votes.drop(columns="rater")) for b in (pairs, best)]
    assert rank_joint(nameless, draws=0).ranking.n_raters == 2 * len(pairs.votes)
    single = [JointBlock(b.name, b.kind, b.votes.assign(rater="r")) for b in (pairs, best)]
    result = rank_joint(single)
    assert result.ranking.status == "too_few_raters"
    assert result.agreement.code == "few_raters"
    assert np.isnan(result.slopes["best"].low)
    assert result.blocks.low.isna().all()


@pytest.mark.long
def test_what_cannot_be_estimated_says_why():
    pairs, best, likert = study(raters=15)
    apart = JointBlock("far", "pairwise", simulate(strengths=[0, 0]).replace({"g0": "x", "g1": "y"}))
    assert rank_joint([pairs, apart]).ranking.status == "disconnected"
    one = pd.concat([apart.votes, apart.votes.replace({"x": "g0"})])
    few = rank_joint([pairs, JointBlock("far", "pairwise", one)])
    assert few.ranking.status == "disconnected"
    assert "fewer than two generators" in few.ranking.warnings[0]
    assert (
        rank_joint([JointBlock("none", "pairwise", pairs.votes.iloc[:0]), best]).ranking.status == "no_votes"
    )
    top = pairs.votes.iloc[:5].assign(left="top", right="g0", outcome="left")
    winner = JointBlock("pairs", "pairwise", pd.concat([pairs.votes, top]))
    infinite = rank_joint([winner, likert]).ranking
    assert infinite.status == "no_finite_maximum"
    assert [row.generator for row in infinite.rows] == ["g0", "g1", "g2", "g3", "top"]
    assert rank_joint([pairs], draws=0).agreement.code == "one_block"
    alone = JointBlock("one", "ratings", likert.votes[likert.votes.generator == "g0"])
    assert rank_joint([alone]).ranking.status == "one_generator"


def test_wrong_input_is_named():
    pairs, best, likert = study(raters=4)
    with pytest.raises(OptionError, match="each of another name"):
        rank_joint([pairs, pairs])
    with pytest.raises(OptionError, match="each of another name"):
        rank_joint([])
    with pytest.raises(OptionError, match="kind="):
        rank_joint([JointBlock("x", "votes", pairs.votes)])
    with pytest.raises(MissingColumnError):
        rank_joint([JointBlock("x", "ratings", pairs.votes), best])
    with pytest.raises(UnknownLabelError, match="not on the scale 1-3"):
        rank_joint([JointBlock("x", "ratings", likert.votes, scale=(1, 2, 3))])
    with pytest.raises(UnknownLabelError, match="not a generator"):
        rank_joint([pairs], generators=("g0", "g1"))
