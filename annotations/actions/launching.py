"""What a launch writes: comparisons, places with their shown orders and ranks, checks, renditions, design."""

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from annotations.actions import blocks, check_plans, frozen_design
from annotations.assignment import design, orders, pairs, ranks
from annotations.assignment.pairs import Planned, PromptItems
from annotations.models import (
    Comparison,
    ComparisonSlot,
    ConsentText,
    Criterion,
    Image,
    Panel,
    Place,
    Protocol,
    Rendition,
    Study,
)

BATCH = 2000
SLOTS = {Protocol.PAIRWISE: 2, Protocol.LIKERT: 1}
DEFAULT_PANEL = "Crowd"
DEFAULT_CONSENT = (
    "You will look at pictures and say which you prefer, or how good they are. We store your answers, how "
    "long they took, and the size of your window. We store no name, no address and nothing that identifies "
    "you. You may stop at any time by closing the page. Some pictures test whether answers are given with "
    "care. The answers are analysed and may be published."
)
POINTS = ["Very poor", "Poor", "Fair", "Good", "Very good"]
DEFAULT_LIKERT_CRITERIA: list[dict[str, Any]] = [
    {
        "key": "fidelity",
        "label": "Fidelity",
        "question": "How free is the picture of visible errors?",
        "anchors": ["Broken", "Many errors", "Some errors", "Few errors", "No errors"],
    },
    {
        "key": "alignment",
        "label": "Alignment",
        "question": "How well does the picture show what the description says?",
        "anchors": ["Not at all", "A little", "Half of it", "Mostly", "Entirely"],
    },
    {
        "key": "aesthetics",
        "label": "Aesthetics",
        "question": "How good does the picture look?",
        "anchors": POINTS,
    },
]


def new_seed() -> int:
    return secrets.randbelow(2**31)


@dataclass(frozen=True)
class _Plan:
    comparisons: list[Planned]
    generators: dict[int, str]


def _rng(study: Study, purpose: str) -> random.Random:
    return random.Random(f"{study.seed}/{purpose}")


def _plan(study: Study) -> _Plan:
    rows = list(
        Image.objects.filter(study=study)
        .order_by("prompt_id", "generator_id", "seed")
        .values_list("prompt_id", "prompt__category", "id", "generator_id", "seed", "generator__name")
    )
    prompts = [
        PromptItems(prompt, category, tuple(pairs.Item(row[2], row[3], row[4]) for row in found))
        for (prompt, category), found in groupby(rows, key=lambda row: (row[0], row[1]))
    ]
    planned = pairs.plan(
        prompts,
        slots=SLOTS[Protocol(study.block.protocol)],
        per_prompt=study.block.comparisons_per_prompt,
        rng=_rng(study, "pairs"),
    )
    return _Plan(planned, {row[3]: row[5] for row in rows})


def plan_problems(study: Study) -> list[tuple[str, str, str]]:
    """Why no plan can work: (code, message, mend)."""
    if study.block.protocol not in SLOTS:
        return [("protocol", "This protocol can't be voted on yet.", "Take pairs or ratings.")]
    if study.block.comparisons_per_prompt == 0:
        return [("no_comparisons", "0 comparisons per prompt leave nothing to ask.", "Take 1 or more.")]
    plan = _plan(study)
    if not plan.generators:
        return [("no_images", "The study has no images.", "Bring images in first.")]
    if study.block.protocol == Protocol.LIKERT:
        return []
    if len(plan.generators) < 2:
        name = next(iter(plan.generators.values()))
        return [
            (
                "one_generator",
                f"All images come from one generator, {name}: there is nothing to compare.",
                "Add images of a second generator for the same prompts, or choose ratings.",
            )
        ]
    if not plan.comparisons:
        return [
            (
                "no_shared_prompt",
                "No prompt has images of two generators.",
                "Add images so that generators share prompts.",
            )
        ]
    return _disconnected(plan)


def _disconnected(plan: _Plan) -> list[tuple[str, str, str]]:
    groups = pairs.groups(plan.comparisons)
    alone = set(plan.generators) - set().union(*groups)
    groups += [{generator} for generator in sorted(alone)]
    if len(groups) == 1:
        return []
    names = ["; ".join(_names(plan, group) for group in groups[:5])] + (["…"] if len(groups) > 5 else [])
    return [
        (
            "disconnected",
            f"The comparisons leave {len(groups)} groups of generators that never meet: {' '.join(names)}. "
            "They could not be ranked against each other.",
            "Add images for shared prompts, ask more comparisons per prompt, or study the groups apart.",
        )
    ]


