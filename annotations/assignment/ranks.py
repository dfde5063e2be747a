"""In which sequence places are served: rounds of overlap, categories and prompts interleaved."""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from annotations.assignment.pairs import Planned

T = TypeVar("T")
# Raters of a study of several blocks meet so many comparisons of one before the next comes.
RUN = 10


def rounds(
    blocks: Sequence[Sequence[Planned]], *, overlap: int, rng: random.Random
) -> Iterator[tuple[int, int, int]]:
    """(overlap index, block, comparison) in the order in which places are served.

    A round holds each comparison once. In it, runs of the blocks stand evenly mixed: whoever comes, and
    however long they stay, meets the blocks in proportion to what is asked in them.
    """
    for index in range(overlap):
        served = [serving_order(comparisons, rng) for comparisons in blocks]
        runs = [
            (block, order[start : start + RUN])
            for block, order in enumerate(served)
            for start in range(0, len(order), RUN)
        ]
        of_block = [block for block, _ in runs]
        for number in spread(range(len(runs)), of_block.__getitem__, rng, list):
            block, run = runs[number]
            yield from ((index, block, comparison) for comparison in run)


def serving_order(comparisons: Sequence[Planned], rng: random.Random) -> list[int]:
    """One round: indices of all comparisons, each category and each prompt spread over the whole round."""

    def by_prompt(numbers: Sequence[int]) -> list[int]:
        return spread(numbers, lambda number: comparisons[number].prompt, rng)

    return spread(range(len(comparisons)), lambda number: comparisons[number].category, rng, by_prompt)


def spread(
    numbers: Sequence[int],
    group: Callable[[int], Hashable],
    rng: random.Random,
    within: Callable[[Sequence[int]], list[int]] | None = None,
) -> list[int]:
    """Members of a group of n stand about 1/n of the way apart, from a random start."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number in numbers:
        groups[group(number)].append(number)
    placed: list[tuple[float, float, int]] = []
    for members in groups.values():
        ordered = within(members) if within else rng.sample(members, len(members))
        offset = rng.random()
        placed += [
            ((step + offset) / len(ordered), rng.random(), number) for step, number in enumerate(ordered)
        ]
    return [number for _, _, number in sorted(placed)]
