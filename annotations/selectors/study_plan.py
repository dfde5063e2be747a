"""The size of a plan before it is made: what launching with given settings would ask of raters."""

import math
from dataclasses import dataclass

from django.db.models import Count

from annotations.models import Image, Panel, Protocol, Study

# Stated beside every estimate of time that uses it.
SECONDS_PER_ANSWER = {Protocol.PAIRWISE: 8, Protocol.LIKERT: 20}


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
    protocol: str,
    overlap: int | None,
    comparisons_per_prompt: int | None,
    check_every: int,
    max_votes_per_rater: int | None = None,
) -> PlanSummary:
    """What launching with these settings would ask of raters. Overlap None: as the study's panels have it."""
    overlap = overlap or total_overlap(study)
    available = [_comparisons_of(counts, protocol) for counts in _images_by_prompt(study)]
    comparisons = sum(_capped(count, comparisons_per_prompt) for count in available)
    places = comparisons * overlap
    checks = round(places / (check_every - 1)) if check_every > 1 else 0
    seconds = SECONDS_PER_ANSWER.get(Protocol(protocol), 8)
    least = max(overlap, math.ceil(places / max_votes_per_rater)) if max_votes_per_rater else overlap
    return PlanSummary(
        comparisons=comparisons,
        places=places,
        checks=checks,
        answers=places + checks,
        least_raters=least if comparisons else 0,
        minutes=math.ceil((places + checks) * seconds / 60),
        seconds_per_answer=seconds,
        skipped_prompts=study.prompts.count() - sum(count > 0 for count in available),
        overlap=overlap,
    )


def total_overlap(study: Study) -> int:
    """Votes wanted for each comparison, over all panels; what launch takes where nothing was chosen."""
    return sum(study.panels.values_list("overlap", flat=True)) or Panel._meta.get_field("overlap").default


def _images_by_prompt(study: Study) -> list[list[int]]:
    """For every prompt with pictures: how many each of its generators has, fewest first."""
    cells = (
        Image.objects.filter(study=study)
        .order_by()
        .values("prompt_id", "generator_id")
        .annotate(images=Count("pk"))
        .values_list("prompt_id", "images")
    )
    found: dict[int, list[int]] = {}
    for prompt, images in cells:
        found.setdefault(prompt, []).append(images)
    return [sorted(counts) for counts in found.values()]


def _comparisons_of(counts: list[int], protocol: str) -> int:
    """As annotations.assignment.pairs plans them: every image once, or every pair of generators, whose
    seeds meet in turn so that the longer list sets the number."""
    if protocol == Protocol.LIKERT:
        return sum(counts)
    return sum(index * longer for index, longer in enumerate(counts))


def _capped(count: int, limit: int | None) -> int:
    return count if limit is None else min(count, limit)
