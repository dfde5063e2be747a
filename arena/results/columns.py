"""The standing votes of a study as arrays, kept in this process and brought up to date at every look.

Reading a million rows takes seconds, ranking them a fraction of one. So the rows stay here as a few megabytes
of codes; each look asks the database for a mark (from index ends) and reads only what came since. Whatever
does not add up is read anew, so nothing stale is ever shown.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Case, CharField, Count, F, Max, Sum, TextField, Value, When
from django.db.models.functions import Cast

from annotations.models import (
    AssignmentKind,
    Block,
    Comparison,
    ComparisonSlot,
    Generator,
    Rater,
    Study,
    Vote,
)

Ints = npt.NDArray[np.int64]
KEPT_STUDIES = 8
CHUNK = 50_000
# Surplus votes came when their place was filled: kept and shown as such, never counted.
SURPLUS = "surplus"
KINDS = (*AssignmentKind.values, SURPLUS)
_COLUMNS = ("ids", "comparison", "rater", "kind", "order", "answer", "answer_ms", "passed")
_FIELDS = ("id", "comparison_id", "rater_id", "counted_as", "order", "said", "answer_ms", "passed")


def rows_of(ids: Ints, wanted: Ints) -> Ints:
    """Where ids stand in an ascending list that holds them all. Ids of one study lie close together, and a
    table of them is read ten times faster than a million binary searches are made."""
    if not ids.size or ids[-1] - ids[0] > 4 * ids.size + 1_000_000:
        return np.searchsorted(ids, wanted)
    table = np.zeros(ids[-1] - ids[0] + 1, dtype=np.int64)
    table[ids - ids[0]] = np.arange(ids.size)
    return table[wanted - ids[0]]


@dataclass(frozen=True)
class Mark:
    """Tells one state of a study's votes from another, without counting them: whoever stores a vote counts it
    with its rater in the same transaction, so one that commits late, with a low id, still changes `voted`."""

    voted: int
    last_id: int
    retracted: int
    retracted_at: datetime | None


@dataclass
class Vocabulary:
    """Texts as codes, by first appearance."""

    texts: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)

    def encode(self, values: Iterable[str]) -> npt.NDArray[np.int32]:
        codes, texts = self.codes, self.texts
        out = []
        for value in values:
            code = codes.get(value)
            if code is None:
                code = codes[value] = len(texts)
                texts.append(value)
            out.append(code)
        return np.array(out, dtype=np.int32)


@dataclass
class Comparisons:
    """Slots of comparisons, row per comparison: generator and image ids (-1 where there is none), prompt,
    block, and whether it is a regular one."""

    ids: Ints
    generators: Ints
    images: Ints
    prompts: Ints
    blocks: Ints
    regular: npt.NDArray[np.bool_]

    def rows(self, comparison_ids: Ints) -> Ints:
        return rows_of(self.ids, comparison_ids)

    @cached_property
    def generator_ids(self) -> Ints:
        """All that stand in a slot, ascending."""
        return np.flatnonzero(np.bincount(self.generators.ravel() + 1)[1:])


@dataclass
class VoteColumns:
    """One entry per standing vote, in the order of ids. `passed` is -1 where nothing could be passed."""

    mark: Mark
    ids: Ints
    comparison: Ints
    rater: Ints
    kind: npt.NDArray[np.int8]
    order: npt.NDArray[np.int32]
    answer: npt.NDArray[np.int32]
    answer_ms: npt.NDArray[np.float64]
    passed: npt.NDArray[np.int8]
    orders: Vocabulary
    answers: Vocabulary
    comparisons: Comparisons

    def parsed_answers(self) -> list[dict[str, Any]]:
        """What each answer code says."""
        return [json.loads(text) for text in self.answers.texts]


_kept: OrderedDict[str, VoteColumns] = OrderedDict()
_lock = threading.Lock()


def mark_of(study: Study) -> Mark:
    votes = Vote.objects.filter(study=study)
    # One look-up per kind: the index holds ids in order within a kind.
    last = [votes.filter(kind=kind).aggregate(last=Max("id"))["last"] or 0 for kind in AssignmentKind.values]
    undone = votes.filter(retracted_at__isnull=False).aggregate(n=Count("id"), last=Max("retracted_at"))
    voted = Rater.objects.filter(study=study).aggregate(n=Sum("voted"))["n"]
    return Mark(voted or 0, max(last), undone["n"], undone["last"])


def of(study: Study) -> VoteColumns:
    """The votes that stand now. Callers must not change the arrays."""
    mark = mark_of(study)
    with _lock:
        kept = _kept.get(study.public_id)
        if kept is None or kept.mark != mark:
            kept = (kept and _continued(study, kept, mark)) or _read_anew(study, mark)
            _kept[study.public_id] = kept
            while len(_kept) > KEPT_STUDIES:
                _kept.popitem(last=False)
        _kept.move_to_end(study.public_id)
        return kept


def _read_anew(study: Study, mark: Mark) -> VoteColumns:
    orders, answers = Vocabulary(), Vocabulary()
    parts = _read(study, 0, mark.last_id, orders, answers)
    return VoteColumns(mark, *parts, orders, answers, _comparisons(study))


def _continued(study: Study, kept: VoteColumns, mark: Mark) -> VoteColumns | None:
    """The kept votes less those undone since, and those that came since; None if that does not add up."""
    if mark.last_id < kept.mark.last_id:
        return None
    # Vocabularies only grow, and threads that still read the old columns know the old codes alone.
    new = _read(study, kept.mark.last_id, mark.last_id, kept.orders, kept.answers)
    old = [
        kept.ids,
        kept.comparison,
        kept.rater,
        kept.kind,
        kept.order,
        kept.answer,
        kept.answer_ms,
        kept.passed,
    ]
    if mark.retracted != kept.mark.retracted or mark.retracted_at != kept.mark.retracted_at:
        undone = Vote.objects.filter(study=study, retracted_at__isnull=False).values_list("id", flat=True)
        stands = ~np.isin(kept.ids, np.fromiter(undone, dtype=np.int64))
        old = [column[stands] for column in old]
    joined = [np.concatenate(pair) for pair in zip(old, new, strict=True)]
    known = Vote.objects.filter(study=study, id__lte=mark.last_id).count()
    if joined[0].size != known - mark.retracted:
        return None
    comparisons = kept.comparisons
    if not np.isin(new[1], comparisons.ids).all() or _last_comparison(study) != comparisons.ids.max(
        initial=0
    ):
        comparisons = _comparisons(study)
    return VoteColumns(mark, *joined, kept.orders, kept.answers, comparisons)


def _read(study: Study, after: int, upto: int, orders: Vocabulary, answers: Vocabulary) -> list[Any]:
    rows = (
        Vote.objects.filter(study=study, id__gt=after, id__lte=upto, retracted_at__isnull=True)
        .order_by("id")
        .annotate(
            said=Cast("answer", TextField()),
            counted_as=Case(
                When(surplus=True, then=Value(SURPLUS)), default=F("kind"), output_field=CharField()
            ),
        )
        .values_list(*_FIELDS)
        .iterator(chunk_size=CHUNK)
    )
    kinds = {kind: code for code, kind in enumerate(KINDS)}
    parts: list[list[Any]] = [[] for _ in _FIELDS]
    while batch := list(islice(rows, CHUNK)):
        ids, comparison, rater, kind, order, said, answer_ms, passed = zip(*batch, strict=True)
        columns = (
            np.array(ids, dtype=np.int64),
            np.array(comparison, dtype=np.int64),
            np.array(rater, dtype=np.int64),
            np.array([kinds[value] for value in kind], dtype=np.int8),
            orders.encode(order),
            answers.encode(said),
            np.array(answer_ms, dtype=np.float64),
            np.array([-1 if value is None else value for value in passed], dtype=np.int8),
        )
        for part, column in zip(parts, columns, strict=True):
            part.append(column)
    types = (np.int64, np.int64, np.int64, np.int8, np.int32, np.int32, np.float64, np.int8)
    return [
        np.concatenate(part) if part else np.empty(0, dtype=kind)
        for part, kind in zip(parts, types, strict=True)
    ]


def _comparisons(study: Study) -> Comparisons:
    slots = (
        ComparisonSlot.objects.filter(comparison__study=study)
        .order_by("comparison_id", "index")
        .values_list(
            "comparison_id",
            "index",
            "generator_id",
            "image_id",
            "comparison__prompt_id",
            "comparison__block_id",
            "comparison__kind",
        )
        .iterator(chunk_size=CHUNK)
    )
    rows = [(c, i, g, -1 if m is None else m, p, b, k == "regular") for c, i, g, m, p, b, k in slots]
    table = np.array(rows, dtype=np.int64).reshape(-1, 7)
    ids, place = np.unique(table[:, 0], return_inverse=True)
    width = int(table[:, 1].max(initial=0)) + 1
    generators, images = np.full((ids.size, width), -1), np.full((ids.size, width), -1)
    generators[place, table[:, 1]] = table[:, 2]
    images[place, table[:, 1]] = table[:, 3]
    prompts, blocks = np.full(ids.size, -1), np.full(ids.size, -1)
    prompts[place], blocks[place] = table[:, 4], table[:, 5]
    regular = np.zeros(ids.size, dtype=np.bool_)
    regular[place] = table[:, 6] == 1
    return Comparisons(ids, generators, images, prompts, blocks, regular)


def generator_names(block: Block) -> list[str]:
    """The generators that a block's regular comparisons hold, by name."""
    held = of(block.study).comparisons
    inside = held.generators[held.regular & (held.blocks == block.pk)]
    ids = np.flatnonzero(np.bincount(inside.ravel() + 1)[1:])
    return list(Generator.objects.filter(id__in=ids.tolist()).order_by("name").values_list("name", flat=True))


def _last_comparison(study: Study) -> int:
    """Id of the newest comparison that has slots, as all have once they are committed."""
    return Comparison.objects.filter(study=study).aggregate(last=Max("id"))["last"] or 0
