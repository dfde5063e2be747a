"""Who stands where: alternating within a comparison, balanced over pairs and over generators."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

from annotations.assignment import positions
from annotations.assignment.pairs import Planned

STRAIGHT, SWAPPED = "01", "10"


def first_orders(
    comparisons: Sequence[Planned],
    rng: random.Random,
    before: Mapping[tuple[int, ...], int] | None = None,
) -> list[bool]:
    """For each pairwise comparison, whether its first place is shown swapped.

    Within a pair of generators swaps alternate, category by category, so each category is balanced to one.
    What an odd number of comparisons leaves over is an edge between two generators; directing these edges
    along an Euler tour balances every generator's left share to one as well. Of a pair that was asked about
    `before` (straight minus swapped starts), an odd one evens out what was left over then.
    """
    before = before or {}
    by_pair: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, planned in enumerate(comparisons):
        by_pair[planned.generators].append(number)
    odd = [pair for pair, numbers in by_pair.items() if len(numbers) % 2 and not before.get(pair)]
    forwards = _tour([(pair[0], pair[1]) for pair in odd], rng)
    start = {pair: balance > 0 for pair, balance in before.items() if balance}
    start |= {pair: not forward for pair, forward in zip(odd, forwards, strict=True)}
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


def shown(
    comparisons: Sequence[Planned],
    *,
    overlaps: Sequence[int],
    rng: random.Random,
    before: Mapping[tuple[int, ...], int] | None = None,
) -> list[list[list[str]]]:
    """For each panel, by its overlap, and for each comparison: the orders of its places."""
    slots = len(comparisons[0].items) if comparisons else 1
    if slots > 2:
        return positions.shown(comparisons, overlaps=overlaps, rng=rng)
    swapped = first_orders(comparisons, rng, before) if slots == 2 else [False] * len(comparisons)
    found, served = [], 0
    for overlap in overlaps:
        # The next panel goes on alternating where this one stops, so that sides balance over both.
        odd = bool(served % 2)
        found.append([place_orders(slots=slots, overlap=overlap, swapped=first ^ odd) for first in swapped])
        served += overlap
    return found
