"""Adaptive designs: every pair of generators may be asked about, and batches open those that teach most.

The first batch is balanced and connects all generators. Each later one is drawn by
`arena.analytics.adaptive.choose_pairs` from the votes so far: pairs that are expected to lower the total
variance, at random, with a known chance for each, so that the order of opening can be redone and audited.
Which prompt a drawn pair is asked about is balanced: the category that is furthest behind its quota first.
"""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from annotations.assignment import designs
from annotations.assignment.balance import Quotas
from annotations.assignment.designs import BALANCED, Spec
from annotations.assignment.pairs import Planned, PromptItems
from arena.analytics.adaptive import Knowledge, PairBatch, choose_pairs

FIRST_SHARE, STEP_SHARE = 0.25, 0.1
# The next batch opens when so many of the last one's places are filled: raters meanwhile have the rest.
FILLED_SHARE = 0.8


@dataclass(frozen=True)
class Size:
    """Comparisons to be opened in all, in the first batch, and in each later one."""

    budget: int
    first: int
    step: int


@dataclass(frozen=True)
class Drawn:
    """A batch: places in the list of candidates, and how they were chosen."""

    chosen: list[int]
    # Generators, drawn, chance of being drawn first, expected drop of variance; None: drawn evenly.
    pairs: list[tuple[int, int, int, float | None, float | None]]
    variance_before: float | None = None
    variance_after: float | None = None

    @property
    def evidence(self) -> dict[str, Any]:
        return {"variance_before": self.variance_before, "variance_after": self.variance_after}


def rooms(candidates: Sequence[Planned], spec: Spec) -> dict[str, int]:
    """Comparisons that each category may have opened, by its quota or by the number per prompt."""
    available = Counter(planned.category for planned in candidates)
    with_pairs: dict[str, set[int]] = {}
    for planned in candidates:
        with_pairs.setdefault(planned.category, set()).add(planned.prompt)
    found = {}
    for category, count in available.items():
        limits = [count]
        if spec.per_prompt is not None:
            limits.append(spec.per_prompt * len(with_pairs[category]))
        if (quota := spec.quotas.of_category(category)) is not None:
            limits.append(quota)
        found[category] = min(limits)
    return found


def size(candidates: Sequence[Planned], spec: Spec) -> Size:
    budget = sum(rooms(candidates, spec).values())
    if spec.quotas.pair is not None:
        per_pair = Counter(planned.generators for planned in candidates)
        budget = min(budget, sum(min(count, spec.quotas.pair) for count in per_pair.values()))
    generators = {generator for planned in candidates for generator in planned.generators}
    first = min(budget, max(math.ceil(FIRST_SHARE * budget), 2 * len(generators)))
    return Size(budget, first, max(1, math.ceil(STEP_SHARE * budget)))


def first_batch(
    prompts: Sequence[PromptItems], candidates: Sequence[Planned], spec: Spec, rng: random.Random
) -> Drawn:
    """Balanced over pairs within categories, and connected."""
    wanted = size(candidates, spec).first
    quotas = Quotas(category=rooms(candidates, spec), pair=spec.quotas.pair)
    balanced = replace(spec, design=BALANCED, per_prompt=None, most=wanted, quotas=quotas)
    number = {(planned.prompt, planned.items): at for at, planned in enumerate(candidates)}
    chosen = sorted(number[planned.prompt, planned.items] for planned in designs.plan(prompts, balanced, rng))
    drawn = Counter(candidates[at].generators for at in chosen)
    return Drawn(chosen, [(a, b, count, None, None) for (a, b), count in sorted(drawn.items())])


def next_batch(
    candidates: Sequence[Planned],
    opened: Sequence[Planned],
    *,
    spec: Spec,
    wins: Mapping[tuple[int, int], float],
    ties: Mapping[tuple[int, int], float],
    seed: str,
) -> Drawn:
    """Which of the `candidates` that are not yet open come next. `wins[a, b]`: votes for a over b, `ties` in
    either order. Nothing is chosen when the budget is used up."""
    room = rooms([*candidates, *opened], spec)
    room_left = {name: most - sum(p.category == name for p in opened) for name, most in room.items()}
    wanted = size([*candidates, *opened], spec)
    amount = min(wanted.step, wanted.budget - len(opened))
    generators = sorted({generator for p in (*candidates, *opened) for generator in p.generators})
    index = {generator: at for at, generator in enumerate(generators)}
    by_pair = _by_pair(candidates, room_left)
    stock = np.zeros((len(generators), len(generators)))
    asked = Counter(planned.generators for planned in opened)
    for (a, b), found in by_pair.items():
        left = len(found) if spec.quotas.pair is None else min(len(found), spec.quotas.pair - asked[a, b])
        stock[index[a], index[b]] = stock[index[b], index[a]] = max(0, left)
    if amount <= 0 or not stock.any():
        return Drawn([], [])
    rng = random.Random(seed)
    batch = choose_pairs(
        Knowledge.from_counts(_matrix(wins, index), _matrix(ties, index)),
        stock,
        amount,
        np.random.default_rng(rng.getrandbits(128)),
    )
    return _take(batch, generators, candidates, opened, by_pair, room_left, rng)


def _by_pair(candidates: Sequence[Planned], room: Mapping[str, int]) -> dict[tuple[int, ...], list[int]]:
    found: dict[tuple[int, ...], list[int]] = {}
    for at, planned in enumerate(candidates):
        if room[planned.category] > 0:
            found.setdefault(planned.generators, []).append(at)
    return found


def _matrix(counts: Mapping[tuple[int, int], float], index: Mapping[int, int]) -> Any:
    total = np.zeros((len(index), len(index)))
    for (a, b), count in counts.items():
        total[index[a], index[b]] += count
    return total


def _take(
    batch: PairBatch,
    generators: Sequence[int],
    candidates: Sequence[Planned],
    opened: Sequence[Planned],
    by_pair: Mapping[tuple[int, ...], list[int]],
    room: dict[str, int],
    rng: random.Random,
) -> Drawn:
    """Comparisons for the drawn pairs: of the category with most room, of the prompt asked least."""
    asked = Counter(planned.prompt for planned in opened)
    chosen: list[int] = []
    pairs: list[tuple[int, int, int, float | None, float | None]] = []
    for a, b, count, chance, drop in zip(
        batch.first, batch.second, batch.count, batch.chance, batch.drop, strict=True
    ):
        pair = (generators[int(a)], generators[int(b)])
        free = rng.sample(by_pair[pair], len(by_pair[pair]))
        taken = 0
        while taken < int(count) and (open_ := [at for at in free if room[candidates[at].category] > 0]):
            best = min(open_, key=lambda at: (-room[candidates[at].category], asked[candidates[at].prompt]))
            free.remove(best)
            chosen.append(best)
            room[candidates[best].category] -= 1
            asked[candidates[best].prompt] += 1
            taken += 1
        pairs.append((*pair, taken, float(chance), float(drop)))
    return Drawn(sorted(chosen), pairs, batch.variance_before, batch.variance_after)
