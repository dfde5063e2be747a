"""Composing what a rater gets next: free places, with attention checks and repeats in between."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from annotations.actions import statements
from annotations.actions.locking import Known
from annotations.assignment import checks
from annotations.assignment.serving import (
    REPEAT_AFTER,
    FreePlace,
    Trail,
    choose,
    farthest,
    order_sign,
    repeat_is_due,
    reversed_order,
)
from annotations.models import AssignmentKind, Rater

# Among so many free places first in rank, one is chosen that suits the rater's prompts and sides.
WINDOW = 24
# So often somebody else may be faster before we go on with what we have.
TRIES = 6
# Begun anew in each worker process, so that no two draw alike. What must be secret is not drawn here.
chance = random.Random()
os.register_at_fork(after_in_child=chance.seed)


@dataclass(frozen=True, slots=True)
class Trial:
    kind: str
    comparison: int
    order: str
    prompt: int
    category: str
    block: int
    text: str
    place: int | None = None


def of_known(known: Known, order: str) -> Trial:
    return Trial(known.kind, known.pk, order, known.prompt, known.category, known.block, known.text)


def _of_place(place: FreePlace, kind: str = AssignmentKind.REGULAR) -> Trial:
    regular = kind == AssignmentKind.REGULAR
    order = place.order if regular else reversed_order(place.order)
    return Trial(
        kind, place.comparison, order, place.prompt, place.category, place.block, place.text,
        place.pk if regular else None,
    )  # fmt: skip


def compose(rater: Rater, *, wanted: int, in_hand: int, expires_at: datetime) -> list[Trial]:
    """The next trials of a locked rater, with their places leased; the caller saves the rater's counters.
    A place that somebody else is taking at this moment is left to them."""
    mine: dict[int, FreePlace] = {}
    taken: set[int] = set()
    for left in reversed(range(TRIES)):
        composer = _Composer(rater, wanted, in_hand, mine, taken, closed=left == 0)
        composer.run()
        new = {place.pk: place for place in composer.chosen if place.pk not in mine}
        got = statements.lease(new, expires_at) if new else set()
        mine |= {pk: new[pk] for pk in got}
        taken |= set(new) - got
        if len(got) == len(new):
            break
    statements.free(set(mine) - {place.pk for place in composer.chosen})
    composer.settle()
    return composer.trials


@dataclass
class _Composer:
    """One attempt. Nothing about the rater changes before `settle`. `mine` were leased by attempts before,
    `taken` were lost in them; `closed` looks for no more places."""

    rater: Rater
    wanted: int
    in_hand: int
    mine: dict[int, FreePlace]
    taken: set[int]
    closed: bool = False
    trials: list[Trial] = field(default_factory=list)
    chosen: list[FreePlace] = field(default_factory=list)
    pool: list[FreePlace] = field(default_factory=list)
    window: list[FreePlace] = field(default_factory=list)
    whole: bool = False  # the pool holds all that is free for this rater

    def __post_init__(self) -> None:
        rater = self.rater
        self.trail = Trail(rater.study.prompt_gap, [(prompt, name) for prompt, name in rater.lately])
        self.balance = rater.order_balance
        self.repeats = rater.repeats_served
        self.next_check_at = rater.next_check_at
        if self.next_check_at is None:
            study = rater.study
            first = checks.first_check(every=study.check_every, within=study.first_check_within, rng=chance)
            # Practice and quiz have numbers too, and stand before what is counted here.
            self.next_check_at = None if first is None else rater.served + first

    def run(self) -> None:
        self._look()
        while len(self.trials) < self.wanted:
            trial = self._known_or_again() or self._regular() or self._forced()
            if trial is None:
                return
            self.trials.append(trial)
            self.trail.add(trial.prompt, trial.category)
            if trial.kind != AssignmentKind.CHECK:
                self.balance += order_sign(trial.order)

    def settle(self) -> None:
        rater = self.rater
        rater.served += len(self.trials)
        rater.order_balance, rater.repeats_served = self.balance, self.repeats
        rater.next_check_at = self.next_check_at
        rater.lately = self.trail.lately()
        rater.rank_from = self._rank_from()

    def _rank_from(self) -> int:
        """Where to look first the next time: before the first place that was free for us and not chosen.
        Whoever has met thousands would otherwise pass all of them anew each time."""
        if self.closed:
            return self.rater.rank_from
        chosen = {place.pk for place in self.chosen}
        if left := [place.rank for place in self.window if place.pk not in chosen]:
            return min(left)
        return self.window[-1].rank + 1 if len(self.window) == WINDOW else 0

    # What is free

    def _look(self) -> None:
        self.pool = list(self.mine.values())
        if self.closed:
            return
        start = self.rater.rank_from
        self.window = statements.free_places(self.rater, rank_from=start, without=self.taken, most=WINDOW)
        if len(self.window) < WINDOW and start:
            # The end of the ranks: what came back behind us is looked at from the beginning.
            start = 0
            self.window = statements.free_places(self.rater, without=self.taken, most=WINDOW)
        self.whole = not start and len(self.window) < WINDOW
        self.pool += self.window

    def _unused(self) -> list[FreePlace]:
        met = {place.comparison for place in self.chosen}
        return [place for place in self.pool if place.comparison not in met]

    def _more(self, prompts: Sequence[int]) -> list[FreePlace]:
        """Places of other prompts than these, wherever they stand."""
        if self.whole or self.closed:
            return []
        known = {place.pk for place in self.pool}
        found = statements.free_places(self.rater, without=self.taken, prompts=prompts, most=WINDOW)
        self.pool += [place for place in found if place.pk not in known]
        return self._unused()

    def _regular(self) -> Trial | None:
        place = self._choose(self._unused())
        if place is None:
            place = self._choose(self._more(self.trail.recent(self.trail.gap)))
        return self._taken(place)

    def _choose(self, places: Sequence[FreePlace]) -> FreePlace | None:
        return choose(places, self.trail, balance=self.balance, mine=self.mine, rng=chance)

    def _forced(self) -> Trial | None:
        """Every prompt that is left was shown too lately. As long as something is in hand, others may come
        free; after that, the one shown longest ago is taken."""
        if self.in_hand or self.trials:
            return None
        places = self._unused()
        for most in reversed(range(self.trail.gap)):
            if self.whole or self.closed:
                break
            if places := self._more(self.trail.recent(most)):
                break
        place = farthest(places, self.trail)
        if place is None:
            return None
        if self._check_is_due():
            unmet, stood = self._unmet_checks()
            check = max(unmet, key=lambda known: self.trail.distance(known.prompt), default=None)
            if check and self.trail.distance(check.prompt) >= self.trail.distance(place.prompt):
                return self._check(check, stood)
        return self._taken(place)

    def _taken(self, place: FreePlace | None) -> Trial | None:
        if place is None:
            return None
        self.chosen.append(place)
        return _of_place(place)

    # What comes between places

    def _known_or_again(self) -> Trial | None:
        """A check or a repeat where one is due. Neither comes alone: a place must be in sight, and what comes
        is of its block, so that it stands out by nothing."""
        check, repeat = self._check_is_due(), self._repeat_is_due()
        places = self._unused() if check or repeat else []
        if not places:
            return None
        block = min(places, key=lambda place: place.rank).block
        return (self._next_check(block) if check else None) or (self._repeat(block) if repeat else None)

    def _sequence(self) -> int:
        return self.rater.served + len(self.trials) + 1

    def _check_is_due(self) -> bool:
        return self.next_check_at is not None and self._sequence() >= self.next_check_at

    def _next_check(self, block: int) -> Trial | None:
        unmet, stood = self._unmet_checks()
        if not unmet:
            self._plan_check()
        allowed = [known for known in unmet if self.trail.allows(known.prompt)]
        allowed = [known for known in allowed if known.block == block] or allowed
        return self._check(chance.choice(allowed), stood) if allowed else None

    def _unmet_checks(self) -> tuple[list[Known], list[tuple[int, int]]]:
        """Checks that this rater has not met; and of the others, block and position of what mattered."""
        met = dict(statements.checks_met(self.rater))
        met |= {trial.comparison: trial.order for trial in self.trials if trial.kind == AssignmentKind.CHECK}
        launched = self.rater.launched
        stood = []
        for comparison, order in met.items():
            known = launched.known[comparison]
            slot = checks.slot_that_matters(known.expected)
            if slot is not None:
                stood.append((known.block, order.index(str(slot))))
        return [known for known in launched.known_by_kind["check"] if known.pk not in met], stood

    def _check(self, known: Known, stood: Sequence[tuple[int, int]]) -> Trial:
        self._plan_check()
        order = checks.order_for(
            slots=known.slots,
            right=checks.slot_that_matters(known.expected),
            stood=[position for block, position in stood if block == known.block],
            rng=chance,
        )
        return of_known(known, order)

    def _plan_check(self) -> None:
        every = self.rater.study.check_every
        self.next_check_at = checks.next_check(after=self._sequence(), every=every, rng=chance)

    def _repeat_is_due(self) -> bool:
        rater = self.rater
        regular = rater.voted - rater.checks_voted - rater.repeats_served
        share = rater.study.repeat_share
        return repeat_is_due(regular=regular, repeats=self.repeats, share=share, rng=chance)

    def _repeat(self, block: int) -> Trial | None:
        again = {trial.comparison for trial in self.trials if trial.kind == AssignmentKind.REPEAT}
        found = [
            place
            for place in statements.repeatable(self.rater, until=self._sequence() - 1 - REPEAT_AFTER)
            if self.trail.allows(place.prompt) and place.comparison not in again
        ]
        found = [place for place in found if place.block == block] or found
        if not found:
            return None
        self.repeats += 1
        return _of_place(chance.choice(found), AssignmentKind.REPEAT)
