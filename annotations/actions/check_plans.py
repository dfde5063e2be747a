"""Attention checks written at launch: a degraded copy beside its picture, or an instruction drawn in."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from annotations.assignment import checks
from annotations.assignment.pairs import Item, Planned
from annotations.models import (
    CheckKind,
    Comparison,
    ComparisonKind,
    ComparisonSlot,
    Protocol,
    Rendition,
    RenditionKind,
    Study,
)

# What an instructed picture asks for: in pairs to be chosen, in ratings one number everywhere.
CHOOSE = "choose"
NUMBERS = ("1", "2", "4", "5")
KINDS = (CheckKind.DEGRADED, CheckKind.INSTRUCTED)
# A degraded copy may still show what the description says; it cannot be free of errors nor look good.
SPOILED = ("fidelity", "aesthetics")
POOR = (1, 2)


def write(
    study: Study,
    *,
    planned: Sequence[Planned],
    criteria: Sequence[str],
    renditions: Mapping[int, Rendition],
    rng: random.Random,
) -> int:
    """Enough checks that no rater meets one twice. How many were written."""
    block = study.block
    chosen = _pick(study, planned, rng)
    made = Rendition.objects.bulk_create([_rendition(study, *check, rng=rng) for check in chosen])
    rows = Comparison.objects.bulk_create(
        [
            Comparison(
                study=study,
                block=block,
                prompt_id=prompt,
                kind=ComparisonKind.CHECK,
                check_kind=kind,
                expected=_expected(study, kind, rendition.instruction, criteria),
            )
            for (prompt, _, kind), rendition in zip(chosen, made, strict=True)
        ]
    )
    slots = []
    for row, (_, item, _), rendition in zip(rows, chosen, made, strict=True):
        shown = (
            [rendition] if study.block.protocol == Protocol.LIKERT else [renditions[item.image], rendition]
        )
        slots += [
            ComparisonSlot(
                comparison=row,
                index=index,
                generator_id=item.generator,
                image_id=item.image,
                rendition=picture,
            )
            for index, picture in enumerate(shown)
        ]
    ComparisonSlot.objects.bulk_create(slots)
    return len(rows)


def _pick(study: Study, planned: Sequence[Planned], rng: random.Random) -> list[tuple[int, Item, CheckKind]]:
    """Prompts in turn, kinds in turn, and no picture twice for the same kind."""
    needed = checks.checks_needed(
        comparisons=len(planned),
        cap=study.max_votes_per_rater,
        every=study.check_every,
        within=study.first_check_within,
    )
    by_prompt: dict[int, list[Item]] = {}
    for comparison in planned:
        by_prompt.setdefault(comparison.prompt, []).extend(comparison.items)
    pools = {
        kind: {prompt: rng.sample(found := sorted(set(items), key=lambda i: i.image), len(found))
               for prompt, items in by_prompt.items()}
        for kind in KINDS
    }  # fmt: skip
    prompts = rng.sample(sorted(by_prompt), len(by_prompt))
    chosen: list[tuple[int, Item, CheckKind]] = []
    turn = 0
    while len(chosen) < needed and any(pools[kind][prompt] for kind in KINDS for prompt in prompts):
        prompt = prompts[turn % len(prompts)]
        # The kind changes with each check and, for prompts that come again, with each round.
        kind = KINDS[(turn + turn // len(prompts)) % 2]
        if pools[kind][prompt]:
            chosen.append((prompt, pools[kind][prompt].pop(), kind))
        turn += 1
    return chosen


def _rendition(study: Study, prompt: int, item: Item, kind: CheckKind, *, rng: random.Random) -> Rendition:
    instruction = ""
    if kind == CheckKind.INSTRUCTED:
        instruction = rng.choice(NUMBERS) if study.block.protocol == Protocol.LIKERT else CHOOSE
    return Rendition(
        study=study,
        prompt_id=prompt,
        image_id=item.image,
        kind=RenditionKind.INSTRUCTED if kind == CheckKind.INSTRUCTED else RenditionKind.DEGRADED,
        instruction=instruction,
        encoding=study.encoding,
        box_px=study.box_px,
    )


def _expected(study: Study, kind: CheckKind, instruction: str, criteria: Sequence[str]) -> dict[str, Any]:
    """Slot 0 is the picture itself, slot 1 its degraded copy or the instruction."""
    if study.block.protocol != Protocol.LIKERT:
        return checks.expected_pair(0 if kind == CheckKind.DEGRADED else 1)
    if kind == CheckKind.INSTRUCTED:
        return checks.expected_ratings({key: (int(instruction), int(instruction)) for key in criteria})
    spoiled = [key for key in criteria if key in SPOILED] or list(criteria)
    return checks.expected_ratings(dict.fromkeys(spoiled, POOR))
