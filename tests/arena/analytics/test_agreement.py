"""Krippendorff's α against published values; typed reasons where it is undefined."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analytics import Estimate, Undefined, alpha, pairwise_alpha, rating_alpha
from arena.analytics.agreement import percent_agreement
from arena.analytics.errors import MissingColumnError
from arena.analytics.krippendorff_alpha import LEVELS, _alpha_of_coincidences, _bootstrap, alpha_from_frame

from .builders import simulate, votes

# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, sections C and D: 4 observers, 12 units.
NONE = None
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]
PUBLISHED = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}
EXACT = {
    "nominal": 904 / 1216,
    "ordinal": 0.8153875037548814,
    "interval": 0.8491071428571428,
    "ratio": 0.7974027747116121,
}
COUNTS = np.array([[column.count(v) for v in range(1, 6)] for column in zip(*OBSERVERS, strict=True)])
LONG = pd.DataFrame(
    [(f"u{u}", f"o{o}", v) for o, row in enumerate(OBSERVERS) for u, v in enumerate(row)],
    columns=["item", "rater", "rating"],
)


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_agrees_with_krippendorff_2011(level):
    found = alpha(COUNTS, level=level, values=[1, 2, 3, 4, 5])
    assert found.value == pytest.approx(PUBLISHED[level], abs=5e-4)
    assert found.value == pytest.approx(EXACT[level], abs=1e-9)
    assert found.n == 11
    assert found.low < found.value < found.high <= 1


@pytest.mark.parametrize("level", LEVELS)
def test_long_data_give_the_same_alpha_with_missing_ratings(level):
    found = rating_alpha(LONG, level=level)
    assert found.alpha.value == pytest.approx(EXACT[level], abs=1e-9)
    assert (found.items, found.items_overlapping, found.ratings) == (12, 11, 41)
    assert alpha_from_frame(LONG, value="rating", level=level, draws=0).value == pytest.approx(EXACT[level])


@pytest.mark.parametrize("level", LEVELS)
@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_the_fast_formula_of_the_bootstrap_is_the_package_formula(level, seed):
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(3, [0.4, 0.3, 0.2, 0.1], 30)
    values = np.array([1.0, 2.0, 3.0, 5.0])
    found = alpha(counts, level=level, values=values, draws=0)
    c = counts.astype(float)
    pairs = c[:, :, None] * c[:, None, :] - c[:, :, None] * np.eye(4)
    observed = (pairs / 2).sum(axis=0)[None]
    assert _alpha_of_coincidences(observed, values, level)[0] == pytest.approx(found.value, abs=1e-9)


def test_resampling_patterns_is_resampling_items():
    rng = np.random.default_rng(1)
    counts = rng.multinomial(3, [0.6, 0.3, 0.1], 200)
    fast = alpha(counts, draws=2000, seed=3)
    slow = [alpha(counts[rng.integers(0, 200, 200)], draws=0).value for _ in range(300)]
    low, high = np.quantile(slow, [0.025, 0.975])
    assert fast.low == pytest.approx(low, abs=0.02)
    assert fast.high == pytest.approx(high, abs=0.02)


def test_chunks_do_not_change_the_number_of_draws():
    draws = _bootstrap(COUNTS[:9], np.ones(9, dtype=int), np.arange(5.0), "nominal", 1234, 0)
    assert draws.shape == (1234,)


def test_constant_ratings_are_undefined_not_perfect():
    found = alpha(np.array([[3, 0], [2, 0]]))
    assert isinstance(found, Undefined)
    assert found.code == "constant"
    assert not found


def test_two_raters_without_overlap_are_undefined():
    frame = pd.DataFrame({"item": ["a", "b"], "rating": [1, 5], "rater": ["x", "y"]})
    found = rating_alpha(frame)
    assert found.alpha.code == "no_overlap"
    assert found.percent.code == "no_overlap"
    assert "raise the overlap" in found.alpha.reason


def test_no_ratings_are_undefined():
    assert rating_alpha(LONG.iloc[:0]).alpha.code == "no_ratings"
    assert pairwise_alpha(votes(("a", "b", "left")).iloc[:0]).alpha.code == "no_ratings"


def test_one_item_has_a_value_and_no_interval():
    found = alpha(np.array([[2, 1]]))
    assert isinstance(found, Estimate)
    assert not found.has_interval
    assert found.to_dict()["low"] is None


def test_swapped_sides_are_the_same_answer():
    frame = votes(
        ("a", "b", "left", "r1"),
        ("b", "a", "right", "r2"),
        ("a", "b", "right", "r1"),
        ("b", "a", "left", "r2"),
    ).assign(prompt=["p", "p", "q", "q"])
    found = pairwise_alpha(frame)
    assert found.alpha.value == pytest.approx(1)
    assert found.percent.value == 1
    assert found.items == 2


def test_a_raters_second_answer_is_not_a_second_rater():
    frame = votes(("a", "b", "left", "r1"), ("a", "b", "left", "r1")).assign(prompt="p")
    assert pairwise_alpha(frame).alpha.code == "no_overlap"


def test_both_bad_may_join_the_ties():
    frame = votes(("a", "b", "tie", "r1"), ("a", "b", "both_bad", "r2")).assign(prompt="p")
    more = votes(("a", "c", "left", "r1"), ("a", "c", "left", "r2")).assign(prompt="p")
    frame = pd.concat([frame, more])
    assert pairwise_alpha(frame).percent.value == 0.5
    assert pairwise_alpha(frame, both_bad_is_tie=True).percent.value == 1


def test_random_votes_agree_no_better_than_chance():
    frame = simulate(strengths=[0, 0, 0], raters=30, per_rater=60, prompts=5)
    assert abs(pairwise_alpha(frame).alpha.value) < 0.05


def test_missing_columns_are_named():
    with pytest.raises(MissingColumnError, match="prompt"):
        pairwise_alpha(votes(("a", "b", "left", "r1")))
    with pytest.raises(MissingColumnError, match="rating"):
        rating_alpha(LONG.drop(columns="rating"))


def test_percent_agreement_counts_pairs_of_raters():
    found = percent_agreement(np.array([[2, 1], [3, 0], [1, 0]]))
    assert found.value == pytest.approx((2 + 6) / (6 + 6))
    assert found.n == 2
