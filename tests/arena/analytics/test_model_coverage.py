"""Intervals of every further model cover a known truth as often as they say, over many simulated studies."""

import numpy as np
import pandas as pd
import pytest

from arena.analytics import rank, rank_choices, rank_graded, rank_joint, rank_ratings
from arena.analytics.controlled import rank_controlled
from arena.analytics.scale import POINTS_PER_LOGIT

from . import test_controlled, test_cumulative_link, test_graded, test_joint_scale

STUDIES = 80
pytestmark = pytest.mark.slow


def share_covered(results, truth):
    """Share of clustered intervals that hold the true points, truth in logits by generator number."""
    centred = 1000 + POINTS_PER_LOGIT * (truth - truth.mean())
    hits = [row.low < centred[int(row.generator[1:])] < row.high for result in results for row in result.rows]
    return np.mean(hits)


def choices(seed, raters, taste):
    """Best of three by raters whose strengths vary."""
    rng = np.random.default_rng(seed)
    own = np.array([0.7, 0.2, -0.2, -0.7]) + rng.normal(0, taste, (raters, 4))
    rows = []
    for r in range(raters):
        for q in range(15):
            shown = rng.choice(4, 3, replace=False)
            best = np.argmax(own[r][shown] + rng.gumbel(size=3))
            rows += [(f"{r}-{q}", f"g{g}", "best" if k == best else "shown", r) for k, g in enumerate(shown)]
    return pd.DataFrame(rows, columns=["ballot", "generator", "answer", "rater"])


def test_choices_of_raters_with_tastes_of_their_own():
    # Tastes draw the strengths of the average vote together; the truth is that of very many raters.
    many = rank_choices(choices(999, 3000, 0.7), draws=0)
    points = {row.generator: row.points for row in many.rows}
    results = [rank_choices(choices(seed, 25, 0.7), draws=0) for seed in range(STUDIES)]
    hits = [row.low < points[row.generator] < row.high for result in results for row in result.rows]
    by_vote = [
        row.vote_low < points[row.generator] < row.vote_high for result in results for row in result.rows
    ]
    assert 0.915 < np.mean(hits) < 0.98
    assert np.mean(by_vote) < 0.88


def test_rao_kupper_and_graded_votes():
    frames = [test_graded.graded(raters=25, per_rater=20, seed=seed, position=0.2) for seed in range(STUDIES)]
    graded = [rank_graded(frame, draws=0) for frame in frames]
    assert 0.915 < share_covered(graded, test_graded.STRENGTHS) < 0.98
    forgotten = [frame.assign(outcome=frame.outcome.str.removeprefix("much_")) for frame in frames]
    plain = [rank(frame, method="rao_kupper", draws=0) for frame in forgotten]
    assert 0.915 < share_covered(plain, test_graded.STRENGTHS) < 0.98


def test_ratings_with_severity():
    results = []
    for seed in range(STUDIES):
        frame, _ = test_cumulative_link.ratings(raters=25, per_rater=20, sd=1.0, seed=seed)
        results.append(rank_ratings(frame, draws=0).ranking)
    assert 0.915 < share_covered(results, test_cumulative_link.STRENGTHS) < 0.98


def test_strengths_and_effects_under_style_control():
    found = [
        rank_controlled(
            test_controlled.styled(raters=25, per_rater=25, seed=seed), covariates=["size"], draws=0
        )
        for seed in range(STUDIES)
    ]
    assert 0.915 < share_covered([x.controlled for x in found], test_controlled.STRENGTHS) < 0.985
    effects = [x.effects[0] for x in found]
    assert 0.88 < np.mean([e.effect.low < e.unit < e.effect.high for e in effects]) <= 1


def test_the_joint_scale_and_its_test_of_agreement():
    found = [rank_joint(test_joint_scale.study(raters=45, per_rater=12, seed=s), draws=0) for s in range(40)]
    assert 0.9 < share_covered([x.ranking for x in found], test_joint_scale.STRENGTHS) < 0.99
    assert np.mean([x.agreement.p_value < 0.05 for x in found]) < 0.16
