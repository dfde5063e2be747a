"""Which images meet: every pair of generators within each prompt, or a stated number of comparisons."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Item:
    """One image as planning sees it."""

    image: int
    generator: int
    seed: str = ""


@dataclass(frozen=True)
class PromptItems:
    prompt: int
    category: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Planned:
    """One comparison: its images in canonical order, which is the order of generator ids."""

    prompt: int
    category: str
    items: tuple[Item, ...]

    @property
    def generators(self) -> tuple[int, ...]:
        return tuple(item.generator for item in self.items)


def plan(
    prompts: Sequence[PromptItems], *, slots: int, per_prompt: int | None, rng: random.Random
) -> list[Planned]:
    """Comparisons of `slots` images (1: ratings, 2: pairs); `per_prompt` None means all of them."""
    if slots not in (1, 2):
        raise ValueError(f"comparisons of {slots} images have no plan here")
    candidates = {prompt.prompt: list(_candidates(prompt, slots)) for prompt in prompts}
    if per_prompt is None:
        return [planned for prompt in prompts for planned in candidates[prompt.prompt]]
    return _balanced(prompts, candidates, per_prompt, rng)


def _candidates(prompt: PromptItems, slots: int) -> Iterator[Planned]:
    by_generator: dict[int, list[Item]] = defaultdict(list)
    for item in sorted(prompt.items, key=lambda item: (item.generator, item.seed, item.image)):
        by_generator[item.generator].append(item)
    if slots == 1:
        for items in by_generator.values():
            for item in items:
                yield Planned(prompt.prompt, prompt.category, (item,))
        return
    for left, right in combinations(sorted(by_generator), 2):
        mine, theirs = by_generator[left], by_generator[right]
        # Several seeds: the first meets the first, and so on; the shorter list begins again.
        for number in range(max(len(mine), len(theirs))):
            pair = (mine[number % len(mine)], theirs[number % len(theirs)])
            yield Planned(prompt.prompt, prompt.category, pair)


def _balanced(
    prompts: Sequence[PromptItems],
    candidates: Mapping[int, list[Planned]],
    per_prompt: int,
    rng: random.Random,
) -> list[Planned]:
    """Takes what has been taken least so far: first the same generators within the category, then over all
    categories, then the single generators. Chance decides between equals."""
    in_category: dict[tuple[str, tuple[int, ...]], int] = defaultdict(int)
    overall: dict[tuple[int, ...], int] = defaultdict(int)
    single: dict[int, int] = defaultdict(int)
    chosen: list[Planned] = []
    for prompt in rng.sample(list(prompts), len(prompts)):
        left = [(rng.random(), planned) for planned in candidates[prompt.prompt]]
        for _ in range(min(per_prompt, len(left))):
            best = min(
                left,
                key=lambda entry: (
                    in_category[entry[1].category, entry[1].generators],
                    overall[entry[1].generators],
                    sum(single[generator] for generator in entry[1].generators),
                    entry[0],
                ),
            )
            left.remove(best)
            planned = best[1]
            in_category[planned.category, planned.generators] += 1
            overall[planned.generators] += 1
            for generator in planned.generators:
                single[generator] += 1
            chosen.append(planned)
    position = {prompt.prompt: number for number, prompt in enumerate(prompts)}
    return sorted(chosen, key=lambda planned: (position[planned.prompt], planned.generators))


def groups(comparisons: Iterable[Planned]) -> list[set[int]]:
    """Generators that comparisons connect, largest group first; one group means one ranking."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    for planned in comparisons:
        first = root(planned.items[0].generator)
        for item in planned.items[1:]:
            parent[root(item.generator)] = first
    found: dict[int, set[int]] = defaultdict(set)
    for node in list(parent):
        found[root(node)].add(node)
    return sorted(found.values(), key=lambda group: (-len(group), min(group)))
