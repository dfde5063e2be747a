"""Orders of sets: each picture at each position equally often."""

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from annotations.assignment.pairs import Planned

# How often every place is looked at again, in the light of all others, while that still changes something.
SWEEPS = 3
# Outbids all that evens out generators.
WITHIN = 1e9
Counts = npt.NDArray[Any]


def shown(
    comparisons: Sequence[Planned], *, overlaps: Sequence[int], rng: random.Random
) -> list[list[list[str]]]:
    """For each panel, by its overlap, and for each comparison: the orders of its places.

    Each place is given the order that puts its pictures where they stood least often. Within a comparison
    every picture stands at each position equally often, to within one: there is always an order that keeps to
    it (a Latin rectangle can be extended). After that every generator is evened out over all comparisons, to
    within one wherever the sweeps get that far; chance decides between equals.
    """
    standing = _Standing(comparisons, rng)
    rounds = sum(overlaps)
    for sweep in range(1 + SWEEPS):
        moved = 0
        for index in range(rounds):
            for number in rng.sample(range(len(comparisons)), len(comparisons)):
                moved += standing.place(index, number)
        if sweep and not moved:
            break
    found, start = [], 0
    for overlap in overlaps:
        indices = range(start, start + overlap)
        found.append([[standing.order(i, number) for i in indices] for number in range(len(comparisons))])
        start += overlap
    return found


class _Standing:
    """Who stands where so far: within each comparison by slot, and over all by generator."""

    def __init__(self, comparisons: Sequence[Planned], rng: random.Random) -> None:
        size = len(comparisons[0].items)
        self._generators = [comparison.generators for comparison in comparisons]
        self._slots = np.arange(size)
        self._within = [np.zeros((size, size)) for _ in comparisons]
        self._stood: dict[int, Counts] = defaultdict(lambda: np.zeros(size))
        self._chosen: dict[tuple[int, int], Counts] = {}  # the position of each slot
        self._noise = np.random.default_rng(rng.getrandbits(63))

    def place(self, index: int, number: int) -> bool:
        """Give a place its order, or a better one if it has one. Whether anything changed."""
        old = self._chosen.get((index, number))
        if old is not None:
            self._count(number, old, -1)
        stood = np.array([self._stood[generator] for generator in self._generators[number]])
        cost = self._within[number] * WITHIN + stood
        # Counts are whole numbers, and the noise of all slots together stays below a half.
        best = linear_sum_assignment(cost + self._noise.random(cost.shape) / len(cost) / 2)[1]
        if old is not None and cost[self._slots, old].sum() <= cost[self._slots, best].sum():
            best = old
        self._count(number, best, 1)
        self._chosen[index, number] = best
        return best is not old

    def _count(self, number: int, positions: Counts, change: int) -> None:
        self._within[number][self._slots, positions] += change
        for generator, position in zip(self._generators[number], positions, strict=True):
            self._stood[generator][position] += change

    def order(self, index: int, number: int) -> str:
        """Slots in the order shown."""
        return "".join(map(str, np.argsort(self._chosen[index, number])))
