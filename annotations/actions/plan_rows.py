"""The rows of a plan: blinded pictures, comparisons with their slots, checks and golds, places."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.db.models import QuerySet

from annotations.actions import batches, check_plans, gold_plans
from annotations.actions.planning import BlockPlan, StudyPlan, rng_for
from annotations.assignment import orders, ranks
from annotations.models import (
    Batch,
    Comparison,
    ComparisonSlot,
    Panel,
    Place,
    ReferenceImage,
    Rendition,
    RenditionKind,
    Study,
)

BATCH = 2000
Step = Callable[[int], AbstractContextManager[Any]]
T = TypeVar("T")


@dataclass
class Written:
    """What stands in the database: keys of comparisons in the order planned, by block; and how many rows."""

    renditions: dict[int, int] = field(default_factory=dict)  # plain ones, by image
    comparisons: list[list[int]] = field(default_factory=list)
    checks: list[int] = field(default_factory=list)
    golds: list[dict[str, int]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


def size(plan: StudyPlan, panels: Sequence[Panel]) -> int:
    """About how many rows a plan writes: what its progress counts towards."""
    overlap = sum(panel.overlap for panel in panels)
    places = sum(len(part.numbers) for part in plan.blocks) * overlap
    return places + sum(len(part.comparisons) for part in plan.blocks) + len(_images(plan))


def clear(study: Study, step: Step) -> None:
    """Take away what a worker that was killed has written of a plan: nobody has seen any of it."""
    kept: tuple[QuerySet[Any], ...] = (study.places.all(), study.comparisons.all(), study.renditions.all())
    for rows in kept:
        while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            with step(0):
                rows.filter(pk__in=keys).delete()
    with step(0):
        Batch.objects.filter(block__study=study).delete()


def chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(rows)
    while chunk := list(islice(rest, BATCH)):
        yield chunk


def write(plan: StudyPlan, panels: Sequence[Panel], step: Step) -> Written:
    written = Written()
    _write_renditions(plan, written, step)
    for number, part in enumerate(plan.blocks):
        written.comparisons.append(_write_comparisons(plan.study, part, written.renditions, step))
        with step(0):
            rng = rng_for(plan.study, f"checks/{number}" if number else "checks")
            written.checks.append(check_plans.write(plan.study, part, written.renditions, rng))
            written.golds.append(gold_plans.write(plan.study, part, written.renditions))
    _write_places(plan, panels, written, step)
    with step(0):
        for number, part in enumerate(plan.blocks):
            if part.batch:
                batches.record_first(plan, number)
    return written


def _images(plan: StudyPlan) -> dict[int, int]:
    """The prompt of every image that somebody will see, by image."""
    wanted: dict[int, int] = {}
    for part in plan.blocks:
        for shown in (*part.comparisons, *part.golds):
            wanted |= {item.image: shown.prompt for item in shown.items}
    return wanted


def _write_renditions(plan: StudyPlan, written: Written, step: Step) -> None:
    """A plain rendition for each image, whatever number of blocks shows it; and the references."""
    study, images = plan.study, _images(plan)
    common = {"study": study, "encoding": study.encoding, "box_px": study.box_px}
    for chunk in chunks(sorted(images.items())):
        with step(len(chunk)):
            made = Rendition.objects.bulk_create(
                Rendition(prompt_id=prompt, image_id=image, **common) for image, prompt in chunk
            )
        written.renditions |= {rendition.image_id: rendition.pk for rendition in made}
    referred = {
        shown.prompt
        for part in plan.blocks
        if part.block.show_reference
        for shown in (*part.comparisons, *part.golds)
    }
    first: dict[int, int] = {}
    for pk, prompt in ReferenceImage.objects.filter(prompt__study=study).values_list("pk", "prompt_id"):
        if prompt in referred:
            first.setdefault(prompt, pk)
    for some in chunks(first.items()):
        with step(0):
            Rendition.objects.bulk_create(
                Rendition(prompt_id=prompt, reference_id=pk, kind=RenditionKind.REFERENCE, **common)
                for prompt, pk in some
            )


def _write_comparisons(study: Study, part: BlockPlan, renditions: Mapping[int, int], step: Step) -> list[int]:
    keys: list[int] = []
    for chunk in chunks(part.comparisons):
        with step(len(chunk)):
            rows = Comparison.objects.bulk_create(
                Comparison(study=study, block=part.block, prompt_id=planned.prompt) for planned in chunk
            )
            ComparisonSlot.objects.bulk_create(
                ComparisonSlot(
                    comparison=row,
                    index=index,
                    generator_id=item.generator,
                    image_id=item.image,
                    rendition_id=renditions[item.image],
                )
                for row, planned in zip(rows, chunk, strict=True)
                for index, item in enumerate(planned.items)
            )
        keys += [row.pk for row in rows]
    return keys


def _write_places(plan: StudyPlan, panels: Sequence[Panel], written: Written, step: Step) -> None:
    study = plan.study
    overlaps = [panel.overlap for panel in panels]
    asked = [part.opened for part in plan.blocks]
    keys = [[written.comparisons[n][at] for at in part.numbers] for n, part in enumerate(plan.blocks)]
    shown = [
        orders.shown(comparisons, overlaps=overlaps, rng=rng_for(study, f"sides/{n}" if n else "sides"))
        for n, comparisons in enumerate(asked)
    ]
    for number, panel in enumerate(panels):
        served = ranks.rounds(asked, overlap=panel.overlap, rng=rng_for(study, f"ranks/{number}"))
        places = (
            Place(
                study=study,
                panel=panel,
                comparison_id=keys[block][chosen],
                index=index,
                order=shown[block][number][chosen][index],
                rank=rank,
            )
            for rank, (index, block, chosen) in enumerate(served)
        )
        for chunk in chunks(places):
            with step(len(chunk)):
                Place.objects.bulk_create(chunk)
    written.places = [part.wanted * sum(overlaps) for part in plan.blocks]
