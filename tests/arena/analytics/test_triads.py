"""Circular triads: by hand, by Kendall's formulas, and under coins."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analytics.triads import circular_triads

from .builders import data, simulate, votes


def tournament(names, wins, rater="r"):
    """Every pair of names once; ``wins`` says whether the earlier one won."""
    pairs = combinations(names, 2)
    return votes(*[(a, b, "left" if w else "right", rater) for (a, b), w in zip(pairs, wins, strict=True)])


@settings(max_examples=30, deadline=None)
@given(K=st.integers(3, 7), seed=st.integers(0, 1000))
def test_a_full_round_has_the_triads_that_kendalls_formula_counts(K, seed):
    wins = np.random.default_rng(seed).integers(0, 2, K * (K - 1) // 2)
    frame = tournament([f"g{i}" for i in range(K)], wins)
    found = circular_triads(data(frame))
    won = np.where(frame.outcome == "left", frame.left, frame.right)
    score = np.array([(won == f"g{i}").sum() for i in range(K)])
    circular = K * (K - 1) * (2 * K - 1) / 12 - (score**2).sum() / 2
    assert found.circular == found.raters.circular[0] == circular
    assert found.triads == K * (K - 1) * (K - 2) // 6
    most = (K**3 - K) / 24 if K % 2 else (K**3 - 4 * K) / 24
    assert found.zeta == pytest.approx(1 - circular / most)


def test_the_exact_probability_for_five_objects_is_that_of_kendalls_table():
    # Kendall & Babington Smith 1940, table for n = 5: frequencies 120, 120, 240, 240, 280, 24 of d = 0 … 5.
    frame = tournament("abcde", [1] * 10)
    frame.loc[frame.index[0], "outcome"] = "right"  # the neighbours a, b change places: still no cycle
    assert circular_triads(data(frame)).raters.p[0] == pytest.approx(120 / 1024)
    frame = tournament("abcde", [1, 0, 1, 1, 1, 1, 1, 1, 1, 1])  # c beats a, over one place
    found = circular_triads(data(frame)).raters
    assert (found.circular[0], found.p[0]) == (1, pytest.approx(240 / 1024))


def test_a_cycle_of_the_crowd_is_named_and_tested():
    rows = [("a", "b", "left", f"r{i}") for i in range(40)] + [("b", "c", "left", f"r{i}") for i in range(40)]
    rows += [("c", "a", "left" if i < 30 else "right", f"r{i}") for i in range(40)]
    found = circular_triads(data(votes(*rows)))
    [cycle] = found.cycles.itertuples()
    assert (cycle.first, cycle.second, cycle.third) == ("a", "b", "c")
    assert cycle.weakest == pytest.approx(0.75)
    assert cycle.p == pytest.approx(0.0011109, rel=1e-3)  # P(X ≥ 30) of 40 coins
    assert found.zeta == 0
    assert found.pooled == 0.75


def test_coins_make_a_quarter_circular_and_preferences_fewer():
    rng = np.random.default_rng(7)
    coins = simulate(strengths=[0] * 6, raters=60, per_rater=100)
    coins["outcome"] = rng.choice(["left", "right"], len(coins))
    found = circular_triads(data(coins))
    assert found.pooled == pytest.approx(0.25, abs=0.03)
    assert found.pooled_p > 0.01
    # One rater in twenty may look orderly by chance at the level of 5 %.
    assert (found.raters.p < 0.05).mean() < 0.12
    real = circular_triads(data(simulate(strengths=[2, 1.2, 0.4, -0.4, -1.2, -2], raters=60, per_rater=100)))
    assert real.pooled < 0.08
    assert real.pooled_p < 1e-6
    assert np.median(real.raters.p) < 0.05


def test_no_cycle_is_proved_where_one_scale_holds():
    table = data(simulate(strengths=[0.6, 0.3, 0, -0.3, -0.6], raters=40, per_rater=100, seed=3))
    assert not (circular_triads(table).cycles.p_adjusted < 0.05).any()


def test_without_triads_there_is_nothing_to_say():
    found = circular_triads(data(votes(("a", "b", "left", "r1"), ("b", "c", "tie", "r1"))))
    assert found.pooled.code == "no_triads"
    assert np.isnan(found.zeta)
    assert found.raters.empty
    assert found.cycles.empty
    assert found.to_frame().columns[0] == "rater"
