"""Batches of adaptive blocks: opened one after the other, each drawn from the votes up to then."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q

from annotations.actions import audit, planning
from annotations.actions.planning import StudyPlan
from annotations.assignment import adaptive, orders, ranks
from annotations.assignment.adaptive import Drawn
from annotations.assignment.pairs import Item, Planned
from annotations.models import (
    AssignmentKind,
    Batch,
    Block,
    ComparisonKind,
    ComparisonSlot,
    Design,
    Exclusion,
    Generator,
    Panel,
    PanelKind,
    Place,
    PlaceState,
    Study,
    StudyState,
    Vote,
)

PREFERS = {"left": 0, "much_left": 0, "right": 1, "much_right": 1}
LEVEL = ("tie", "both_bad")


def record_first(plan: StudyPlan, number: int) -> None:
    """The batch that a launch opens: drawn evenly, since there are no votes."""
    part = plan.blocks[number]
    if part.batch is not None:
        _record(part.block, 1, part.batch, seed=f"{plan.study.seed}/pairs/{number}", first_rank=0, votes=0)


def due() -> list[int]:
    """Blocks of running studies whose last batch is nearly filled."""
    running = Block.objects.filter(design=Design.ADAPTIVE, study__state=StudyState.RUNNING)
    return [block.pk for block in running.select_related("study") if _is_due(block)]


def imminent(study: Study) -> bool:
    """Whether the next batch of a study opens any moment. `study` has its design."""
    if all(block.get("design") != Design.ADAPTIVE for block in (study.design or {}).get("blocks", [])):
        return False
    return any(_is_due(block) for block in study.blocks.filter(design=Design.ADAPTIVE))


def _is_due(block: Block) -> bool:
    last = block.batches.last()
    if last is None or not last.comparisons:
        return False
    places = Place.objects.filter(
        panel__in=_people(block.study), comparison__block=block, rank__gte=last.first_rank
    )
    counts = places.order_by().values("panel").annotate(
        wanted=Count("pk"), filled=Count("pk", filter=Q(state=PlaceState.FILLED))
    )  # fmt: skip
    return any(row["filled"] >= adaptive.FILLED_SHARE * row["wanted"] for row in counts)


def _people(study: Study) -> list[Panel]:
    """Judges are never pooled with people; where there are none but judges, theirs are the votes."""
    panels = list(study.panels.all())
    return [panel for panel in panels if panel.kind != PanelKind.JUDGE] or panels


@dataclass
class _State:
    """What a batch is drawn from."""

    keys: list[int]  # of comparisons, as `planned`
    planned: list[Planned]
    open: set[int]
    wins: Counter[tuple[int, int]]
    ties: Counter[tuple[int, int]]
    votes: int

    def split(self, opened: bool) -> list[int]:
        return [at for at, key in enumerate(self.keys) if (key in self.open) == opened]


def open_next(*, block: Block) -> Batch | None:
    """Draw and open the next batch. None when another worker was faster, or the study runs no longer. A batch
    of no comparisons is the last: the budget is used up."""
    number = block.batches.count() + 1
    seed = f"{block.study.seed}/batch/{block.key}/{number}"
    state = _state(block)
    closed = state.split(False)
    drawn = adaptive.next_batch(
        [state.planned[at] for at in closed],
        [state.planned[at] for at in state.split(True)],
        spec=planning.spec_of(block),
        wins=state.wins,
        ties=state.ties,
        seed=seed,
    )
    chosen = [closed[at] for at in drawn.chosen]
    with transaction.atomic():
        # Not FOR UPDATE: votes hold a key-share lock on their study and need not wait.
        study = Study.objects.select_for_update(no_key=True).get(pk=block.study_id)
        if study.state != StudyState.RUNNING or block.batches.count() != number - 1:
            return None
        first_rank = (study.places.aggregate(last=Max("rank"))["last"] or 0) + 1
        _write_places(study, block, state, chosen, first_rank, seed)
        batch = _record(block, number, drawn, seed=seed, first_rank=first_rank, votes=state.votes)
        data = {
            "number": number, "seed": seed, "comparisons": batch.comparisons, "votes": batch.votes,
            "pairs": batch.pairs, **batch.evidence,
        }  # fmt: skip
        audit.record(study=study, actor=None, verb="batch_opened", subject=f"block {block.key}", data=data)
    return batch


def _record(block: Block, number: int, drawn: Drawn, *, seed: str, first_rank: int, votes: int) -> Batch:
    names = dict(
        Generator.objects.filter(pk__in={g for pair in drawn.pairs for g in pair[:2]}).values_list(
            "pk", "name"
        )
    )
    return Batch.objects.create(
        block=block,
        number=number,
        seed=seed,
        comparisons=len(drawn.chosen),
        first_rank=first_rank,
        votes=votes,
        pairs=[[names[a], names[b], *rest] for a, b, *rest in drawn.pairs],
        evidence=drawn.evidence,
    )


def _state(block: Block) -> _State:
    slots = ComparisonSlot.objects.filter(comparison__block=block, comparison__kind=ComparisonKind.REGULAR)
    rows = slots.order_by("comparison_id", "index").values_list(
        "comparison_id", "comparison__prompt_id", "comparison__prompt__category", "image_id", "generator_id"
    )
    found: dict[int, list[tuple[Any, ...]]] = {}
    for key, *rest in rows.iterator():
        found.setdefault(key, []).append(tuple(rest))
    planned = [
        Planned(of[0][0], of[0][1], tuple(Item(image, generator) for _, _, image, generator in of))
        for of in found.values()
    ]
    keys = list(found)
    places = Place.objects.filter(comparison__block=block).order_by()
    wins, ties, votes = _counts(block, dict(zip(keys, planned, strict=True)))
    return _State(keys, planned, set(places.values_list("comparison_id", flat=True)), wins, ties, votes)


def _counts(
    block: Block, planned: dict[int, Planned]
) -> tuple[Counter[tuple[int, int]], Counter[tuple[int, int]], int]:
    """Standing votes of people who are not excluded, by pair; the first criterion decides."""
    criterion = block.criteria.all()[0].key
    standing = Vote.objects.filter(
        comparison__block=block,
        kind=AssignmentKind.REGULAR,
        retracted_at=None,
        surplus=False,
        rater__panel__in=_people(block.study),
    ).exclude(rater__in=Exclusion.objects.filter(lifted_at=None, rater__study=block.study).values("rater"))
    wins: Counter[tuple[int, int]] = Counter()
    ties: Counter[tuple[int, int]] = Counter()
    votes = 0
    for comparison, order, answer in standing.values_list("comparison_id", "order", "answer").iterator():
        said = answer.get(criterion) if isinstance(answer, dict) else None
        a, b = (planned[comparison].generators[int(slot)] for slot in order)
        if said in PREFERS:
            wins[(a, b) if PREFERS[said] == 0 else (b, a)] += 1
        elif said in LEVEL:
            ties[a, b] += 1
        votes += said in PREFERS or said in LEVEL
    return wins, ties, votes


def _write_places(
    study: Study, block: Block, state: _State, chosen: Sequence[int], first_rank: int, seed: str
) -> None:
    panels = list(study.panels.all())
    comparisons = [state.planned[at] for at in chosen]
    rng = planning.rng_for(study, f"places/{seed}")
    shown = orders.shown(
        comparisons,
        overlaps=[panel.overlap for panel in panels],
        rng=rng,
        before=_sides(block, dict(zip(state.keys, state.planned, strict=True))),
    )
    for number, panel in enumerate(panels):
        served = ranks.rounds([comparisons], overlap=panel.overlap, rng=rng)
        Place.objects.bulk_create(
            (
                Place(
                    study=study,
                    panel=panel,
                    comparison_id=state.keys[chosen[at]],
                    index=index,
                    order=shown[number][at][index],
                    rank=first_rank + rank,
                )
                for rank, (index, _, at) in enumerate(served)
            ),
            batch_size=2000,
        )


def _sides(block: Block, planned: dict[int, Planned]) -> Counter[tuple[int, ...]]:
    """Straight minus swapped starts of each pair so far."""
    total: Counter[tuple[int, ...]] = Counter()
    first = block.study.panels.all()[0]
    starts = Place.objects.filter(comparison__block=block, panel=first, index=0)
    for comparison, order in starts.values_list("comparison_id", "order"):
        total[planned[comparison].generators] += 1 if order == orders.STRAIGHT else -1
    return total