def _names(plan: _Plan, group: set[int]) -> str:
    names = sorted(plan.generators[generator] for generator in group)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def write_plan(study: Study) -> None:
    """All rows of a launch, inside the caller's transaction; sets the study's design and its hash."""
    criteria = _criteria(study)
    panels = list(study.panels.all()) or [Panel.objects.create(study=study, name=DEFAULT_PANEL)]
    consent = study.consents.first() or ConsentText.objects.create(
        study=study, version=1, text=DEFAULT_CONSENT
    )
    plan = _plan(study)
    renditions = _write_renditions(study, plan.comparisons)
    rows = _write_comparisons(study, plan.comparisons, renditions)
    places = _write_places(study, plan.comparisons, rows, panels)
    checks = check_plans.write(
        study,
        planned=plan.comparisons,
        criteria=[criterion.key for criterion in criteria],
        renditions=renditions,
        rng=_rng(study, "checks"),
    )
    counts = {
        "generators": len(plan.generators),
        "prompts": len({planned.prompt for planned in plan.comparisons}),
        "images": len(renditions),
        "comparisons": len(rows),
        "places": places,
        "checks": checks,
    }
    study.design = frozen_design.describe(
        study,
        generators=sorted(plan.generators.values()),
        comparisons=plan.comparisons,
        blocks=[(study.block, criteria)],
        panels=panels,
        consent=consent,
        counts=counts,
    )
    study.design_hash = design.design_hash(study.design)


def _criteria(study: Study) -> list[Criterion]:
    if study.block.protocol == Protocol.LIKERT:
        wanted: Sequence[Mapping[str, Any]] = [] if study.block.criteria.exists() else DEFAULT_LIKERT_CRITERIA
    else:
        study.block.criteria.exclude(key="overall").delete()
        overall = {"key": "overall", "label": "Overall", "question": study.block.question}
        wanted = [] if study.block.criteria.exists() else [overall]
    Criterion.objects.bulk_create(blocks.criterion_rows(study.block, wanted))
    return list(study.block.criteria.all())


def _write_renditions(study: Study, comparisons: Sequence[Planned]) -> dict[int, Rendition]:
    """A plain rendition for each image that somebody will see, by image id."""
    wanted = {item.image: planned.prompt for planned in comparisons for item in planned.items}
    made = Rendition.objects.bulk_create(
        [
            Rendition(
                study=study, prompt_id=prompt, image_id=image, encoding=study.encoding, box_px=study.box_px
            )
            for image, prompt in sorted(wanted.items())
        ],
        batch_size=BATCH,
    )
    return {rendition.image_id: rendition for rendition in made}


def _write_comparisons(
    study: Study, comparisons: Sequence[Planned], renditions: Mapping[int, Rendition]
) -> list[Comparison]:
    block = study.block
    rows = Comparison.objects.bulk_create(
        [Comparison(study=study, block=block, prompt_id=planned.prompt) for planned in comparisons],
        batch_size=BATCH,
    )
    ComparisonSlot.objects.bulk_create(
        (
            ComparisonSlot(
                comparison=row,
                index=index,
                generator_id=item.generator,
                image_id=item.image,
                rendition=renditions[item.image],
            )
            for row, planned in zip(rows, comparisons, strict=True)
            for index, item in enumerate(planned.items)
        ),
        batch_size=BATCH,
    )
    return rows


def _write_places(
    study: Study, comparisons: Sequence[Planned], rows: Sequence[Comparison], panels: Sequence[Panel]
) -> int:
    slots = SLOTS[Protocol(study.block.protocol)]
    swapped = orders.first_orders(comparisons, _rng(study, "sides"))
    before = 0
    made = 0
    for number, panel in enumerate(panels):
        rng = _rng(study, f"ranks/{number}")
        # The next panel goes on alternating where this one stops, so that sides balance over both.
        shown = [
            orders.place_orders(slots=slots, overlap=panel.overlap, swapped=first ^ bool(before % 2))
            for first in swapped
        ]
        places = (
            Place(
                study=study,
                panel=panel,
                comparison=rows[chosen],
                index=index,
                order=shown[chosen][index],
                rank=index * len(rows) + position,
            )
            for index in range(panel.overlap)
            for position, chosen in enumerate(ranks.serving_order(comparisons, rng))
        )
        made += len(Place.objects.bulk_create(places, batch_size=BATCH))
        before += panel.overlap
    return made
