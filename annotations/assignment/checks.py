"""Attention checks: when they come, on which side the right answer stands, what passes."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

# No rater answers more; one who should gets regular comparisons in place of further checks.
MOST_CHECKS = 400


def first_check(*, every: int, within: int, rng: random.Random) -> int | None:
    """Sequence number of a rater's first check: from the second to the `within`-th assignment."""
    if every == 0:
        return None
    return rng.randint(min(2, within), within)


def next_check(*, after: int, every: int, rng: random.Random) -> int:
    """The next one: a gap of `every` on average and of two at the least, so never two in a row."""
    low = max(2, every // 2)
    return after + rng.randint(low, max(low, 2 * every - low))


def checks_needed(*, comparisons: int, cap: int | None, every: int, within: int) -> int:
    """How many a rater can meet at most, so that none has to be shown twice."""
    if every < 2 or comparisons == 0:
        return 0
    shortest = max(2, every // 2)
    regular = comparisons if cap is None else min(comparisons, cap)
    # A gap holds every - 1 regular ones on average; the margin of five deviations is for raters whose gaps
    # fall short.
    typical = regular / (every - 1)
    deviation = math.sqrt(typical) * 2 * (every - shortest) / math.sqrt(12) / (every - 1)
    return min(MOST_CHECKS, math.ceil(typical + 5 * deviation) + 1, regular // max(1, shortest - 1) + 1)


def expected_pair(slot: int) -> dict[str, Any]:
    return {"slot": slot}


def expected_ratings(ranges: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    return {"ratings": {key: list(bounds) for key, bounds in ranges.items()}}


def passes(*, expected: Mapping[str, Any], order: str, answer: Mapping[str, Any]) -> bool:
    """Whether an answer, given as shown, is the expected one."""
    if "slot" in expected:
        shown = {"left": 0, "right": len(order) - 1}.get(str(answer.get("overall")))
        return shown is not None and int(order[shown]) == expected["slot"]
    return all(low <= answer.get(key, -1) <= high for key, (low, high) in expected["ratings"].items())


def order_for(*, slot: int | None, earlier: Sequence[tuple[int, str]], rng: random.Random) -> str:
    """The shown order of a rater's next check: the right answer changes sides evenly, starting at random.

    `earlier` lists (right slot, order) of the checks this rater has had.
    """
    if slot is None:
        return "0"
    on_left = sum(order[0] == str(right) for right, order in earlier)
    on_right = len(earlier) - on_left
    left = rng.random() < 0.5 if on_left == on_right else on_left < on_right
    return f"{slot}{1 - slot}" if left else f"{1 - slot}{slot}"
