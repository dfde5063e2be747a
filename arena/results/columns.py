"""The standing votes of a study as arrays, kept in this process and brought up to date at every look.

Reading a million rows takes seconds, ranking them a fraction of one. So the rows stay here as a few megabytes
of codes; each look asks the database for a mark (from index ends) and reads only what came since. Whatever
does not add up is read anew, so nothing stale is ever shown.
"""

import itertools
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max, Sum

from annotations.models import AssignmentKind, Block, Comparison, Generator, Rater, Study, Vote
from arena.results.growing import Grown, Lineage, Story
from arena.results.looking import once
from arena.results.reading import (
    KINDS,
    SURPLUS,
    Comparisons,
    Ints,
    Vocabulary,
    read_comparisons,
    rows_of,
    vote_columns,
)

__all__ = ["KINDS", "SURPLUS", "Comparisons", "Ints", "Mark", "VoteColumns", "mark_of", "of", "rows_of"]
KEPT_STUDIES = 8
# Of all kept studies together; the one last looked at is kept whatever its size.
KEPT_VOTES = 4_000_000
# Answers of those who still learn are stored, but not counted with their rater.
LEARNING = tuple(KINDS.index(kind) for kind in (AssignmentKind.PRACTICE, AssignmentKind.QUIZ))


@dataclass(frozen=True)
class Mark:
    """Tells one state of a study's votes from another, without counting them: whoever stores a vote counts it
    with its rater in the same transaction, so one that commits late, with a low id, still changes `voted`.
    `asked` orders the marks by when this process asked for them."""

    voted: int
    last_id: int
    retracted: int
    retracted_at: datetime | None
    asked: int = field(default=0, compare=False)


@dataclass
class VoteColumns:
    """One entry per standing vote, in the order of ids. `passed` is -1 where nothing could be passed; `place`
    is the vote's row in `comparisons`. Columns of one lineage begin alike; `told` is how much of the story of
    changes they know."""

    mark: Mark
    ids: Ints
    comparison: Ints
    rater: Ints
    kind: npt.NDArray[np.int8]
    order: npt.NDArray[np.int32]
    answer: npt.NDArray[np.int32]
    answer_ms: npt.NDArray[np.float64]
    passed: npt.NDArray[np.int8]
    place: npt.NDArray[np.int32]
    orders: Vocabulary
    answers: Vocabulary
    comparisons: Comparisons
    grown: list[Grown]
    lineage: Lineage
    story: Story
    told: int

    def parsed_answers(self) -> list[dict[str, Any]]:
        """What each answer code says."""
        return self.answers.parsed()


_kept: OrderedDict[str, VoteColumns] = OrderedDict()
_lock = threading.Lock()
_asked = itertools.count(1)


def mark_of(study: Study) -> Mark:
    return once("votes", study, _mark)


def _mark(study: Study) -> Mark:
    asked, votes = next(_asked), Vote.objects.filter(study=study)
    # One look-up per kind: the index holds ids in order within a kind.
    last = [votes.filter(kind=kind).aggregate(last=Max("id"))["last"] or 0 for kind in AssignmentKind.values]
    undone = votes.filter(retracted_at__isnull=False).aggregate(n=Count("id"), last=Max("retracted_at"))
    voted = Rater.objects.filter(study=study).aggregate(n=Sum("voted"))["n"]
    return Mark(voted or 0, max(last), undone["n"], undone["last"], asked)


def of(study: Study) -> VoteColumns:
    """The votes that stand now. Callers must not change the arrays."""
    return once("columns", study, _at_mark)


def _at_mark(study: Study) -> VoteColumns:
    mark = mark_of(study)
    with _lock:
        kept = _kept.get(study.public_id)
        if kept is None or kept.mark == mark or kept.mark.asked < mark.asked:
            return _brought_up(study, kept, mark)
    # Since this look began, another has brought newer votes, and those stay.
    return _read_anew(study, mark)


def _brought_up(study: Study, kept: VoteColumns | None, mark: Mark) -> VoteColumns:
    if kept is None or kept.mark != mark:
        kept = (kept and _continued(study, kept, mark)) or _read_anew(study, mark)
        _kept[study.public_id] = kept
    _kept.move_to_end(study.public_id)
    while len(_kept) > 1 and _too_many():
        _kept.popitem(last=False)
    return kept


def _too_many() -> bool:
    return len(_kept) > KEPT_STUDIES or sum(votes.ids.size for votes in _kept.values()) > KEPT_VOTES


