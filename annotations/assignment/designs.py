"""Which images meet: the comparisons of one block, by its design.

Full round-robin: every pair of generators within each prompt (sets: as many as let every pair meet).
Balanced: a stated number per prompt, each pair equally often within each category. Linked to a baseline: only
comparisons with the baseline. Random: drawn at random, within quotas. Each is connected whenever its prompts
allow it: where the plain choice leaves generators apart, comparisons that join them are taken first.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from annotations.assignment import ranks, sets
from annotations.assignment.balance import Pair, Quotas, Tally
from annotations.assignment.pairs import Item, Planned, PromptItems, Union, candidates

ROUND_ROBIN, BALANCED, BASELINE = "round_robin", "balanced", "baseline"
RANDOM, ADAPTIVE = "random", "adaptive"


@dataclass(frozen=True)
class Spec:
    """What one block asks for. `slots` images a comparison; `per_prompt` None: as many as there are."""

    slots: int
    design: str = ROUND_ROBIN
    per_prompt: int | None = None
    baseline: int | None = None
    quotas: Quotas = field(default_factory=Quotas)
    known: frozenset[frozenset[int]] = frozenset()  # sets of images whose answer is known: never asked
    most: int | None = None  # comparisons in all

    @property
    def exhaustive(self) -> bool:
        return self.per_prompt is None and self.most is None and not self.quotas


def plan(
    prompts: Sequence[PromptItems], spec: Spec, rng: random.Random, tick: Callable[[], None] = lambda: None
) -> list[Planned]:
    """The comparisons, prompt by prompt in the order given. `tick` is called every now and then: large plans
    take minutes."""
    if spec.exhaustive and spec.slots <= 2:
        return [planned for prompt in prompts for planned in open_to(prompt, spec)]
    return in_order(prompts, _connected(prompts, spec, rng, tick))


def in_order(prompts: Sequence[PromptItems], chosen: Iterable[Planned]) -> list[Planned]:
    position = {prompt.prompt: number for number, prompt in enumerate(prompts)}
    return sorted(chosen, key=lambda planned: (position[planned.prompt], planned.generators))


def open_to(prompt: PromptItems, spec: Spec) -> Iterator[Planned]:
    """Every comparison of one or two images that the design may take of a prompt."""
    for planned in candidates(prompt, spec.slots):
        with_baseline = spec.baseline is None or spec.baseline in planned.generators
        if with_baseline and planned.images not in spec.known:
            yield planned


def _connected(
    prompts: Sequence[PromptItems], spec: Spec, rng: random.Random, tick: Callable[[], None]
) -> list[Planned]:
    # Categories take turns, so that wherever it ends no category is behind.
    turns = ranks.spread(range(len(prompts)), lambda number: prompts[number].category, rng)
    shuffled = [prompts[number] for number in turns]
    chosen = _fill(shuffled, spec, rng, [], tick)
    if spec.slots == 1 or _parts(prompts, chosen) == 1:
        return chosen
    joining = skeleton(shuffled, spec, rng)
    again = _fill(shuffled, spec, rng, joining, tick)
    return again if _parts(prompts, again) < _parts(prompts, chosen) else chosen


def _parts(prompts: Sequence[PromptItems], chosen: Iterable[Planned]) -> int:
    union = Union(item.generator for prompt in prompts for item in prompt.items)
    for planned in chosen:
        union.join(planned.generators)
    return union.parts


def _fill(
    prompts: Sequence[PromptItems],
    spec: Spec,
    rng: random.Random,
    first: Sequence[Planned],
    tick: Callable[[], None],
) -> list[Planned]:
    """One comparison of each prompt in turn, until each has its number or nothing may be taken any more."""
    tally, chosen = Tally(), list(first)
    taken: dict[int, list[Planned]] = defaultdict(list)
    for joining in first:
        tally.take(joining)
        taken[joining.prompt].append(joining)
    sources = [source(prompt, spec, tally, rng, taken[prompt.prompt]) for prompt in prompts]
    while sources:
        left = []
        for number, supply in enumerate(sources):
            if number % 100 == 0:
                tick()
            if spec.most is not None and len(chosen) >= spec.most:
                return chosen
            if (planned := supply()) is not None:
                tally.take(planned)
                chosen.append(planned)
                left.append(supply)
        sources = left
    return chosen


Supply = Callable[[], Planned | None]


def source(
    prompt: PromptItems, spec: Spec, tally: Tally, rng: random.Random, taken: Sequence[Planned] = ()
) -> Supply:
    """Gives the prompt's next comparison at each call, None once it has its number or nothing is left."""
    taken = list(taken)
    choose = _of_pairs(prompt, spec, tally, rng, taken) if spec.slots <= 2 else _of_sets(
        prompt, spec, tally, rng, taken
    )  # fmt: skip

    def supply() -> Planned | None:
        if spec.per_prompt is not None and len(taken) >= spec.per_prompt:
            return None
        planned = choose()
        if planned is not None:
            taken.append(planned)
        return planned

    return supply


