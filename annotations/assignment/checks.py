"""Attention checks: when they come, and where the picture stands that they are about."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

# No rater answers more; one who should gets regular comparisons in place of further checks.
MOST_CHECKS = 400


def first_check(*, every: int, within: int, rng: random.Random) -> int | None:
    """Sequence number of a rater's first check: from the second to the `within`-th assignment.

    Drawn as if the session were cut out of one that has gone on for ever: then every number from the second
    on is a check equally often, and says nothing. The less `within` lets through of that, the more checks
    gather among the first numbers.
    """
    if every == 0:
        return None
    low, high = _gaps(every)
    if within < 2:
        return within
    gaps = range(1, min(within - 1, high) + 1)
    # How many of the gaps are this long or longer: the chance that one which is under way lasts so long.
    return 1 + rng.choices(gaps, [high + 1 - max(gap, low) for gap in gaps])[0]


def next_check(*, after: int, every: int, rng: random.Random) -> int:
    """The next one: a gap of `every` on average and of two at the least, so never two in a row. That there
    was one lately, or none for long, tells hardly more than that."""
    return after + rng.randint(*_gaps(every))


def _gaps(every: int) -> tuple[int, int]:
    return 2, max(2, 2 * every - 2)


def checks_needed(*, comparisons: int, cap: int | None, every: int, within: int) -> int:
    """How many a rater can meet at most, so that none has to be shown twice."""
    if every < 2 or comparisons == 0:
        return 0
    shortest, _ = _gaps(every)
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


def order_for(*, slots: int, right: int | None, stood: Sequence[int], rng: random.Random) -> str:
    """The shown order of a rater's next check: the slot that matters stands where it has stood least often.

    `right` is that slot, None where no slot matters; `stood` are its positions in this rater's checks so far.
    """
    others = rng.sample([slot for slot in range(slots) if slot != right], slots - (right is not None))
    if right is not None:
        counts = [stood.count(position) for position in range(slots)]
        least = [position for position, count in enumerate(counts) if count == min(counts)]
        others.insert(rng.choice(least), right)
    return "".join(map(str, others))


def slot_that_matters(expected: Mapping[str, Any]) -> int | None:
    """Of a known answer, the slot that it is about."""
    for name in ("slot", "best", "worst"):
        if name in expected:
            return int(expected[name])
    return None
