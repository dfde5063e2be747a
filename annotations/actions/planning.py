"""What each block of a study would ask: its images, its design, its comparisons. Reads only."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Count

from annotations import protocols
from annotations.assignment import adaptive, designs, samples
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
    batch: adaptive.Drawn | None = None  # adaptive: which of them are open from the start

    @property
    def opened(self) -> list[Planned]:
        """Those that have places from the start."""
        return [self.comparisons[at] for at in self.numbers]

    @property
    def numbers(self) -> Sequence[int]:
        return range(len(self.comparisons)) if self.batch is None else self.batch.chosen

    @property
    def batches(self) -> dict[str, float]:
        """How an adaptive block's comparisons come to be asked about, in numbers of comparisons."""
        size = adaptive.size(self.comparisons, self.spec)
        return {
            "candidates": len(self.comparisons),
            "first": size.first,
            "step": size.step,
            "filled_share": adaptive.FILLED_SHARE,
        }

    @property
    def wanted(self) -> int:
        """Comparisons that will be asked about by the end."""
        return (
            len(self.comparisons) if self.batch is None else adaptive.size(self.comparisons, self.spec).budget
        )


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
    known = frozenset(frozenset(item.image for item in known.items) for known in golds)
    spec = spec_of(block, baseline=ids.get(block.baseline.strip()), known=known)
    return BlockPlan(block, spec.slots, spec, prompts, golds)


def spec_of(
    block: Block, *, baseline: int | None = None, known: frozenset[frozenset[int]] = frozenset()
) -> Spec:
    return Spec(
        slots=slots_of(block),
        design=block.design,
        per_prompt=block.comparisons_per_prompt,
        baseline=baseline if block.design == Design.BASELINE else None,
        quotas=quotas_of(block),
        known=known,
    )


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


def choose(plan: StudyPlan, number: int, tick: Callable[[], None] = lambda: None) -> None:
    """Fill in the comparisons of one block: the same for the same seed, images and settings."""
    part = plan.blocks[number]
    # The first block's numbers are those that studies of one block have always had.
    rng = rng_for(plan.study, f"pairs/{number}" if number else "pairs")
    if part.block.protocol == Protocol.FAILURE_REVIEW:
        wanted = part.block.samples_per_generator
        known = part.spec.known
        part.comparisons = samples.draw(part.prompts, per_generator=wanted, rng=rng, known=known)
    elif part.block.design == Design.ADAPTIVE:
        part.comparisons = [p for prompt in part.prompts for p in designs.open_to(prompt, part.spec)]
        part.batch = adaptive.first_batch(part.prompts, part.comparisons, part.spec, rng)
    else:
        part.comparisons = designs.plan(part.prompts, part.spec, rng, tick)


def choose_all(plan: StudyPlan, tick: Callable[[], None] = lambda: None) -> None:
    for number in range(len(plan.blocks)):
        choose(plan, number, tick)


def places_at_most(study: Study) -> int:
    """How large a plan can get, by counting images alone."""
    overlap = sum(study.panels.values_list("overlap", flat=True)) or 1
    per_prompt = study.images.order_by().values("prompt").annotate(n=Count("pk")).values_list("n", flat=True)
    counts = list(per_prompt)
    total = 0
    for block in study.blocks.all():
        single = slots_of(block) == 1
        most = block.comparisons_per_prompt
        for images in counts:
            possible = images if single else images * (images - 1) // 2
            total += possible if most is None else min(possible, most)
    return total * overlap
