"""Attention checks written at launch: a degraded copy beside its picture, or an instruction drawn in."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotations import check_words
from annotations.actions.planning import BlockPlan
from annotations.assignment import checks
from annotations.assignment.pairs import Item, Planned
from annotations.models import (
    Block,
    CheckKind,
    Comparison,
    ComparisonKind,
    ComparisonSlot,
    Pick,
    Protocol,
    Rendition,
    RenditionKind,
    Study,
)

# A degraded copy may still show what the description says; it cannot be free of errors nor look good.
SPOILED = ("fidelity", "aesthetics")
DEGRADED, INSTRUCTED = CheckKind.DEGRADED, CheckKind.INSTRUCTED
SETS = (Protocol.BEST_OF_N, Protocol.RANKING)


@dataclass(frozen=True)
class Look:
    """How a slot of a check is shown: plain, degraded, or with an instruction."""

    kind: RenditionKind = RenditionKind.PLAIN
    instruction: str = ""


PLAIN, BAD = Look(), Look(RenditionKind.DEGRADED)


@dataclass(frozen=True)
class Check:
    prompt: int
    kind: CheckKind
    slots: tuple[tuple[Item, Look], ...]
    expected: dict[str, Any]


def write(study: Study, part: BlockPlan, renditions: Mapping[int, int], rng: random.Random) -> int:
    """Enough checks that no rater meets one of the block twice. How many were written."""
    chosen = list(_checks(study, part, rng))
    special = _write_renditions(study, chosen)
    rows = Comparison.objects.bulk_create(
        Comparison(
            study=study,
            block=part.block,
            prompt_id=check.prompt,
            kind=ComparisonKind.CHECK,
            check_kind=check.kind,
            expected=check.expected,
        )
        for check in chosen
    )
    ComparisonSlot.objects.bulk_create(
        ComparisonSlot(
            comparison=row,
            index=index,
            generator_id=item.generator,
            image_id=item.image,
            rendition_id=renditions[item.image] if look == PLAIN else special[item.image, look],
        )
        for row, check in zip(rows, chosen, strict=True)
        for index, (item, look) in enumerate(check.slots)
    )
    return len(rows)


def _write_renditions(study: Study, chosen: Sequence[Check]) -> dict[tuple[int, Look], int]:
    wanted = {
        (item.image, look): check.prompt for check in chosen for item, look in check.slots if look != PLAIN
    }
    made = Rendition.objects.bulk_create(
        Rendition(
            study=study,
            prompt_id=prompt,
            image_id=image,
            kind=look.kind,
            instruction=look.instruction,
            words=check_words.lines(look.instruction, study.language) if look.instruction else [],
            encoding=study.encoding,
            box_px=study.box_px,
        )
        for (image, look), prompt in wanted.items()
    )
    return {key: rendition.pk for key, rendition in zip(wanted, made, strict=True)}


def kinds(study: Study, block: Block) -> list[CheckKind]:
    """Which checks can be made: of a failure review no degraded copies (what of it is a failure, and of which
    kind, is open to argument); instructed ones only where everybody can read them."""
    found = [] if block.protocol == Protocol.FAILURE_REVIEW else [DEGRADED]
    if check_words.can_be_drawn([study.language, *study.translations]):
        found.append(INSTRUCTED)
    return found


def _checks(study: Study, part: BlockPlan, rng: random.Random) -> Iterator[Check]:
    by_prompt: dict[int, list[Planned]] = {}
    for planned in part.comparisons:
        by_prompt.setdefault(planned.prompt, []).append(planned)
    criteria = list(part.block.criteria.values_list("key", flat=True))
    for prompt, item, kind in _pick(study, part, rng):
        item_sets = [planned.items for planned in by_prompt[prompt] if item in planned.items]
        shown = rng.choice(item_sets) if part.block.protocol in SETS else (item,)
        yield _check(part.block, prompt, kind, item, shown, criteria, rng)


def _pick(study: Study, part: BlockPlan, rng: random.Random) -> Iterator[tuple[int, Item, CheckKind]]:
    """Prompts in turn, kinds in turn, and no picture twice for the same kind."""
    needed = checks.checks_needed(
        comparisons=len(part.comparisons),
        cap=study.max_votes_per_rater,
        every=study.check_every,
        within=study.first_check_within,
    )
    by_prompt: dict[int, set[Item]] = {}
    for comparison in part.comparisons:
        by_prompt.setdefault(comparison.prompt, set()).update(comparison.items)
    offered = kinds(study, part.block)
    pools = {
        kind: {
            prompt: rng.sample(sorted(items, key=lambda item: item.image), len(items))
            for prompt, items in by_prompt.items()
        }
        for kind in offered
    }
    left = sum(len(pool) for pools_of_kind in pools.values() for pool in pools_of_kind.values())
    prompts = rng.sample(sorted(by_prompt), len(by_prompt))
    turn = given = 0
    while given < min(needed, left):
        prompt = prompts[turn % len(prompts)]
        # The kind changes with each check and, for prompts that come again, with each round.
        kind = offered[(turn + turn // len(prompts)) % len(offered)]
        if pools[kind][prompt]:
            given += 1
            yield prompt, pools[kind][prompt].pop(), kind
        turn += 1


def _check(
    block: Block,
    prompt: int,
    kind: CheckKind,
    item: Item,
    shown: Sequence[Item],
    criteria: Sequence[str],
    rng: random.Random,
) -> Check:
    if block.protocol in SETS:
        return _of_set(block, prompt, kind, item, shown, rng)
    if block.protocol == Protocol.PAIRWISE:
        # Slot 0 is the picture itself, slot 1 its degraded copy or the instruction.
        other = BAD if kind == DEGRADED else Look(RenditionKind.INSTRUCTED, check_words.CHOOSE)
        expected = checks.expected_pair(0 if kind == DEGRADED else 1)
        return Check(prompt, kind, ((item, PLAIN), (item, other)), expected)
    look, expected = _of_one(block, kind, criteria, rng)
    return Check(prompt, kind, ((item, look),), expected)


def _of_one(
    block: Block, kind: CheckKind, criteria: Sequence[str], rng: random.Random
) -> tuple[Look, dict[str, Any]]:
    if block.protocol == Protocol.FAILURE_REVIEW:
        failures = [f for f in block.taxonomy if f["label"].isascii()]
        failure = rng.choice([*failures, None])
        if failure is None:
            return Look(RenditionKind.INSTRUCTED, check_words.NOTHING), {"none": True}
        words = check_words.ONLY + failure["label"][:40]
        return Look(RenditionKind.INSTRUCTED, words), {"failures": [failure["key"]]}
    if kind == INSTRUCTED:
        # Not the middle: it is what people take who don't look.
        points = [point for point in range(1, block.points + 1) if 2 * point != block.points + 1]
        point = rng.choice(points)
        expected = checks.expected_ratings(dict.fromkeys(criteria, (point, point)))
        return Look(RenditionKind.INSTRUCTED, f"{check_words.ANSWER}{point}"), expected
    spoiled = [key for key in criteria if key in SPOILED] or list(criteria)
    return BAD, checks.expected_ratings(dict.fromkeys(spoiled, (1, block.points // 2)))


def _of_set(
    block: Block, prompt: int, kind: CheckKind, item: Item, shown: Sequence[Item], rng: random.Random
) -> Check:
    """Among the pictures of a set one is degraded and last; where only the best is asked for, all others are
    degraded. Or one asks to be chosen."""
    slot = list(shown).index(item)
    looks = [PLAIN] * len(shown)
    if kind == INSTRUCTED:
        words = check_words.FIRST if block.protocol == Protocol.RANKING else check_words.CHOOSE
        looks[slot] = Look(RenditionKind.INSTRUCTED, words)
        expected = {"best": slot}
    elif block.protocol == Protocol.BEST_OF_N and block.pick == Pick.BEST:
        looks = [PLAIN if number == slot else BAD for number in range(len(shown))]
        expected = {"best": slot}
    else:
        looks[slot] = BAD
        expected = {"worst": slot}
    return Check(prompt, kind, tuple(zip(shown, looks, strict=True)), expected)
