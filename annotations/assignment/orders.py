"""Who stands on which side: alternating within a comparison, balanced over pairs and over generators."""

import random
from collections import defaultdict
from collections.abc import Sequence

from annotations.assignment.pairs import Planned

STRAIGHT, SWAPPED = "01", "10"


def first_orders(comparisons: Sequence[Planned], rng: random.Random) -> list[bool]:
    """For each pairwise comparison, whether its first place is shown swapped.

    Within a pair of generators swaps alternate, category by category, so each category is balanced to one.
    What an odd number of comparisons leaves over is an edge between two generators; directing these edges
    along an Euler tour balances every generator's left share to one as well.
    """
    by_pair: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, planned in enumerate(comparisons):
        by_pair[planned.generators].append(number)
    odd = [pair for pair, numbers in by_pair.items() if len(numbers) % 2 and len(pair) == 2]
    forwards = _tour([(pair[0], pair[1]) for pair in odd], rng)
    start = {pair: not forward for pair, forward in zip(odd, forwards, strict=True)}
    swapped = [False] * len(comparisons)
    for pair, numbers in by_pair.items():
        shuffled = sorted(numbers, key=lambda number: (comparisons[number].category, rng.random()))
        first = start[pair] if pair in start else rng.random() < 0.5
        for step, number in enumerate(shuffled):
            swapped[number] = first ^ bool(step % 2)
    return swapped


def _tour(edges: Sequence[tuple[int, int]], rng: random.Random) -> list[bool]:
    """Direct each edge (True: as given) so that in- and out-degrees differ by at most one everywhere."""
    ends: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
    total = list(edges)
    degree: dict[int, int] = defaultdict(int)
    for a, b in edges:
        degree[a] += 1
        degree[b] += 1
    # A node of odd degree gets an edge to a helper node; then every node has an even one and tours close.
    helper = -1
    total += [(node, helper) for node, count in sorted(degree.items()) if count % 2]
    for number, (a, b) in enumerate(total):
        ends[a].append((number, b, True))
        ends[b].append((number, a, False))
    for links in ends.values():
        rng.shuffle(links)
    used = [False] * len(total)
    forward = [True] * len(total)
    for start in sorted(ends):
        node = start
        while True:
            while ends[node] and used[ends[node][-1][0]]:
                ends[node].pop()
            if not ends[node]:
                break
            number, other, direction = ends[node].pop()
            used[number], forward[number] = True, direction
            node = other
    return forward[: len(edges)]


def place_orders(*, slots: int, overlap: int, swapped: bool) -> list[str]:
    """The shown orders of a comparison's places, alternating from the first."""
    if slots == 1:
        return ["0"] * overlap
    pair = (SWAPPED, STRAIGHT) if swapped else (STRAIGHT, SWAPPED)
    return [pair[index % 2] for index in range(overlap)]
