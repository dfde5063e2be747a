import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.assignment.checks import (
    checks_needed,
    expected_pair,
    expected_ratings,
    first_check,
    next_check,
    order_for,
    passes,
)


def schedule(every, within, length, seed):
    rng = random.Random(seed)
    found = [first_check(every=every, within=within, rng=rng)]
    while found[-1] <= length:
        found.append(next_check(after=found[-1], every=every, rng=rng))
    return [number for number in found if number <= length]


@given(st.integers(3, 30), st.integers(1, 12), st.integers(0, 10_000))
def test_the_first_check_comes_in_time_and_never_two_in_a_row(every, within, seed):
    found = schedule(every, within, 300, seed)
    assert 1 <= found[0] <= within
    assert all(later - earlier >= 2 for earlier, later in pairwise(found))


def test_one_in_twelve_is_a_check_in_the_long_run():
    found = schedule(12, 8, 120_000, 1)
    assert len(found) / 120_000 == pytest.approx(1 / 12, rel=0.02)


def test_a_study_without_checks_has_no_first_one():
    assert first_check(every=0, within=8, rng=random.Random(1)) is None
    assert checks_needed(comparisons=100, cap=None, every=0, within=8) == 0


@pytest.mark.parametrize(("comparisons", "cap", "every"), [(66, None, 12), (500, 40, 12), (300, None, 5)])
def test_enough_checks_are_made_for_a_rater_who_answers_everything(comparisons, cap, every):
    needed = checks_needed(comparisons=comparisons, cap=cap, every=every, within=8)
    regular = min(comparisons, cap or comparisons)
    met = []
    for seed in range(100):
        found = set(schedule(every, 8, 2 * regular, seed))
        length, checks = 0, 0
        while length - checks < regular:
            length += 1
            checks += length in found
        met.append(checks)
    assert max(met) <= needed <= max(met) * 1.5 + 5


@pytest.mark.parametrize(
    ("slot", "order", "said", "passed"),
    [
        (0, "01", "left", True),
        (0, "10", "left", False),
        (0, "10", "right", True),
        (1, "01", "right", True),
        (1, "01", "tie", False),
        (1, "10", "both_bad", False),
    ],
)
def test_a_pair_passes_when_the_expected_slot_is_chosen_wherever_it_stood(slot, order, said, passed):
    assert passes(expected=expected_pair(slot), order=order, answer={"overall": said}) is passed


def test_ratings_pass_when_each_expected_criterion_lies_in_its_range():
    expected = expected_ratings({"fidelity": (1, 2), "aesthetics": (1, 2)})
    assert passes(expected=expected, order="0", answer={"fidelity": 2, "alignment": 5, "aesthetics": 1})
    assert not passes(expected=expected, order="0", answer={"fidelity": 3, "alignment": 5, "aesthetics": 1})


def test_the_right_answer_changes_sides_evenly_and_starts_at_random():
    starts = set()
    for seed in range(30):
        rng = random.Random(seed)
        earlier = []
        for number in range(9):
            slot = number % 2
            earlier.append((slot, order_for(slot=slot, earlier=earlier, rng=rng)))
            left = sum(order[0] == str(right) for right, order in earlier)
            assert abs(2 * left - len(earlier)) <= 1
        starts.add(earlier[0][1])
    assert starts == {"01", "10"}


def test_a_single_picture_has_one_order():
    assert order_for(slot=None, earlier=[], rng=random.Random(1)) == "0"
