"""Serving: leases on places, attention checks in between, and what happens when nothing is left."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotations.actions import statements
from annotations.actions.completion import complete
from annotations.actions.locking import lock_rater
from annotations.assignment import checks
from annotations.assignment.serving import FreePlace, choose, order_sign
from annotations.errors import VoteRefused
from annotations.models import (
    Assignment,
    AssignmentKind,
    AssignmentState,
    Comparison,
    ComparisonKind,
    Panel,
    Place,
    PlaceState,
    Rater,
    RaterState,
    StudyState,
)

AHEAD = 3
# Among so many free places first in rank, one is chosen that suits the rater's sides and prompts.
WINDOW = 24
LIVE = (AssignmentState.LEASED, AssignmentState.VOTED)
_random = random.SystemRandom()


@dataclass(frozen=True)
class Serving:
    """What a rater has in hand. `state`: running, waiting, paused, closed, finished."""

    assignments: list[Assignment]
    state: str
    retry_after_s: int | None = None


def next_for(*, rater: Rater, count: int = AHEAD) -> list[Assignment]:
    """The rater's leases, the one to answer first in front, filled up to `count`. An empty list means that
    nothing is left: the rater is finished then, unless the study stands still or others hold the rest."""
    return serve(rater=rater, count=count).assignments


@transaction.atomic
def serve(*, rater: Rater, count: int = AHEAD) -> Serving:
    locked = lock_rater(rater.pk)
    serving = serve_locked(locked, count=count)
    statements.save_counters(locked)
    if serving.state == "finished" and locked.state == RaterState.ACTIVE:
        complete(locked)
    return serving


def serve_locked(
    rater: Rater, *, count: int = AHEAD, below: int | None = None, recent: Sequence[int] = ()
) -> Serving:
    """Serve a locked rater; the caller saves its counters. Fills up to `count` as soon as fewer than `below`
    are in hand. `recent` are prompts that the rater has just answered."""
    if still := _standing_still(rater):
        return still
    now = timezone.now()
    held = _renewed(rater, now)
    if len(held) < (count if below is None else below):
        held += _serve_more(rater, held, count, recent, now)
    if held:
        return Serving(held, "running")
    return _nothing_free(rater, now)


def _standing_still(rater: Rater) -> Serving | None:
    if rater.state in (RaterState.FINISHED, RaterState.WITHDRAWN):
        return Serving([], "finished")
    if rater.state == RaterState.JOINED:
        raise VoteRefused(
            "Consent comes first.", code="consent_required", status=403, mend="Open the study's link again."
        )
    state = rater.study.state
    if state in (StudyState.PAUSED, StudyState.CLOSED):
        return Serving([], state)
    return None if state == StudyState.RUNNING else Serving([], "waiting", 30)


def _renewed(rater: Rater, now: datetime) -> list[Assignment]:
    """Leases in hand. Somebody who asks is still there: leases past their half begin anew, also those that
    ran out but that nobody has taken back."""
    held = statements.held_by(rater)
    lease = timedelta(seconds=rater.study.lease_s)
    old = [assignment.pk for assignment in held if assignment.expires_at < now + lease / 2]
    if not old:
        return held
    # Locked, because whoever takes back expired leases may be at work on them.
    ours = dict(
        Assignment.objects.select_for_update()
        .filter(pk__in=old, state=AssignmentState.LEASED)
        .values_list("pk", "place_id")
    )
    Assignment.objects.filter(pk__in=ours).update(expires_at=now + lease)
    Place.objects.filter(pk__in=[place for place in ours.values() if place]).update(
        lease_expires_at=now + lease
    )
    kept = [assignment for assignment in held if assignment.pk in ours or assignment.pk not in old]
    for assignment in kept:
        if assignment.pk in ours:
            assignment.expires_at = now + lease
    return kept


def _serve_more(
    rater: Rater, held: Sequence[Assignment], count: int, recent: Sequence[int], now: datetime
) -> list[Assignment]:
    cap = rater.study.max_votes_per_rater
    room = math.inf if cap is None else cap - rater.voted - len(held)
    wanted = int(min(count - len(held), room))
    if wanted <= 0:
        return []
    prompts, after_check = _lately(rater, held, recent)
    due = _due_checks(rater, wanted, after_check)
    checks_now = _unseen_checks(rater, sum(due)) if any(due) else []
    regular = wanted - len(checks_now)
    if not held and not regular:
        # A check alone would only cost the rater's time: a place comes with it, or in its stead.
        regular = 1
        checks_now = checks_now if room > wanted else []
    places = _claim(rater, regular, prompts, now)
    made = _sequence(rater, due, checks_now, places, now) if places or held else []
    prompts_by_key = statements.prompts({assignment.comparison.prompt_id for assignment in made})
    for assignment in made:
        assignment.comparison.prompt = prompts_by_key[assignment.comparison.prompt_id]
    return Assignment.objects.bulk_create(made)


def _lately(rater: Rater, held: Sequence[Assignment], recent: Sequence[int]) -> tuple[list[int], bool]:
    """Prompts not to be repeated at once, and whether the last assignment served was a check."""
    if held:
        last = held[-1]
        return [*recent, *(a.comparison.prompt_id for a in held)], last.kind == AssignmentKind.CHECK
    rows = list(
        Assignment.objects.filter(rater=rater, state__in=LIVE)
        .order_by("-sequence")
        .values_list("comparison__prompt_id", "kind")[:2]
    )
    return [prompt for prompt, _ in rows], bool(rows) and rows[0][1] == AssignmentKind.CHECK


def _due_checks(rater: Rater, wanted: int, after_check: bool) -> list[bool]:
    """For each of the next sequence numbers, whether an attention check stands there."""
    study, due = rater.study, []
    if rater.next_check_at is None:
        rater.next_check_at = checks.first_check(
            every=study.check_every, within=study.first_check_within, rng=_random
        )
    for sequence in range(rater.served + 1, rater.served + wanted + 1):
        is_check = rater.next_check_at is not None and sequence >= rater.next_check_at and not after_check
        if is_check:
            rater.next_check_at = checks.next_check(after=sequence, every=study.check_every, rng=_random)
        due.append(is_check)
        after_check = is_check
    return due


def _unseen_checks(rater: Rater, wanted: int) -> list[tuple[Comparison, str]]:
    """Checks that this rater has not met, with the order in which each is shown."""
    met = list(
        Assignment.objects.filter(rater=rater, kind=AssignmentKind.CHECK)
        .exclude(state=AssignmentState.RETRACTED)
        .values_list("comparison_id", "order", "comparison__expected")
    )
    earlier = [(expected["slot"], order) for _, order, expected in met if "slot" in expected]
    unmet = list(
        Comparison.objects.filter(study_id=rater.study_id, kind=ComparisonKind.CHECK)
        .exclude(pk__in=[pk for pk, _, _ in met])
        .values_list("pk", flat=True)
    )
    chosen = _random.sample(unmet, min(wanted, len(unmet)))
    found = []
    for comparison in Comparison.objects.filter(pk__in=chosen):
        slot = (comparison.expected or {}).get("slot")
        order = checks.order_for(slot=slot, earlier=earlier, rng=_random)
        if slot is not None:
            earlier.append((slot, order))
        found.append((comparison, order))
    return found


def _claim(rater: Rater, wanted: int, prompts: Sequence[int], now: datetime) -> list[FreePlace]:
    """Lease free places. A place that somebody else is taking at this moment is skipped, not waited for."""
    expires_at = now + timedelta(seconds=rater.study.lease_s)
    claimed: list[FreePlace] = []
    tried: set[int] = set()
    swept = False
    while len(claimed) < wanted:
        comparisons = [place.comparison for place in claimed]
        free = statements.free_places(rater, without=tried, comparisons=comparisons, most=WINDOW)
        if not free:
            if swept or not release_expired(panel=rater.panel):
                break
            swept = True
            continue
        recent = [*prompts, *(place.prompt for place in claimed)]
        balance = rater.order_balance
        best = choose(free, wanted=wanted - len(claimed), balance=balance, recent=recent, rng=_random)
        leased = statements.lease([place.pk for place in best], expires_at)
        tried.update(place.pk for place in best)
        got = [place for place in best if place.pk in leased]
        rater.order_balance += sum(order_sign(place.order) for place in got)
        claimed += got
    return claimed


def _sequence(
    rater: Rater,
    due: Sequence[bool],
    checks_now: Sequence[tuple[Comparison, str]],
    places: Sequence[FreePlace],
    now: datetime,
) -> list[Assignment]:
    """Checks at the numbers where they are due, places at the others; it ends where places run out."""
    made: list[Assignment] = []
    waiting, regular = list(checks_now), list(places)
    for is_check in [*due, False]:
        if is_check and waiting:
            comparison, order = waiting.pop(0)
            made.append(_assignment(rater, comparison, order, now, kind=AssignmentKind.CHECK))
        elif regular:
            place = regular.pop(0)
            comparison = statements.comparison_of(place.comparison, place.prompt)
            made.append(_assignment(rater, comparison, place.order, now, place_id=place.pk))
        else:
            break
    return made


def _assignment(rater: Rater, comparison: Comparison, order: str, now: datetime, **fields: Any) -> Assignment:
    rater.served += 1
    return Assignment(
        study_id=rater.study_id,
        rater=rater,
        comparison=comparison,
        order=order,
        sequence=rater.served,
        served_at=now,
        expires_at=now + timedelta(seconds=rater.study.lease_s),
        **fields,
    )


def _nothing_free(rater: Rater, now: datetime) -> Serving:
    """Others may hold leases that could come back. Who has answered something has done their part and may
    go; who has answered nothing is asked to wait, or came for nothing."""
    cap = rater.study.max_votes_per_rater
    if rater.voted or cap == 0:
        return Serving([], "finished")
    # Also FREE ones: those were locked by somebody who was taking them at this moment.
    open_places = Place.objects.filter(panel_id=rater.panel_id).exclude(state=PlaceState.FILLED)
    first = open_places.order_by("lease_expires_at").values_list("lease_expires_at", flat=True).first()
    if first is None and not open_places.exists():
        return Serving([], "finished")
    seconds = 5 if first is None else int((first - now).total_seconds()) + 1
    return Serving([], "waiting", max(5, min(60, seconds)))


@transaction.atomic
def release_expired(*, panel: Panel | None = None, limit: int = 1000) -> int:
    """Free the places of leases that ran out. Checks hold no place: they wait for their rater."""
    now = timezone.now()
    expired = Place.objects.filter(state=PlaceState.LEASED, lease_expires_at__lt=now)
    if panel is not None:
        expired = expired.filter(panel=panel)
    held = list(
        Assignment.objects.select_for_update(skip_locked=True)
        .filter(
            place_id__in=list(expired.values_list("pk", flat=True)[:limit]),
            state=AssignmentState.LEASED,
            expires_at__lt=now,
        )
        .values_list("pk", "place_id")
    )
    Assignment.objects.filter(pk__in=[pk for pk, _ in held]).update(state=AssignmentState.EXPIRED)
    Place.objects.filter(pk__in=[place for _, place in held]).update(
        state=PlaceState.FREE, lease_expires_at=None
    )
    return len(held)