def _of_pairs(
    prompt: PromptItems, spec: Spec, tally: Tally, rng: random.Random, taken: Sequence[Planned]
) -> Supply:
    left = [planned for planned in open_to(prompt, spec) if planned not in taken]
    rng.shuffle(left)

    def choose() -> Planned | None:
        free = left
        if spec.quotas:
            free = [p for p in left if tally.allows(p.category, p.generators, spec.quotas)]
        if not free:
            return None
        if spec.design == RANDOM:
            best = free[0]
        else:
            best = min(free, key=lambda planned: tally.key(planned.category, planned.generators))
        left.remove(best)
        return best

    return choose


def _of_sets(
    prompt: PromptItems, spec: Spec, tally: Tally, rng: random.Random, taken: Sequence[Planned]
) -> Supply:
    by_generator = prompt.by_generator()
    fixed = () if spec.baseline is None else (spec.baseline,)
    if len(by_generator) < spec.slots or any(generator not in by_generator for generator in fixed):
        return lambda: None
    choice = sets.Choice(list(by_generator), spec.slots, prompt.category, fixed, spec.quotas)
    gone = {planned.generators for planned in taken}
    to_meet = _to_meet(by_generator, spec)
    for planned in taken:
        to_meet -= set(combinations(planned.generators, 2))
    used: dict[int, int] = defaultdict(int)

    def choose() -> Planned | None:
        while spec.per_prompt is not None or spec.quotas or to_meet:
            if spec.design == RANDOM:
                members = sets.any_of(choice, tally=tally, rng=rng, taken=gone)
            else:
                wanted = to_meet if spec.exhaustive else ()
                members = sets.best(choice, tally=tally, rng=rng, taken=gone, fresh=wanted)
            if members is None:
                return None
            gone.add(members)
            to_meet.difference_update(combinations(members, 2))
            planned = Planned(prompt.prompt, prompt.category, _images(by_generator, members, used))
            if planned.images not in spec.known:
                return planned
        return None

    return choose


def _to_meet(by_generator: dict[int, list[Item]], spec: Spec) -> set[Pair]:
    return {pair for pair in combinations(by_generator, 2) if spec.baseline is None or spec.baseline in pair}


def _images(
    by_generator: dict[int, list[Item]], members: Sequence[int], used: dict[int, int]
) -> tuple[Item, ...]:
    """Of a generator with several seeds, each time the next."""
    found = []
    for generator in members:
        items = by_generator[generator]
        found.append(items[used[generator] % len(items)])
        used[generator] += 1
    return tuple(found)


def skeleton(prompts: Sequence[PromptItems], spec: Spec, rng: random.Random) -> list[Planned]:
    """Comparisons that join what is apart, as few as it takes."""
    union = Union(item.generator for prompt in prompts for item in prompt.items)
    tally, chosen = Tally(), []
    for prompt in prompts:
        taken = 0
        while union.parts > 1 and (spec.per_prompt is None or taken < spec.per_prompt):
            planned = _joining(prompt, spec, union, rng)
            if planned is None or not tally.allows(planned.category, planned.generators, spec.quotas):
                break
            union.join(planned.generators)
            tally.take(planned)
            chosen.append(planned)
            taken += 1
        if union.parts == 1:
            break
    return chosen


def _joining(prompt: PromptItems, spec: Spec, union: Union, rng: random.Random) -> Planned | None:
    """A comparison of this prompt whose generators are as far apart as it has them."""
    if spec.slots == 2:
        apart = (
            planned
            for planned in open_to(prompt, spec)
            if union.root(planned.items[0].generator) != union.root(planned.items[1].generator)
        )
        return next(apart, None)
    by_generator = prompt.by_generator()
    if len(by_generator) < spec.slots or (spec.baseline is not None and spec.baseline not in by_generator):
        return None
    first = [spec.baseline] if spec.baseline is not None else []
    members, roots = list(first), {union.root(generator) for generator in first}
    others = rng.sample([g for g in by_generator if g not in first], len(by_generator) - len(first))
    for fresh_only in (True, False):
        for generator in others:
            if len(members) < spec.slots and generator not in members:
                if fresh_only and union.root(generator) in roots:
                    continue
                members.append(generator)
                roots.add(union.root(generator))
    if len(roots) < 2:
        return None
    planned = Planned(
        prompt.prompt, prompt.category, _images(by_generator, sorted(members), defaultdict(int))
    )
    return None if planned.images in spec.known else planned
