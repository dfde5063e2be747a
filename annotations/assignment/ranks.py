"""In which sequence places are served: rounds of overlap, categories and prompts interleaved."""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from annotations.assignment.pairs import Planned

T = TypeVar("T")


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
