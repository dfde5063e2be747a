"""Which votes a page looks at: those of its filter, less those of raters whom a rule or a person excludes."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from annotations.models import Prompt, Study, Vote
from arena.results import columns, rules
from arena.results.columns import KINDS, SURPLUS, Ints, VoteColumns
from arena.results.filters import Filters, block_of
from arena.results.frames import CHECK, REGULAR, Bools, RaterFacts, Table, rater_facts, rater_rows
from arena.results.growing import Grown
from arena.results.labels import ON

LATE = KINDS.index(SURPLUS)
# Lists of rows under one filter: of raters kept or left out, by the kinds of votes.
KEPT_ROWS = 4


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
    """The votes behind a page, counted. Of two selections with one `stem` the longer only has more rows
    behind."""

    study: Study
    counts: Counts
    stem: object


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
    hit = _ruled_out(study, raters, filters)
    out = _left_out(raters, hit, filters) if left_out is None else _named(raters, left_out)
    people = People.of(raters, hit, out, filters)
    with votes.lineage.lock:
        pool = _pool(study, votes, raters, filters)
        rows, stem = pool.rows(people.kept, kinds)
        return Selection(votes, raters, rows, study, _counts(people, pool.tally), stem)


@dataclass(frozen=True)
class People:
    """Per rater: inside the filter's panel and kind of votes or not, and left out or not."""

    covered: Bools
    wanted: Bools
    simulated: Bools
    hit: Bools
    out: Bools

    @classmethod
    def of(cls, raters: RaterFacts, hit: Bools, out: Bools, filters: Filters) -> "People":
        wanted = _wanted_simulated(raters.simulated, filters)
        return cls(_in_panel(raters, filters), wanted, raters.simulated, hit, out)

    @property
    def kept(self) -> Bools:
        return self.covered & self.wanted & ~self.out


def _counts(people: People, tally: Ints) -> Counts:
    """`tally` counts each rater's votes inside the filter by kind."""
    regular = tally[:, REGULAR]
    counted, dropped = people.kept, people.covered & people.wanted & people.out
    return Counts(
        votes=int(regular[counted].sum()),
        raters=int(np.count_nonzero(regular[counted])),
        excluded_votes=int(regular[dropped].sum()),
        excluded_raters=int(np.count_nonzero(regular[dropped])),
        ruled_out_raters=int(np.count_nonzero(regular[dropped & people.hit])),
        surplus_votes=int(tally[people.covered & people.wanted, LATE].sum()),
        simulated_votes_left_out=int(regular[people.covered & people.simulated & ~people.wanted].sum()),
        simulated_votes=int(regular[counted & people.simulated].sum()),
        check_votes=int(tally[counted, CHECK].sum()),
    )


class Pool:
    """The votes that a filter's block, category and days leave, whoever gave them; continued as votes come
    in. The first `seen` votes have been looked at."""

    def __init__(self, raters: RaterFacts) -> None:
        self.seen = 0
        self.rater_ids = raters.ids
        self.inside = Grown(np.empty(0, dtype=np.bool_))
        self.who: Ints = np.empty(0, dtype=np.int64)
        self.kind = np.empty(0, dtype=np.int8)
        self.tally: Ints = np.zeros((raters.ids.size, len(KINDS)), dtype=np.int64)
        self._rows: OrderedDict[tuple[int, ...], _Rows] = OrderedDict()

    def fits(self, votes: VoteColumns, raters: RaterFacts) -> bool:
        """Whether what was looked at stands where it stood. Another thread may hold older votes."""
        known = self.rater_ids
        return self.seen <= votes.ids.size and np.array_equal(known, raters.ids[: known.size])

    def extend(self, votes: VoteColumns, raters: RaterFacts, inside: Bools) -> None:
        self.who = rater_rows(votes, raters)
        who = self.who[self.seen :]
        if raters.ids.size > self.rater_ids.size:
            more = raters.ids.size - self.rater_ids.size
            self.tally = np.pad(self.tally, ((0, more), (0, 0)))
            self.rater_ids = raters.ids
        self.kind = votes.kind
        key = who[inside] * len(KINDS) + votes.kind[self.seen :][inside]
        self.tally = self.tally + np.bincount(key, minlength=self.tally.size).reshape(self.tally.shape)
        self.inside.extend(inside)
        self.seen = votes.ids.size

    def rows(self, kept: Bools, kinds: tuple[int, ...]) -> tuple[Ints, object]:
        """Rows of kept raters' votes of some kinds, and what tells this growing list from others."""
        found = self._rows.get(kinds)
        if found is None or not found.fits(kept):
            found = self._rows[kinds] = _Rows(kept)
            while len(self._rows) > KEPT_ROWS:
                self._rows.popitem(last=False)
        self._rows.move_to_end(kinds)
        found.extend(self, kept, kinds)
        return found.rows.values, found


class _Rows:
    def __init__(self, kept: Bools) -> None:
        self.kept = kept
        self.seen = 0
        self.rows = Grown(np.empty(0, dtype=np.int64))

    def fits(self, kept: Bools) -> bool:
        return np.array_equal(self.kept, kept[: self.kept.size])

    def extend(self, pool: Pool, kept: Bools, kinds: tuple[int, ...]) -> None:
        fresh = slice(self.seen, pool.seen)
        asked = np.zeros(len(KINDS), dtype=np.bool_)
        asked[list(kinds)] = True
        wanted = pool.inside.values[fresh] & kept[pool.who[fresh]] & asked[pool.kind[fresh]]
        self.rows.extend(np.flatnonzero(wanted) + self.seen)
        self.seen, self.kept = pool.seen, kept


def _pool(study: Study, votes: VoteColumns, raters: RaterFacts, filters: Filters) -> Pool:
    key = ("pool", filters.block, filters.category, filters.since, filters.until)
    pool: Pool = votes.lineage.state(key, lambda kept: kept.fits(votes, raters), lambda: Pool(raters))
    if pool.seen < votes.ids.size or pool.rater_ids.size < raters.ids.size:
        pool.extend(votes, raters, _inside(study, votes, filters, pool.seen))
    return pool


def _inside(study: Study, votes: VoteColumns, filters: Filters, start: int) -> Bools:
    """Of the votes from a row on, those in the filter's block, category and days."""
    held = votes.comparisons.blocks == block_of(study, filters).pk
    if filters.category:
        of_category = Prompt.objects.filter(study=study, category=filters.category)
        prompts = np.fromiter(of_category.values_list("id", flat=True), dtype=np.int64)
        held &= np.isin(votes.comparisons.prompts, prompts)
    inside = held[votes.place[start:]]
    if filters.since or filters.until:
        inside &= _in_time(study, votes.ids[start:], filters)
    return inside


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


def _in_time(study: Study, ids: Ints, filters: Filters) -> Bools:
    """Days are those of UTC, both inside."""
    if not ids.size:
        return np.zeros(0, dtype=np.bool_)
    wanted = Vote.objects.filter(study=study, id__gte=int(ids[0]), id__lte=int(ids[-1]))
    if filters.since:
        wanted = wanted.filter(created_at__gte=_midnight(filters.since))
    if filters.until:
        wanted = wanted.filter(created_at__lt=_midnight(filters.until) + timedelta(days=1))
    inside = np.fromiter(wanted.values_list("id", flat=True).iterator(chunk_size=50_000), dtype=np.int64)
    return np.isin(ids, inside)


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _in_panel(raters: RaterFacts, filters: Filters) -> Bools:
    if not filters.panel:
        return ~raters.judges
    return np.array([panel == filters.panel for panel in raters.panels], dtype=np.bool_)
