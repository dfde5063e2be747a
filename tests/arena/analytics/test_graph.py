"""What can be estimated is decided before anything is fitted, exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analytics import diagnose
from arena.analytics.likelihood import PairCounts
from arena.analytics.separation import recession_direction

from .builders import data, from_counts, simulate, votes


def test_votes_that_connect_everything_need_no_words():
    diagnosis = diagnose(data(simulate(strengths=[0.3, 0, -0.3])))
    assert diagnosis.connected
    assert diagnosis.finite_maximum
    assert diagnosis.words == ()
    assert diagnosis.groups == (("g0", "g1", "g2"),)


def test_unconnected_parts_are_listed_largest_first():
    frame = from_counts([("x", "y", 2, 0, 2), ("a", "b", 2, 1, 1), ("b", "c", 1, 0, 1)])
    diagnosis = diagnose(data(frame), position=False)
    assert not diagnosis.connected
    assert diagnosis.components == (("a", "b", "c"), ("x", "y"))
    assert "2 unconnected parts" in diagnosis.words[0]
    assert diagnosis.finite_maximum


def test_winless_and_undefeated_are_named_and_groups_run_from_the_top():
    frame = from_counts([("top", "a", 3, 0, 0), ("a", "b", 2, 0, 2), ("b", "last", 4, 0, 0)])
    diagnosis = diagnose(data(frame), position=False)
    assert diagnosis.undefeated == ("top",)
    assert diagnosis.winless == ("last",)
    assert diagnosis.groups == (("top",), ("a", "b"), ("last",))
    assert diagnosis.obstacle == "groups"
    assert not diagnosis.finite_maximum


def test_a_tie_links_both_ways_once_some_pair_was_won_by_both():
    frame = from_counts([("top", "a", 3, 1, 0), ("a", "b", 2, 0, 2)])
    assert diagnose(data(frame), position=False).finite_maximum


def test_ties_and_one_sided_wins_alone_let_the_tie_parameter_run_away():
    table = data(from_counts([("a", "b", 3, 2, 0)]))
    diagnosis = diagnose(table, position=False)
    assert diagnosis.obstacle == "ties"
    assert "half a win" in " ".join(diagnosis.words)
    assert diagnose(table, position=False, ties="half").finite_maximum


def test_a_side_that_always_wins_has_no_finite_position_effect():
    diagnosis = diagnose(data(from_counts([("a", "b", 5, 0, 0), ("b", "a", 5, 0, 0)])))
    assert diagnosis.obstacle == "position"
    assert "sides swapped" in " ".join(diagnosis.words)


def test_a_generator_that_keeps_to_its_side_confounds_position_with_strength():
    diagnosis = diagnose(data(from_counts([("a", "b", 5, 1, 3)])))
    assert not diagnosis.position_identified
    assert "left out" in " ".join(diagnosis.words)


def test_a_cycle_shown_in_one_direction_does_identify_position():
    frame = from_counts([("a", "b", 5, 0, 3), ("b", "c", 4, 0, 3), ("c", "a", 5, 0, 4)])
    assert diagnose(data(frame)).position_identified


def test_only_ties_prefer_nobody():
    diagnosis = diagnose(data(votes(("a", "b", "tie"), ("b", "c", "both_bad"))))
    assert diagnosis.obstacle == "all_ties"
    assert "Every vote is a tie" in diagnosis.words[0]


def test_the_frame_has_a_row_per_generator():
    frame = diagnose(data(votes(("a", "b", "left"), ("b", "c", "left")))).to_frame()
    assert frame.generator.tolist() == ["a", "b", "c"]
    assert frame.undefeated.tolist() == [True, False, False]
    assert frame.winless.tolist() == [False, False, True]


STEPS = np.arange(-4, 5)
# All directions with small whole numbers: Δθ_b, Δθ_c (Δθ_a = 0), Δγ, and 2Δη. For three generators the
# extreme directions of the cone are among them.
DIRECTIONS = np.stack(np.meshgrid(STEPS, STEPS, STEPS, STEPS, indexing="ij"), axis=-1).reshape(-1, 4)


def runs_away(frame, *, half, position):
    """Does a direction exist along which no observed outcome becomes less likely, and one more likely?"""
    tied = bool((frame.outcome == "tie").any()) and not half
    directions = DIRECTIONS[((DIRECTIONS[:, 2] == 0) | position) & ((DIRECTIONS[:, 3] == 0) | tied)]
    theta = {"a": 0 * directions[:, 0], "b": directions[:, 0], "c": directions[:, 1]}
    harmless, gains = np.full(len(directions), True), np.full(len(directions), False)
    for left, right, outcome in zip(frame.left, frame.right, frame.outcome, strict=True):
        d = theta[left] - theta[right] + directions[:, 2]
        # Twice the linear predictors of the outcomes that the model knows.
        predictors = {"left": d, "right": -d} | ({"tie": directions[:, 3]} if tied else {})
        seen = [outcome] if outcome in predictors else ["left", "right"]
        for mine in seen:
            for other in predictors.values():
                harmless &= predictors[mine] >= other
                gains |= predictors[mine] > other
    return bool((harmless & gains).any())


@pytest.mark.long
@given(
    counts=st.lists(st.tuples(*[st.sampled_from([0, 0, 1])] * 3), min_size=6, max_size=6),
    half=st.booleans(),
    position=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_verdict_agrees_with_trying_every_direction(counts, half, position):
    pairs = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("a", "c"), ("c", "a")]
    frame = from_counts([(*pair, *count) for pair, count in zip(pairs, counts, strict=True)])
    if not frame.outcome.isin(["left", "right"]).any():
        return
    table = data(frame, generators=["a", "b", "c"])
    verdict = diagnose(table, position=position, ties="half" if half else "davidson")
    away = runs_away(frame, half=half, position=position)
    assert verdict.finite_maximum == (not away)


@pytest.mark.parametrize("position", [True, False])
def test_the_exact_check_and_the_quick_check_agree_on_plenty_of_votes(position):
    table = data(simulate(strengths=[0.5, 0.0, -0.5, 0.2], seed=5))
    pairs = PairCounts.of(table.cells, 4, half_win=False)
    assert recession_direction(pairs, table.cells.ties, position=position, half_win=False) is None
