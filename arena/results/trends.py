"""Studies of the same generators over time, under one filter."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from annotations.actions import looks
from annotations.actions.audit import Actor
from arena.analytics.errors import UnknownLabelError
from arena.analytics.trend_result import TrendResult
from arena.analytics.trends import StudyVotes, trends
from arena.results.cache import state_of
from arena.results.filters import FilterRefused
from arena.results.pair_codes import pair_codes
from arena.results.rankings import knows_sides
from arena.results.selection import Counts, select
from arena.results.trend_choice import Asked, Chosen

KEPT = 8
_kept: OrderedDict[object, "TrendsFound"] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class TrendsFound:
    """`members` and `counts` go together; the result leaves out studies that have no strengths."""

    asked: Asked
    result: TrendResult
    counts: tuple[Counts, ...]

    @property
    def total(self) -> Counts:
        return Counts(
            *(sum(column) for column in zip(*(c.__dict__.values() for c in self.counts), strict=True))
        )

    @property
    def times(self) -> dict[str, datetime]:
        return {member.candidate.label: member.at for member in self.asked.members}


def note_look(asked: Asked, actor: Actor) -> None:
    """However the answer is given, it is a look at each of the studies."""
    for member in asked.members:
        looks.note(study=member.candidate.block.study, actor=actor)


def trends_of(asked: Asked) -> TrendsFound:
    """Remembered while votes, raters, skips and what is asked stay what they were."""
    states = tuple(_state(member) for member in asked.members)
    key = (asked.query, tuple(member.at for member in asked.members), states)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _found(asked)
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _state(member: Chosen) -> tuple[object, ...]:
    study = member.candidate.block.study
    return study.public_id, member.candidate.label, *state_of(study)


def _found(asked: Asked) -> TrendsFound:
    parts, counts = [], []
    for member in asked.members:
        study, filters = member.candidate.block.study, asked.filters(member)
        selection = select(study, filters)
        votes = pair_codes(selection, filters.criterion).data()
        parts.append(StudyVotes(member.candidate.label, votes, position=knows_sides(study)))
        counts.append(selection.counts)
    try:
        result = trends(parts, anchors=asked.anchors)
    except UnknownLabelError as error:
        # Shared by design, but not by the votes that the filter leaves.
        raise FilterRefused(error.message, mend=error.mend) from error
    return TrendsFound(asked, result, tuple(counts))
