import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.assignment.checks import (
    checks_needed,
    first_check,
    next_check,
    order_for,
    slot_that_matters,
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


def test_with_default_settings_no_number_of_a_session_says_check():
    """Of sixty answers each: the best that sequence numbers alone can do, as area under the ROC curve."""
    found = Counter(number for seed in range(20_000) for number in schedule(12, 18, 60, seed))
    rates = sorted(found[number] / 20_000 for number in range(1, 61))
    checks, regular = sum(rates), 60 - sum(rates)
    below, area = 0.0, 0.0
    for rate in rates:
        area += rate / checks * (below + (1 - rate) / 2) / regular
        below += 1 - rate
    assert area <= 0.53
    assert max(rates) <= 0.1


def test_the_check_before_says_little_about_the_next_one():
    """After none for so long, the next answer is a check with at most this chance; and none is ruled out but
    the one that follows a check at once."""
    gaps = Counter(b - a for a, b in pairwise(schedule(12, 18, 200_000, 1)))
    left, chances = gaps.total(), []
    for gap in range(2, 23):
        chances.append(gaps[gap] / left)
        left -= gaps[gap]
    assert left == 0
    assert min(chances) > 0.03
    assert max(chances[:12]) < 0.13


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


def test_the_right_answer_stands_everywhere_equally_often_and_starts_at_random():
    for slots in (2, 4):
        starts = set()
        for seed in range(60):
            rng = random.Random(seed)
            stood = []
            for number in range(9):
                right = number % slots
                order = order_for(slots=slots, right=right, stood=stood, rng=rng)
                assert sorted(order) == sorted("0123"[:slots])
                stood.append(order.index(str(right)))
                counts = [stood.count(position) for position in range(slots)]
                assert max(counts) - min(counts) <= 1
            starts.add(stood[0])
        assert starts == set(range(slots))


def test_where_no_slot_matters_chance_decides():
    assert order_for(slots=1, right=None, stood=[], rng=random.Random(1)) == "0"
    orders = {order_for(slots=2, right=None, stood=[], rng=random.Random(seed)) for seed in range(20)}
    assert orders == {"01", "10"}


@pytest.mark.parametrize(
    ("expected", "slot"),
    [({"slot": 1}, 1), ({"best": 0}, 0), ({"worst": 3}, 3), ({"ratings": {"fidelity": [1, 2]}}, None)],
)
def test_of_a_known_answer_the_slot_is_known_that_it_is_about(expected, slot):
    assert slot_that_matters(expected) == slot
