"""How often generators have met so far, and what a designer allows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from annotations.assignment.pairs import Planned

Pair = tuple[int, int]


@dataclass(frozen=True)
class Quotas:
    """At most so many comparisons of a category, and of a pair of generators; None: no limit."""

    category: Mapping[str, int] | int | None = None
    pair: int | None = None

    def of_category(self, name: str) -> int | None:
        return self.category.get(name) if isinstance(self.category, Mapping) else self.category

    def __bool__(self) -> bool:
        return self.category is not None or self.pair is not None


class Tally:
    """Counts that a balanced choice evens out: first of pairs within the category, then of pairs over all
    categories, then of single generators."""

    def __init__(self) -> None:
        self.in_category: Counter[tuple[str, Pair]] = Counter()
        self.overall: Counter[Pair] = Counter()
        self.alone_in_category: Counter[tuple[str, int]] = Counter()
        self.alone: Counter[int] = Counter()
        self.category: Counter[str] = Counter()

    def take(self, planned: Planned) -> None:
        category, generators = planned.category, planned.generators
        self.category[category] += 1
        for generator in generators:
            self.alone[generator] += 1
            self.alone_in_category[category, generator] += 1
        for pair in combinations(generators, 2):
            self.overall[pair] += 1
            self.in_category[category, pair] += 1

    def key(self, category: str, generators: Sequence[int]) -> tuple[int, int, int]:
        """The smaller, the less has been asked about these together. `generators` in ascending order."""
        alone = sum(self.alone[generator] for generator in generators)
        if len(generators) == 1:
            return self.alone_in_category[category, generators[0]], 0, alone
        pairs = list(combinations(generators, 2))
        inside = sum(self.in_category[category, pair] for pair in pairs)
        return inside, sum(self.overall[pair] for pair in pairs), alone

    def allows(self, category: str, generators: Sequence[int], quotas: Quotas) -> bool:
        most = quotas.of_category(category)
        if most is not None and self.category[category] >= most:
            return False
        if quotas.pair is None:
            return True
        return all(self.overall[pair] < quotas.pair for pair in combinations(generators, 2))
