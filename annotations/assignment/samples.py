"""Failure review: so many images of each generator, spread evenly over categories."""

import random
from collections import defaultdict
from collections.abc import Sequence

from annotations.assignment.pairs import Item, Planned, PromptItems


def draw(
    prompts: Sequence[PromptItems],
    *,
    per_generator: int,
    rng: random.Random,
    known: frozenset[frozenset[int]] = frozenset(),
) -> list[Planned]:
    """Each generator's images, one category after the other in turn; all of them where there are fewer.

    Categories and their prompts come in the same random order for every generator, so that generators are
    reviewed on the same prompts as far as they have images there. Further seeds come last.
    """
    shuffled = rng.sample(list(prompts), len(prompts))

    names = sorted({prompt.category for prompt in prompts})
    order = rng.sample(names, len(names))
    offered: dict[int, dict[str, list[tuple[int, Planned]]]] = defaultdict(lambda: defaultdict(list))
    for prompt in shuffled:
        for generator, items in prompt.by_generator().items():
            for number, item in enumerate(_askable(items, known)):
                planned = Planned(prompt.prompt, prompt.category, (item,))
                offered[generator][prompt.category].append((number, planned))
    chosen: list[Planned] = []
    for generator in sorted(offered):
        lists = [_first_seeds_first(offered[generator][name]) for name in order if offered[generator][name]]
        chosen += _in_turn(lists, per_generator)
    position = {prompt.prompt: number for number, prompt in enumerate(prompts)}
    return sorted(chosen, key=lambda planned: (position[planned.prompt], planned.generators))


def _askable(items: Sequence[Item], known: frozenset[frozenset[int]]) -> list[Item]:
    return [item for item in items if frozenset((item.image,)) not in known]


def _first_seeds_first(offered: Sequence[tuple[int, Planned]]) -> list[Planned]:
    return [planned for _, planned in sorted(offered, key=lambda entry: entry[0])]


def _in_turn(lists: Sequence[list[Planned]], wanted: int) -> list[Planned]:
    """One of each list in turn until there are enough."""
    taken: list[Planned] = []
    step = 0
    while len(taken) < wanted and any(step < len(found) for found in lists):
        taken += [found[step] for found in lists if step < len(found)][: wanted - len(taken)]
        step += 1
    return taken
