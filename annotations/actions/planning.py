"""What each block of a study would ask: its images, its design, its comparisons. Reads only."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from annotations import protocols
from annotations.assignment import designs, samples
from annotations.assignment.balance import Quotas
from annotations.assignment.designs import Spec
from annotations.assignment.pairs import Item, Planned, PromptItems
from annotations.models import Block, Design, Gold, Image, Protocol, Study


def slots_of(block: Block) -> int:
    """Images in each comparison of the block."""
    return protocols.slots({"protocol": block.protocol, "size": block.size})


def rng_for(study: Study, purpose: str) -> random.Random:
    return random.Random(f"{study.seed}/{purpose}")


@dataclass(frozen=True)
class KnownAnswer:
    """A gold whose images are there, as items of one prompt in the order that its answer speaks of."""

    gold: Gold
    prompt: int
    category: str
    items: tuple[Item, ...]


@dataclass
class BlockPlan:
    """A block with all that its comparisons are made of."""

    block: Block
    slots: int
    spec: Spec
    prompts: list[PromptItems]
    golds: list[KnownAnswer]
    comparisons: list[Planned] = field(default_factory=list)


@dataclass
class StudyPlan:
    study: Study
    generators: dict[int, str]  # name by id
    blocks: list[BlockPlan]


def load(study: Study) -> StudyPlan:
    """Images, designs and golds of every block; nothing is chosen yet."""
    rows = list(
        Image.objects.filter(study=study)
        .order_by("prompt_id", "generator_id", "seed")
        .values_list(
            "prompt_id", "prompt__category", "id", "generator_id", "seed", "generator__name", "public_id"
        )
    )
    prompts = [
        PromptItems(prompt, category, tuple(Item(row[2], row[3], row[4]) for row in found))
        for (prompt, category), found in groupby(rows, key=lambda row: (row[0], row[1]))
    ]
    names = {row[3]: row[5] for row in rows}
    by_public_id = {row[6]: (row[0], row[1], Item(row[2], row[3], row[4])) for row in rows}
    blocks = [_block(block, prompts, names, by_public_id) for block in study.blocks.all()]
    return StudyPlan(study, names, blocks)


def _block(
    block: Block,
    prompts: list[PromptItems],
    names: Mapping[int, str],
    images: Mapping[str, tuple[int, str, Item]],
) -> BlockPlan:
    golds = [known for gold in block.golds.all() if (known := _known(gold, images))]
    ids = {name: generator for generator, name in names.items()}
    linked = block.design == Design.BASELINE
    spec = Spec(
        slots=slots_of(block),
        design=block.design,
        per_prompt=block.comparisons_per_prompt,
        baseline=ids.get(block.baseline.strip()) if linked else None,
        quotas=quotas_of(block),
        known=frozenset(frozenset(item.image for item in known.items) for known in golds),
    )
    return BlockPlan(block, spec.slots, spec, prompts, golds)


def quotas_of(block: Block) -> Quotas:
    if block.design not in (Design.RANDOM, Design.ADAPTIVE):
        return Quotas()
    return Quotas(category=block.quotas.get("category"), pair=block.quotas.get("pair"))


def _known(gold: Gold, images: Mapping[str, tuple[int, str, Item]]) -> KnownAnswer | None:
    found = [images[public_id] for public_id in gold.images if public_id in images]
    if not found or len(found) < len(gold.images) or len({prompt for prompt, _, _ in found}) > 1:
        return None
    prompt, category, _ = found[0]
    return KnownAnswer(gold, prompt, category, tuple(item for _, _, item in found))


def choose(plan: StudyPlan, number: int) -> list[Planned]:
    """The comparisons of one block: the same for the same seed, images and settings."""
    part = plan.blocks[number]
    # The first block's numbers are those that studies of one block have always had.
    rng = rng_for(plan.study, f"pairs/{number}" if number else "pairs")
    if part.block.protocol == Protocol.FAILURE_REVIEW:
        wanted = part.block.samples_per_generator
        return samples.draw(part.prompts, per_generator=wanted, rng=rng, known=part.spec.known)
    return designs.plan(part.prompts, part.spec, rng)


def choose_all(plan: StudyPlan) -> None:
    for number, part in enumerate(plan.blocks):
        part.comparisons = choose(plan, number)
