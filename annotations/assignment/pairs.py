"""What planning works with: images of a prompt, comparisons, and which generators they connect."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Item:
    """One image as planning sees it."""

    image: int
    generator: int
    seed: str = ""


@dataclass(frozen=True, slots=True)
class PromptItems:
    prompt: int
    category: str
    items: tuple[Item, ...]

    def by_generator(self) -> dict[int, list[Item]]:
        """In the order of generator ids, each generator's images in the order of their seeds."""
        found: dict[int, list[Item]] = defaultdict(list)
        for item in sorted(self.items, key=lambda item: (item.generator, item.seed, item.image)):
            found[item.generator].append(item)
        return dict(found)


@dataclass(frozen=True, slots=True)
class Planned:
    """One comparison: its images in canonical order, which is the order of generator ids."""

    prompt: int
    category: str
    items: tuple[Item, ...]

    @property
    def generators(self) -> tuple[int, ...]:
        return tuple(item.generator for item in self.items)

    @property
    def images(self) -> frozenset[int]:
        return frozenset(item.image for item in self.items)


def candidates(prompt: PromptItems, slots: int) -> Iterator[Planned]:
    """Every comparison of one or two images that a prompt has to offer."""
    by_generator = prompt.by_generator()
    if slots == 1:
        for items in by_generator.values():
            for item in items:
                yield Planned(prompt.prompt, prompt.category, (item,))
        return
    if slots != 2:
        raise ValueError(f"sets of {slots} images are chosen, not listed: see sets.py")
    for left, right in combinations(by_generator, 2):
        mine, theirs = by_generator[left], by_generator[right]
        # Several seeds: the first meets the first, and so on; the shorter list begins again.
        for number in range(max(len(mine), len(theirs))):
            pair = (mine[number % len(mine)], theirs[number % len(theirs)])
            yield Planned(prompt.prompt, prompt.category, pair)


def groups(sets: Iterable[Iterable[int]]) -> list[set[int]]:
    """Generators that these sets of generators connect, largest group first; one group means one ranking."""
    union = Union()
    for generators in sets:
        union.join(generators)
    return union.groups()


class Union:
    """Generators joined so far."""

    def __init__(self, alone: Iterable[int] = ()) -> None:
        self._parent: dict[int, int] = {node: node for node in alone}
        self.parts = len(self._parent)

    def root(self, node: int) -> int:
        parent = self._parent
        if node not in parent:
            parent[node] = node
            self.parts += 1
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    def join(self, generators: Iterable[int]) -> None:
        roots = {self.root(generator) for generator in generators}
        if roots:
            first = roots.pop()
            for other in roots:
                self._parent[other] = first
                self.parts -= 1

    def groups(self) -> list[set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for node in list(self._parent):
            found[self.root(node)].add(node)
        return sorted(found.values(), key=lambda group: (-len(group), min(group)))
