"""The size of a plan before it is made: what launching with given settings would ask of raters."""

import math
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Count

from annotations.assignment import designs
from annotations.assignment.pairs import Item, PromptItems
from annotations.models import Batch, Block, Design, Image, Panel, Protocol, Study

# Stated beside every estimate of time that uses it.
SECONDS_PER_ANSWER = {
    Protocol.PAIRWISE: 8,
    Protocol.LIKERT: 20,
    Protocol.BEST_OF_N: 15,
    Protocol.RANKING: 30,
    Protocol.FAILURE_REVIEW: 20,
}
SINGLE = (Protocol.LIKERT, Protocol.FAILURE_REVIEW)
# Settings of a block that say how much it asks.
FIELDS = (
    "protocol", "design", "comparisons_per_prompt", "size", "baseline", "samples_per_generator", "quotas",
)  # fmt: skip


@dataclass(frozen=True)
class PlanSummary:
    comparisons: int
    places: int
    checks: int
    answers: int
    least_raters: int
    minutes: int
    seconds_per_answer: int
    skipped_prompts: int
    overlap: int

    def as_dict(self) -> dict[str, int]:
        return self.__dict__.copy()


def plan_summary(
    study: Study,
    *,
    overlap: int | None,
    check_every: int,
    max_votes_per_rater: int | None = None,
    **settings: Any,
) -> PlanSummary:
    """What launching one block with these settings would ask of raters; those not given are a new block's.
    Overlap None: as the study's panels have it."""
    block = Block(**{name: value for name, value in settings.items() if name in FIELDS})
    return _summary(study, [block], overlap, check_every, max_votes_per_rater)


def study_summary(study: Study) -> PlanSummary:
    """What launching the study as it is would ask of raters, over all blocks."""
    blocks = list(study.blocks.all())
    return _summary(study, blocks, None, study.check_every, study.max_votes_per_rater)


def _summary(
    study: Study, blocks: list[Block], overlap: int | None, check_every: int, most_votes: int | None
) -> PlanSummary:
    overlap = overlap or total_overlap(study)
    cells = _images_by_prompt(study)
    comparisons = checks = 0
    seconds = 0.0
    used: set[int] = set()
    for block in blocks:
        asked = _comparisons_of(block, cells)
        places = sum(asked.values()) * overlap
        of_checks = round(places / (check_every - 1)) if check_every > 1 else 0
        comparisons += sum(asked.values())
        checks += of_checks
        seconds += (places + of_checks) * SECONDS_PER_ANSWER[Protocol(block.protocol)]
        used |= {prompt for prompt, cell in cells.items() if _usable(block, cell.images)}
    places = comparisons * overlap
    least = max(overlap, math.ceil(places / most_votes)) if most_votes else overlap
    answers = places + checks
    usual = SECONDS_PER_ANSWER[Protocol(blocks[0].protocol)]
    return PlanSummary(
        comparisons=comparisons,
        places=places,
        checks=checks,
        answers=answers,
        least_raters=least if comparisons else 0,
        minutes=math.ceil(seconds / 60),
        seconds_per_answer=round(seconds / answers) if answers else usual,
        skipped_prompts=study.prompts.count() - len(used),
        overlap=overlap,
    )


def total_overlap(study: Study) -> int:
    """Votes wanted for each comparison, over all panels; what launch takes where nothing was chosen."""
    return sum(study.panels.values_list("overlap", flat=True)) or Panel._meta.get_field("overlap").default


@dataclass
class _Cell:
    """A prompt's images."""

    category: str
    images: dict[str, int]  # by generator


def _images_by_prompt(study: Study) -> dict[int, _Cell]:
    """Every prompt with pictures: how many each of its generators has."""
    rows = (
        Image.objects.filter(study=study)
        .order_by()
        .values("prompt_id", "prompt__category", "generator__name")
        .annotate(images=Count("pk"))
        .values_list("prompt_id", "prompt__category", "generator__name", "images")
    )
    found: dict[int, _Cell] = {}
    for prompt, category, generator, images in rows:
        found.setdefault(prompt, _Cell(category, {})).images[generator] = images
    return found


def _comparisons_of(block: Block, cells: Mapping[int, _Cell]) -> dict[int, int]:
    """About how many comparisons the block asks of each prompt, as annotations.assignment plans them."""
    if block.protocol == Protocol.FAILURE_REVIEW:
        return _sampled(block.samples_per_generator, cells)
    available = {prompt: _available(block, cell.images) for prompt, cell in cells.items()}
    most = block.comparisons_per_prompt
    if most is not None:
        available = {prompt: min(count, most) for prompt, count in available.items()}
    quotas = block.quotas if block.design in (Design.RANDOM, Design.ADAPTIVE) else {}
    return _within(quotas.get("category"), available, cells)


def _available(block: Block, images: Mapping[str, int]) -> int:
    """Every image once; every pair of generators (seeds meet in turn, so that the longer list sets the
    number); or the sets that let every pair meet."""
    counts = sorted(images.values())
    linked = block.design == Design.BASELINE
    baseline = images.get(block.baseline.strip(), 0) if linked else 0
    if block.protocol in SINGLE:
        return sum(counts)
    if linked and not baseline:
        return 0
    if block.protocol == Protocol.PAIRWISE:
        if linked:
            return sum(max(count, baseline) for count in counts) - baseline
        return sum(index * longer for index, longer in enumerate(counts))
    if len(counts) < block.size:
        return 0
    if block.comparisons_per_prompt is not None:
        return math.comb(len(counts) - linked, block.size - linked)
    return _sets(len(counts), block.size, linked)


def _usable(block: Block, images: Mapping[str, int]) -> bool:
    """Whether a prompt has pictures enough; another one may still be drawn in its place."""
    return _available(block, images) > 0


@lru_cache(maxsize=256)
def _sets(generators: int, size: int, linked: bool) -> int:
    items = tuple(Item(generator, generator) for generator in range(generators))
    spec = designs.Spec(size, baseline=0 if linked else None)
    return len(designs.plan([PromptItems(0, "", items)], spec, random.Random(0)))


def _sampled(wanted: int, cells: Mapping[int, _Cell]) -> dict[int, int]:
    """A failure review takes so many images of each generator; of which prompts is drawn later."""
    taken: Counter[str] = Counter()
    found = {}
    for prompt, cell in cells.items():
        found[prompt] = 0
        for generator, images in cell.images.items():
            more = min(images, wanted - taken[generator])
            taken[generator] += more
            found[prompt] += more
    return found


def _within(
    quota: Mapping[str, int] | int | None, available: Mapping[int, int], cells: Mapping[int, _Cell]
) -> dict[int, int]:
    if quota is None:
        return dict(available)
    left: dict[str, int] = {}
    found = {}
    for prompt, count in available.items():
        category = cells[prompt].category
        most = quota.get(category) if isinstance(quota, Mapping) else quota
        found[prompt] = count if most is None else min(count, left.setdefault(category, most))
        if most is not None:
            left[category] -= found[prompt]
    return found


def more_to_come(study: Study) -> bool:
    """Whether adaptive batches will open further places. A last batch without comparisons ends a block."""
    blocks = (study.design or {}).get("blocks", [])
    if all(block.get("design") != Design.ADAPTIVE for block in blocks):
        return False
    last = Batch.objects.filter(block__study=study).order_by("block_id", "-number")
    latest: dict[int, int] = {}
    for block, comparisons in last.values_list("block_id", "comparisons"):
        latest.setdefault(block, comparisons)
    return any(latest.values())
