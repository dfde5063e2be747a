"""Which of the free places a rater gets."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from annotations.assignment.orders import STRAIGHT, SWAPPED


@dataclass(frozen=True)
class FreePlace:
    pk: int
    comparison: int
    prompt: int
    order: str


def choose(
    free: Sequence[FreePlace], *, wanted: int, balance: int, recent: Collection[int], rng: random.Random
) -> list[FreePlace]:
    """Up to `wanted` places out of those first in rank, best first.

    Each choice prefers a prompt that the rater has not just seen, then the side order that evens out the
    rater's `balance` (straight minus swapped so far). Chance decides between equals, so that raters who come
    at the same moment do not reach for the same place. No comparison comes twice.
    """
    left = rng.sample(list(free), len(free))
    avoid = set(recent)
    chosen: list[FreePlace] = []
    while left and len(chosen) < wanted:
        first = balance or rng.choice((1, -1))
        best = min(left, key=lambda place: (place.prompt in avoid, order_sign(place.order) * first > 0))
        chosen.append(best)
        avoid.add(best.prompt)
        balance += order_sign(best.order)
        left = [place for place in left if place.comparison != best.comparison]
    return chosen


def order_sign(order: str) -> int:
    return {STRAIGHT: 1, SWAPPED: -1}.get(order, 0)
