from collections import Counter
from itertools import pairwise

import pytest

from annotations.assignment.criteria import balanced_order


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7])
def test_positions_and_neighbours_of_criteria_balance_over_raters(count):
    raters = count if count % 2 == 0 else 2 * count
    rows = [balanced_order(range(count), arrival) for arrival in range(raters)]
    assert all(sorted(row) == list(range(count)) for row in rows)
    at = Counter((position, criterion) for row in rows for position, criterion in enumerate(row))
    after = Counter(pair for row in rows for pair in pairwise(row))
    assert set(at.values()) == {raters // count}
    assert len(after) == count * (count - 1)
    assert len(set(after.values())) == 1
    assert balanced_order(range(count), raters + 1) == rows[1]


def test_a_single_criterion_has_one_order():
    assert balanced_order(["overall"], 7) == ["overall"]
    assert balanced_order([], 3) == []
