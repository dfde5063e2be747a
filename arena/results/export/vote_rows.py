"""The votes as export rows: what rows share is looked up once, and only the rest read vote by vote."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Max, TextField
from django.db.models.functions import Cast

from annotations.models import Block, ComparisonSlot, Exclusion, Generator, Prompt, Protocol, Study, Vote
from arena.results import rules
from arena.results.columns import SURPLUS
from arena.results.export.paging import as_json, pages
from arena.results.export.writers import Row
from arena.results.frames import GRADED

YES, NO = "yes", "no"
NOT_EXCLUDED = (None, None)
# Ways to answer are few; where they are not, they are forgotten from time to time.
KEPT_ANSWERS = 50_000
_VOTE = (
    "id",
    "public_id",
    "comparison_id",
    "comparison__public_id",
    "comparison__prompt_id",
    "comparison__block_id",
    "comparison__check_kind",
    "rater_id",
    "kind",
    "surplus",
    "order",
    "said",
    "remarks",
    "answer_ms",
    "passed",
    "created_at",
)
PASSED = {None: None, True: YES, False: NO}


def votes(study: Study) -> Iterator[list[Row]]:
    """Pages by id up to the last vote at the start: votes that come in meanwhile are for the next export."""
    standing = Vote.objects.filter(study=study, retracted_at__isnull=True)
    last = standing.aggregate(last=Max("id"))["last"] or 0
    queryset = standing.filter(id__lte=last).annotate(said=Cast("answer", TextField()))
    lines = _Lines(study)
    for page in pages(queryset, _VOTE):
        slots = _slots({row[2] for row in page})
        yield [line for row in page for line in lines.of(row, slots[row[2]])]


def _slots(comparisons: set[int]) -> dict[int, tuple[int, ...]]:
    """Generators of each comparison in canonical order."""
    found: dict[int, list[int]] = defaultdict(list)
    slots = ComparisonSlot.objects.order_by("comparison_id", "index")
    first, last = min(comparisons), max(comparisons)
    if last - first < 2 * len(comparisons):
        # A database reads a stretch faster than it reads a list of thousands.
        slots = slots.filter(comparison_id__gte=first, comparison_id__lte=last)
    else:
        slots = slots.filter(comparison_id__in=comparisons)
    for comparison, generator in slots.values_list("comparison_id", "generator_id"):
        found[comparison].append(generator)
    return {comparison: tuple(generators) for comparison, generators in found.items()}


class _Lines:
    """From a vote to its rows, one per criterion."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.blocks = {block.pk: block for block in study.blocks.all()}
        prompts = Prompt.objects.filter(study=study)
        self.prompts = {row[0]: row[1:] for row in prompts.values_list("id", "key", "category")}
        self.raters = _raters(study)
        self.generators: dict[int, str] = {}
        self.answers: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}

    def of(self, row: tuple[Any, ...], slots: tuple[int, ...]) -> Iterator[Row]:
        (_, vote, _, comparison, prompt, block, check_kind, rater, kind, surplus) = row[:10]
        order, said, remarks, answer_ms, passed, at = row[10:]
        panel, simulated, excluded = self.raters.get(rater) or self._new_rater(rater)
        before = (
            vote,
            self.study.public_id,
            self.blocks[block].key,
            comparison,
            *self.prompts[prompt],
            *panel,
            SURPLUS if surplus else kind,
            self.blocks[block].protocol,
        )
        after = (
            None if remarks is None else as_json(remarks),
            answer_ms,
            simulated,
            *excluded,
            check_kind or None,
            PASSED[passed],
            at.isoformat(),
        )
        key = (block, slots, order, said)
        answers = self.answers.get(key)
        if answers is None:
            if len(self.answers) >= KEPT_ANSWERS:
                self.answers.clear()
            answers = self.answers[key] = self._answers(self.blocks[block], slots, order, said)
        for answer in answers:
            yield (*before, *answer, *after)

    def _new_rater(self, rater: int) -> tuple[Any, ...]:
        """Somebody who joined since the start: their votes may have got low ids."""
        self.raters |= _raters(self.study)
        found: tuple[Any, ...] = self.raters[rater]
        return found

    def _answers(self, block: Block, slots: tuple[int, ...], order: str, said: str) -> list[tuple[Any, ...]]:
        held = [self._name(generator) for generator in slots]
        shown = [held[int(index)] for index in order]
        pair = block.protocol == Protocol.PAIRWISE
        return [
            (
                criterion,
                shown[0],
                shown[1] if pair else None,
                held[0],
                held[1] if pair else None,
                GRADED.get(value, value) or None if pair else None,
                value if isinstance(value, int) and not pair else None,
                as_json(shown),
                as_json(value),
            )
            for criterion, value in json.loads(said).items()
        ]

    def _name(self, generator: int) -> str:
        if generator not in self.generators:
            self.generators |= dict(Generator.objects.filter(pk=generator).values_list("pk", "name"))
        return self.generators[generator]


def _raters(study: Study) -> dict[int, tuple[Any, ...]]:
    """By id: panel, its kind and the pseudonym; whether simulated; why and by which way left out."""
    excluded = _excluded(study)
    fields = ("id", "public_id", "simulated", "panel__name", "panel__kind")
    return {
        pk: ((panel, kind, public_id), YES if simulated else NO, excluded.get(public_id, NOT_EXCLUDED))
        for pk, public_id, simulated, panel, kind in study.raters.values_list(*fields)
    }


def _excluded(study: Study) -> dict[str, tuple[str | None, str | None]]:
    """By public id, why a rater does not count, and by which way: by hand, or by a declared rule that nobody
    overruled, or both."""
    ruled = {
        rater: "rule " + ", ".join(hit.rule for hit in hits) for rater, hits in rules.standing(study).items()
    }
    by_hand = Exclusion.objects.filter(rater__study=study, lifted_at__isnull=True)
    reasons = dict(by_hand.values_list("rater__public_id", "reason"))
    return {
        rater: (reason or None, ("both" if rater in reasons else "rule") if rater in ruled else "hand")
        for rater, reason in (ruled | reasons).items()
    }
