"""Graded preference: statsmodels, the Rao-Kupper special case, a known truth, and what grades add."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analytics import rank
from arena.analytics.errors import MissingColumnError, SelfPairError, UnknownLabelError
from arena.analytics.ranking_graded import rank_graded, thresholds
from arena.analytics.scale import POINTS_PER_LOGIT

from .builders import simulate

WORDS = np.array(["much_right", "right", "tie", "left", "much_left"])
STRENGTHS = np.array([0.9, 0.2, -0.3, -0.8])


def graded(*, raters=40, per_rater=40, position=0.0, cuts=(0.4, 1.6), seed=0, theta=STRENGTHS):
    rng = np.random.default_rng(seed)
    n, K = raters * per_rater, theta.size
    left = rng.integers(0, K, n)
    right = (left + rng.integers(1, K, n)) % K
    liked = theta[left] - theta[right] + position + rng.logistic(size=n)
    edges = np.array([-cuts[1], -cuts[0], cuts[0], cuts[1]])
    return pd.DataFrame(
        {
            "left": [f"g{i}" for i in left],
            "right": [f"g{i}" for i in right],
            "outcome": WORDS[np.searchsorted(edges, liked)],
            "rater": [f"r{i:02d}" for i in np.repeat(np.arange(raters), per_rater)],
        }
    )


def mirrored(frame):
    """Every vote seen from both sides, as regression rows: generators and category."""
    x = np.zeros((len(frame), 4))
    rows = np.arange(len(frame))
    x[rows, frame.left.str[1:].astype(int)] += 1
    x[rows, frame.right.str[1:].astype(int)] -= 1
    y = frame.outcome.map({word: k for k, word in enumerate(WORDS)}).to_numpy()
    return np.concatenate([x, -x])[:, 1:], np.concatenate([y, 4 - y])


def test_strengths_and_thresholds_agree_with_the_ordered_logit_of_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    frame = graded(raters=20)
    X, y = mirrored(frame)
    theirs = OrderedModel(y, X, distr="logit").fit(method="bfgs", gtol=1e-7, disp=False)
    result = rank_graded(frame, position=False, anchor="g0", draws=0)
    ours = result.to_frame().sort_values("generator")
    points = (ours.points.to_numpy()[1:] - 1000) / POINTS_PER_LOGIT
    assert points == pytest.approx(theirs.params[:3], abs=1e-4)
    width = (ours.vote_high - ours.vote_low).to_numpy(float)[1:] / (2 * 1.959964 * POINTS_PER_LOGIT)
    assert width == pytest.approx(np.sqrt(2) * np.asarray(theirs.bse)[:3], rel=1e-3)
    cuts = theirs.model.transform_threshold_params(theirs.params)[1:-1]
    assert thresholds(result).value.to_numpy() == pytest.approx(cuts[2:], abs=1e-4)


def test_without_grades_it_is_rao_and_kupper():
    frame = simulate(strengths=[0.7, 0.1, -0.8], raters=45, position=0.3)
    one, other = rank_graded(frame, draws=50), rank(frame, method="rao_kupper", draws=50)
    for ours, theirs in zip(one.rows, other.rows, strict=True):
        assert (ours.generator, ours.rank_low, ours.rank_high) == (
            theirs.generator,
            theirs.rank_low,
            theirs.rank_high,
        )
        assert (ours.points, ours.low, ours.high) == pytest.approx((theirs.points, theirs.low, theirs.high))
    assert one.position.value == pytest.approx(other.position.value)


def test_a_known_truth_is_recovered():
    result = rank_graded(graded(raters=60, per_rater=80, position=0.5, seed=3), draws=100)
    for row, truth in zip(result.rows, STRENGTHS, strict=True):
        assert abs(row.points - 1000 - POINTS_PER_LOGIT * truth) < 4 * row.se
    assert result.position.low < 0.5 < result.position.high
    frame = thresholds(result)
    assert frame.name.tolist() == ["threshold 1", "threshold 2"]
    assert ((frame.low < [0.4, 1.6]) & (frame.high > [0.4, 1.6])).all()


def test_grades_narrow_the_intervals():
    frame = graded(raters=60, per_rater=60)
    plain = frame.assign(outcome=frame.outcome.str.replace("much_", ""))
    with_grades, without = rank_graded(frame, draws=0), rank(plain, method="rao_kupper", draws=0)
    assert all(a.se < b.se for a, b in zip(with_grades.rows, without.rows, strict=True))


def test_a_generator_that_only_won_slightly_has_a_finite_strength():
    frame = graded(raters=12)
    slight = pd.DataFrame(
        [("top", "g0", "left", f"r{k:02d}") for k in range(6)]
        + [("g1", "top", "right", f"r{k:02d}") for k in range(6)],
        columns=frame.columns,
    )
    result = rank_graded(pd.concat([frame, slight]), draws=20)
    assert result.status == "ok"
    assert next(row for row in result.rows if row.generator == "top").points > 1000
    much = slight.assign(outcome=slight.outcome.map({"left": "much_left", "right": "much_right"}))
    apart = rank_graded(pd.concat([frame, much]), draws=20)
    row = next(row for row in apart.rows if row.generator == "top")
    assert (apart.status, row.points) == ("no_finite_maximum", None)
    assert row.note == "never lost nor tied: no finite strength"


@pytest.mark.parametrize(
    ("absent", "expected"),
    [
        (("tie",), 1),
        (("much_left", "much_right"), 1),
        (("left", "right"), 1),
        (("tie", "left", "right"), 0),
    ],
)
def test_grades_that_nobody_used_have_no_threshold(absent, expected):
    frame = graded(raters=30)
    result = rank_graded(frame[~frame.outcome.isin(absent)], draws=0)
    assert [row.generator for row in result.rows] == ["g0", "g1", "g2", "g3"]
    found = thresholds(result)
    if expected:
        assert len(found) == expected
        assert (found.value > 0).all()
    else:
        assert found.code == "no_thresholds"


@given(seed=st.integers(0, 300))
@settings(max_examples=8, deadline=None)
def test_swapping_all_sides_flips_the_position_effect_only(seed):
    frame = graded(raters=6, position=0.4, seed=seed)
    back = dict(zip(WORDS, WORDS[::-1], strict=True))
    swapped = frame.assign(left=frame.right, right=frame.left, outcome=frame.outcome.map(back))
    one, other = rank_graded(frame, draws=0), rank_graded(swapped, draws=0)
    assert other.fit.theta == pytest.approx(one.fit.theta, abs=1e-7)
    assert other.position.value == pytest.approx(-one.position.value, abs=1e-7)


def test_what_cannot_be_estimated_says_why():
    frame = graded(raters=4)
    assert rank_graded(frame.assign(outcome="tie")).status == "all_ties"
    assert rank_graded(frame.iloc[:0]).status == "no_votes"
    assert rank_graded(frame.assign(rater="r"), draws=10).status == "too_few_raters"
    apart = graded(raters=4).replace({"g0": "a", "g1": "b", "g2": "c", "g3": "d"})
    one_way = rank_graded(frame[:8].assign(left="a", right="b", outcome="left"))
    assert one_way.status == "no_finite_maximum"
    assert "Never lost nor tied, so no finite strength: a." in one_way.warnings[0]
    both = rank_graded(pd.concat([frame, apart]), draws=10)
    assert both.status == "disconnected"
    assert thresholds(rank(simulate(strengths=[0, 0]))).code == "no_thresholds"


def test_wrong_input_is_named():
    frame = graded(raters=2)
    with pytest.raises(UnknownLabelError, match="'better' is not one of much_right"):
        rank_graded(frame.assign(outcome="better"))
    with pytest.raises(SelfPairError, match="Row 1"):
        rank_graded(frame.assign(left=[frame.right[0], *frame.left[1:]]))
    with pytest.raises(MissingColumnError, match="outcome"):
        rank_graded(frame.drop(columns="outcome"))
