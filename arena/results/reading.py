"""A study's votes and comparisons out of the database, in pieces, as arrays of codes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Case, CharField, F, IntegerField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce

from annotations.models import AssignmentKind, Comparison, ComparisonSlot, Study, Vote
from arena.results.growing import Grown

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
CHUNK = 50_000
# Surplus votes came when their place was filled: kept and shown as such, never counted.
SURPLUS = "surplus"
KINDS = (*AssignmentKind.values, SURPLUS)
_FIELDS = ("id", "comparison_id", "rater_id", "counted_as", "order", "said", "answer_ms", "passed")


def rows_of(ids: Ints, wanted: Ints) -> Ints:
    """Where ids stand in an ascending list that holds them all. Ids of one study lie close together, and a
    table of them is read ten times faster than a million binary searches are made."""
    if not ids.size or ids[-1] - ids[0] > 4 * ids.size + 1_000_000:
        return np.searchsorted(ids, wanted)
    table = np.zeros(ids[-1] - ids[0] + 1, dtype=np.int64)
    table[ids - ids[0]] = np.arange(ids.size)
    return table[wanted - ids[0]]


@dataclass
class Vocabulary:
    """Texts as codes, by first appearance."""

    texts: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    _parsed: list[dict[str, Any]] = field(default_factory=list)

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

    def parsed(self) -> list[dict[str, Any]]:
        """What each code says, of texts that are JSON."""
        upto = len(self.texts)
        known = self._parsed  # another thread may set it meanwhile
        if len(known) < upto:
            known = self._parsed = [*known, *map(json.loads, self.texts[len(known) : upto])]
        return known


@dataclass
class Comparisons:
    """Slots of comparisons, row per comparison: generator and image ids (-1 where there is none), prompt,
    block, and whether it is a regular one."""

    ids: Ints
    generators: Ints
    images: Ints
    prompts: Ints
    blocks: Ints
    regular: Bools

    def rows(self, comparison_ids: Ints) -> Ints:
        return rows_of(self.ids, comparison_ids)

    @cached_property
    def generator_ids(self) -> Ints:
        """All that stand in a slot, ascending."""
        return np.flatnonzero(np.bincount(self.generators.ravel() + 1)[1:])

    @cached_property
    def _by_block(self) -> dict[int, list[int]]:
        return {}

    def generators_of(self, block_id: int) -> list[int]:
        """The generators that a block's regular comparisons hold."""
        if block_id not in self._by_block:
            inside = self.generators[self.regular & (self.blocks == block_id)]
            self._by_block[block_id] = np.flatnonzero(np.bincount(inside.ravel() + 1)[1:]).tolist()
        return self._by_block[block_id]

    def joined(self, more: "Comparisons") -> "Comparisons | None":
        """With later ones behind; None where they do not follow."""
        if more.generators.shape[1] > self.generators.shape[1]:
            return None
        wide = [_padded(slots, self.generators.shape[1]) for slots in (more.generators, more.images)]
        pairs = [
            (self.ids, more.ids),
            (self.generators, wide[0]),
            (self.images, wide[1]),
            (self.prompts, more.prompts),
            (self.blocks, more.blocks),
            (self.regular, more.regular),
        ]
        return Comparisons(*(np.concatenate(pair) for pair in pairs))


def _padded(slots: Ints, width: int) -> Ints:
    return np.pad(slots, ((0, 0), (0, width - slots.shape[1])), constant_values=-1)


def vote_columns(
    study: Study, after: int, upto: int, orders: Vocabulary, answers: Vocabulary
) -> list[npt.NDArray[Any]]:
    """Standing votes with ids in (after, upto]: ids, comparison, rater, kind, order, answer, answer_ms,
    passed."""
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
    )
    kinds = {kind: code for code, kind in enumerate(KINDS)}
    types = (np.int64, np.int64, np.int64, np.int8, np.int32, np.int32, np.float64, np.int8)
    parts = [Grown(np.empty(0, dtype=kind)) for kind in types]
    for batch in _batches(rows):
        ids, comparison, rater, kind, order, said, answer_ms, passed = zip(*batch, strict=True)
        coded = (
            ids,
            comparison,
            rater,
            [kinds[value] for value in kind],
            orders.encode(order),
            answers.encode(said),
            np.array(answer_ms, dtype=np.float64),
            [-1 if value is None else value for value in passed],
        )
        for part, column in zip(parts, coded, strict=True):
            part.extend(np.asarray(column))
    return [part.values for part in parts]


def _batches(rows: QuerySet[Any, tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    held = rows.iterator(chunk_size=CHUNK)
    while batch := list(islice(held, CHUNK)):
        yield batch


def read_comparisons(study: Study, after: int = 0) -> Comparisons:
    """Those with ids above `after`."""
    rows = (
        Comparison.objects.filter(study=study, id__gt=after)
        .order_by("id")
        .annotate(is_regular=Case(When(kind="regular", then=1), default=0, output_field=IntegerField()))
        .values_list("id", "prompt_id", "block_id", "is_regular")
    )
    held = _table(rows, 4)
    ids = held[:, 0].copy()
    slots = _table(
        ComparisonSlot.objects.filter(comparison__study=study, comparison_id__gt=after)
        .order_by()
        .annotate(shown=Coalesce("image_id", -1))
        .values_list("comparison_id", "index", "generator_id", "shown"),
        4,
    )
    # A comparison that was committed in between has slots, but no row yet.
    slots = slots[np.isin(slots[:, 0], ids)]
    place, width = rows_of(ids, slots[:, 0]), int(slots[:, 1].max(initial=0)) + 1
    generators, images = np.full((ids.size, width), -1), np.full((ids.size, width), -1)
    generators[place, slots[:, 1]] = slots[:, 2]
    images[place, slots[:, 1]] = slots[:, 3]
    return Comparisons(ids, generators, images, held[:, 1].copy(), held[:, 2].copy(), held[:, 3] == 1)


def _table(rows: QuerySet[Any, tuple[Any, ...]], width: int) -> Ints:
    found = Grown(np.empty((0, width), dtype=np.int64))
    for batch in _batches(rows):
        found.extend(np.array(batch, dtype=np.int64))
    return found.values
