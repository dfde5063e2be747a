"""Which votes a page looks at: those of its filter, less those of raters whom a rule or a person excludes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from annotations.models import Prompt, Study, Vote
from arena.results import columns, rules
from arena.results.columns import KINDS, SURPLUS, VoteColumns
from arena.results.filters import Filters, block_of
from arena.results.frames import CHECK, REGULAR, Bools, RaterFacts, Table, rater_facts
from arena.results.labels import ON

LATE = KINDS.index(SURPLUS)


@dataclass(frozen=True)
class Counts:
    """What was counted and what was left out, of the regular standing votes that the filter covers."""

    votes: int
    raters: int
    excluded_votes: int
    excluded_raters: int
    ruled_out_raters: int
    surplus_votes: int
    simulated_votes_left_out: int
    simulated_votes: int
    check_votes: int


@dataclass(frozen=True)
class Selection(Table):
    """The votes behind a page, counted."""

    counts: Counts


def select(
    study: Study,
    filters: Filters,
    *,
    kinds: tuple[int, ...] = (REGULAR,),
    left_out: Collection[str] | None = None,
) -> Selection:
    """Standing votes of the kinds asked for that pass the filter. `left_out` names raters (public ids) to
    leave out in place of those whom rules and people exclude."""
    votes, raters = columns.of(study), rater_facts(study)
    who = raters.rows(votes.rater)
    covered = _in_panel(raters, filters)[who] & _in_category(study, votes, filters)
    covered &= _in_block(study, votes, filters) & _in_time(study, votes, filters)
    regular = votes.kind == REGULAR
    hit = _ruled_out(study, raters, filters)
    out = _left_out(raters, hit, filters) if left_out is None else _named(raters, left_out)
    simulated, excluded = raters.simulated[who], out[who]
    wanted = _wanted_simulated(simulated, filters)
    kept = covered & wanted & ~excluded
    counted = kept & regular
    dropped = covered & wanted & regular & excluded
    counts = Counts(
        votes=int(counted.sum()),
        raters=int(np.count_nonzero(np.bincount(who[counted]))),
        excluded_votes=int(dropped.sum()),
        excluded_raters=int(np.count_nonzero(np.bincount(who[dropped]))),
        ruled_out_raters=int(np.count_nonzero(np.bincount(who[dropped & hit[who]]))),
        surplus_votes=int((covered & wanted & (votes.kind == LATE)).sum()),
        simulated_votes_left_out=int((covered & regular & simulated & ~wanted).sum()),
        simulated_votes=int((counted & simulated).sum()),
        check_votes=int((kept & (votes.kind == CHECK)).sum()),
    )
    return Selection(votes, raters, np.flatnonzero(kept & np.isin(votes.kind, kinds)), counts)


def _wanted_simulated(simulated: Bools, filters: Filters) -> Bools:
    if filters.simulated == "with":
        return np.ones_like(simulated)
    return simulated if filters.simulated == "only" else ~simulated


def _ruled_out(study: Study, raters: RaterFacts, filters: Filters) -> Bools:
    if filters.exclusions not in (ON, "rules"):
        return np.zeros(raters.ids.size, dtype=np.bool_)
    standing = rules.standing(study)
    return _named(raters, standing)


def _named(raters: RaterFacts, names: Collection[str]) -> Bools:
    return np.array([public_id in names for public_id in raters.public_ids], dtype=np.bool_)


def _left_out(raters: RaterFacts, hit: Bools, filters: Filters) -> Bools:
    return raters.excluded | hit if filters.exclusions in (ON, "manual") else hit


def _in_block(study: Study, votes: VoteColumns, filters: Filters) -> Bools:
    inside = votes.comparisons.blocks == block_of(study, filters).pk
    return inside[votes.comparisons.rows(votes.comparison)]


def _in_time(study: Study, votes: VoteColumns, filters: Filters) -> Bools:
    """Days are those of UTC, both inside."""
    if not filters.since and not filters.until:
        return np.ones(votes.ids.size, dtype=np.bool_)
    wanted = Vote.objects.filter(study=study)
    if filters.since:
        wanted = wanted.filter(created_at__gte=_midnight(filters.since))
    if filters.until:
        wanted = wanted.filter(created_at__lt=_midnight(filters.until) + timedelta(days=1))
    ids = np.fromiter(wanted.values_list("id", flat=True).iterator(chunk_size=50_000), dtype=np.int64)
    return np.isin(votes.ids, ids)


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _in_panel(raters: RaterFacts, filters: Filters) -> Bools:
    if not filters.panel:
        return ~raters.judges
    return np.array([panel == filters.panel for panel in raters.panels], dtype=np.bool_)


def _in_category(study: Study, votes: VoteColumns, filters: Filters) -> Bools:
    if not filters.category:
        return np.ones(votes.ids.size, dtype=np.bool_)
    wanted = Prompt.objects.filter(study=study, category=filters.category).values_list("id", flat=True)
    inside = np.isin(votes.comparisons.prompts, np.fromiter(wanted, dtype=np.int64))
    return inside[votes.comparisons.rows(votes.comparison)]
