import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.assignment.orders import first_orders, place_orders
from annotations.assignment.pairs import Item, Planned


def comparisons(pairs, categories=("a",)):
    return [
        Planned(number, categories[number % len(categories)], (Item(2 * number, a), Item(2 * number + 1, b)))
        for number, (a, b) in enumerate(pairs)
    ]


def left_minus_right(planned, swapped):
    shares = Counter()
    for comparison, is_swapped in zip(planned, swapped, strict=True):
        left, right = comparison.generators[::-1] if is_swapped else comparison.generators
        shares[left] += 1
        shares[right] -= 1
    return shares


pair = st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] < p[1])


@given(pairs=st.lists(pair, max_size=60), seed=st.integers(0, 1000))
def test_every_generator_stands_left_as_often_as_right_to_within_one(pairs, seed):
    """Ungiven parity within each pair: what is left over is directed along Euler tours."""
    planned = comparisons(pairs, categories=("a", "b", "c"))
    swapped = first_orders(planned, random.Random(seed))
    assert all(abs(difference) <= 1 for difference in left_minus_right(planned, swapped).values())


@given(pairs=st.lists(pair, max_size=60), seed=st.integers(0, 1000))
def test_each_pair_is_balanced_to_one_overall_and_within_each_category(pairs, seed):
    planned = comparisons(pairs, categories=("a", "b"))
    swapped = first_orders(planned, random.Random(seed))
    for key in (lambda p: p.generators, lambda p: (p.generators, p.category)):
        total, turned = Counter(map(key, planned)), Counter()
        for comparison, is_swapped in zip(planned, swapped, strict=True):
            turned[key(comparison)] += is_swapped
        assert all(abs(2 * turned[group] - count) <= 1 for group, count in total.items())


def test_which_side_begins_is_random():
    starts = {tuple(first_orders(comparisons([(1, 2)]), random.Random(seed))) for seed in range(20)}
    assert starts == {(False,), (True,)}


@pytest.mark.parametrize(
    ("slots", "overlap", "swapped", "wanted"),
    [
        (2, 3, False, ["01", "10", "01"]),
        (2, 4, True, ["10", "01", "10", "01"]),
        (1, 2, True, ["0", "0"]),
    ],
)
def test_places_alternate_from_their_start(slots, overlap, swapped, wanted):
    assert place_orders(slots=slots, overlap=overlap, swapped=swapped) == wanted
