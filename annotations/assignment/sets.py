"""Sets of three to nine generators: chosen so that generators, and pairs of them, meet equally often."""

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

from annotations.assignment.balance import Pair, Quotas, Tally

# So many subsets are all looked at; of more, one is grown member by member and then improved.
FEW = 130
TRIES = 200
Members = tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """What sets may be had of one prompt. `fixed` generators are in each; `taken` ones are not had again."""

    generators: Sequence[int]
    size: int
    category: str
    fixed: Members = ()
    quotas: Quotas = Quotas()  # noqa: RUF009 - frozen

    @property
    def free(self) -> list[int]:
        return [generator for generator in self.generators if generator not in self.fixed]

    @property
    def missing(self) -> int:
        return self.size - len(self.fixed)

    def count(self) -> int:
        return comb(len(self.free), self.missing) if self.missing >= 0 else 0

    def every(self) -> Iterator[Members]:
        for chosen in combinations(self.free, self.missing):
            yield tuple(sorted((*self.fixed, *chosen)))


def best(
    choice: Choice,
    *,
    tally: Tally,
    rng: random.Random,
    taken: Collection[Members],
    fresh: Collection[Pair] = (),
) -> Members | None:
    """The set with the most `fresh` pairs (those that are still to meet), then the least met; chance decides
    between equals. None when nothing is left."""

    def cost(members: Iterable[int]) -> Members:
        ordered = sorted(members)
        new = sum(pair in fresh for pair in combinations(ordered, 2)) if fresh else 0
        return (-new, *tally.key(choice.category, ordered))

    def allowed(members: Members) -> bool:
        return members not in taken and tally.allows(choice.category, members, choice.quotas)

    if choice.count() > FEW:
        grown = _grow(choice, cost, rng)
        return grown if allowed(grown) else any_of(choice, tally=tally, rng=rng, taken=taken)
    left = [members for members in choice.every() if allowed(members)]
    return min(left, key=lambda members: (cost(members), rng.random()), default=None)


def any_of(choice: Choice, *, tally: Tally, rng: random.Random, taken: Collection[Members]) -> Members | None:
    """A set drawn at random; None when nothing is left, or nothing was found among many draws."""

    def draw() -> Members:
        return tuple(sorted((*choice.fixed, *rng.sample(choice.free, choice.missing))))

    if choice.count() <= FEW:
        listed = list(choice.every())
        drawn: Iterator[Members] = iter(rng.sample(listed, len(listed)))
    else:
        drawn = islice(iter(draw, None), TRIES)
    for members in drawn:
        if members not in taken and tally.allows(choice.category, members, choice.quotas):
            return members
    return None


def _grow(choice: Choice, cost: Callable[[Iterable[int]], Members], rng: random.Random) -> Members:
    """Start with the least met pair, add whoever has met the members least, then exchange what improves."""
    free = rng.sample(choice.free, len(choice.free))
    pairs: list[Members] = list(combinations(free, 2))
    members = list(choice.fixed) or list(min(pairs, key=cost))
    while len(members) < choice.size:
        members.append(min((g for g in free if g not in members), key=lambda g: cost([*members, g])))
    now = cost(members)
    for place in range(len(choice.fixed), choice.size):
        for other in free:
            if other in members:
                continue
            changed = [*members[:place], other, *members[place + 1 :]]
            if (found := cost(changed)) < now:
                members, now = changed, found
    return tuple(sorted(members))