def _read_anew(study: Study, mark: Mark) -> VoteColumns:
    orders, answers = Vocabulary(), Vocabulary()
    parts = vote_columns(study, 0, mark.last_id, orders, answers)
    comparisons = read_comparisons(study)
    grown = [Grown(part) for part in [*parts, _places(comparisons, parts[1])]]
    return _of(mark, grown, (orders, answers, comparisons), Lineage(), Story())


def _of(
    mark: Mark,
    grown: list[Grown],
    words: tuple[Vocabulary, Vocabulary, Comparisons],
    lineage: Lineage,
    story: Story,
) -> VoteColumns:
    return VoteColumns(mark, *(part.values for part in grown), *words, grown, lineage, story, story.length)


def _places(comparisons: Comparisons, ids: Ints) -> npt.NDArray[np.int32]:
    return comparisons.rows(ids).astype(np.int32)


def _continued(study: Study, kept: VoteColumns, mark: Mark) -> VoteColumns | None:
    """The kept votes less those undone since, and those that came since; None if that does not add up."""
    if mark.last_id < kept.mark.last_id or kept.story.too_long:
        return None
    # Vocabularies only grow, and threads that still read the old columns know the old codes alone.
    new = vote_columns(study, kept.mark.last_id, mark.last_id, kept.orders, kept.answers)
    stands = _standing(study, kept, mark)
    if not _adds_up(study, kept, stands, new, mark):
        return None
    lineage, grown = kept.lineage, kept.grown
    if stands is not None:
        kept.story.tell(kept.rater[~stands], kept.comparison[~stands])
        lineage, grown = Lineage(), [Grown(part.values[stands]) for part in grown]
    comparisons = _later_comparisons(study, kept.comparisons, new[1])
    if comparisons is None:
        comparisons = read_comparisons(study)
        lineage, grown = Lineage(), [*grown[:-1], Grown(_places(comparisons, grown[1].values))]
    new.append(_places(comparisons, new[1]))
    kept.story.tell(new[2], new[1])
    for part, more in zip(grown, new, strict=True):
        part.extend(more)
    return _of(mark, grown, (kept.orders, kept.answers, comparisons), lineage, kept.story)


def _standing(study: Study, kept: VoteColumns, mark: Mark) -> npt.NDArray[np.bool_] | None:
    """Which of the kept votes still stand; None where all do."""
    if (mark.retracted, mark.retracted_at) == (kept.mark.retracted, kept.mark.retracted_at):
        return None
    undone = Vote.objects.filter(study=study, retracted_at__isnull=False).values_list("id", flat=True)
    ids = np.fromiter(undone.iterator(), dtype=np.int64)
    stands = np.ones(kept.ids.size, dtype=np.bool_)
    at = np.searchsorted(kept.ids, ids)
    inside = at < kept.ids.size
    at, ids = at[inside], ids[inside]
    stands[at[kept.ids[at] == ids]] = False
    return None if stands.all() else stands


def _adds_up(study: Study, kept: VoteColumns, stands: Any, new: list[Any], mark: Mark) -> bool:
    """Whether these are all votes that stand. Raters know how many they gave, so that a million votes need
    not be counted; what does not agree with them is counted."""
    old = kept.kind if stands is None else kept.kind[stands]
    learning = sum(int(np.count_nonzero(part == kind)) for part in (old, new[3]) for kind in LEARNING)
    size = old.size + new[0].size
    standing = Vote.objects.filter(study=study, id__lte=mark.last_id)
    if size - learning == mark.voted:
        unlearned = standing.filter(kind__in=[KINDS[code] for code in LEARNING], retracted_at__isnull=True)
        return unlearned.count() == learning
    return size == standing.count() - mark.retracted


def _later_comparisons(study: Study, known: Comparisons, voted_on: Ints) -> Comparisons | None:
    """The comparisons known with those that came since behind; None where that does not hold all."""
    last = Comparison.objects.filter(study=study).aggregate(last=Max("id"))["last"] or 0
    upto = int(known.ids[-1]) if known.ids.size else 0
    joined = known.joined(read_comparisons(study, upto)) if last > upto else known
    if joined is None or last < upto or not voted_on.size:
        return joined if last >= upto else None
    if not joined.ids.size:
        return None
    at = np.minimum(np.searchsorted(joined.ids, voted_on), joined.ids.size - 1)
    return joined if (joined.ids[at] == voted_on).all() else None


def generator_names(block: Block) -> list[str]:
    """The generators that a block's regular comparisons hold, by name."""
    held = of(block.study).comparisons.generators_of(block.pk)
    return list(Generator.objects.filter(id__in=held).order_by("name").values_list("name", flat=True))
