"""Serving: what a rater has in hand, what comes next, and what happens when nothing is left."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.actions import batches, qualification, statements
from annotations.actions.completion import complete
from annotations.actions.locking import lock_known, lock_rater
from annotations.actions.trials import Trial, compose
from annotations.assignment.serving import Held, order_sign
from annotations.errors import VoteRefused
from annotations.models import (
    Assignment,
    AssignmentKind,
    AssignmentState,
    Panel,
    Place,
    PlaceState,
    Rater,
    RaterState,
    StudyState,
)
from annotations.models.base import new_token

# One to answer and at least three ahead, whose pictures load meanwhile; filled up again three at a time.
AHEAD, ENOUGH = 6, 4
NONCE = re.compile(r"[\w-]{1,32}", re.ASCII)
# Practice and quiz wait for their rater: they are known for what they are.
COME_AND_GO = (AssignmentKind.REGULAR, AssignmentKind.CHECK, AssignmentKind.REPEAT)
OVER = {
    RaterState.FINISHED: "finished",
    RaterState.WITHDRAWN: "finished",
    RaterState.SCREENED_OUT: "screened_out",
}


@dataclass(frozen=True)
class Serving:
    """What a rater has in hand. `state`: running, waiting, paused, closed, finished, screened_out."""

    assignments: list[Held]
    state: str
    retry_after_s: int | None = None


def next_for(*, rater: Rater, count: int = AHEAD) -> list[Assignment]:
    """The rater's leases, the one to answer first in front, filled up to `count`. An empty list means that
    nothing is left: the rater is finished then, unless the study stands still or others hold the rest."""
    keys = [held.pk for held in serve(rater=rater, count=count).assignments]
    found = Assignment.objects.select_related("comparison__prompt", "comparison__block").filter(pk__in=keys)
    return sorted(found, key=lambda assignment: keys.index(assignment.pk))


@transaction.atomic
def serve(*, rater: Rater, count: int = AHEAD) -> Serving:
    return serve_and_save(lock_rater(rater.pk), count=count)


@transaction.atomic
def serve_to(*, rater: Rater) -> tuple[Rater, Serving]:
    """Also the rater as it stands after that, with what the launch has frozen."""
    locked = lock_known(rater)
    return locked, serve_and_save(locked)


def serve_and_save(rater: Rater, *, count: int = AHEAD) -> Serving:
    """Serve a locked rater, and finish them when nothing is left."""
    serving = serve_locked(rater, count=count)
    if serving.state == "finished" and rater.state == RaterState.ACTIVE:
        complete(rater)
    return serving


def serve_locked(
    rater: Rater, *, count: int = AHEAD, below: int | None = None, held: list[Held] | None = None
) -> Serving:
    """Serve a locked rater. Fills up to `count` as soon as fewer than `below`
    are in hand. `held` is what the rater has in hand, where the caller knows."""
    if still := _standing_still(rater):
        return still
    now = timezone.now()
    held = _renewed(rater, statements.held_by(rater) if held is None else held, now)
    if len(held) < (count if below is None else below):
        held += _serve_more(rater, held, count, now)
    if held:
        return Serving(held, "running")
    return _nothing_free(rater, now)


def named(rater: Rater, nonce: Any, held: Sequence[Held]) -> Held:
    """The assignment with this nonce, which a rater has in hand or had before."""
    for assignment in held:
        if assignment.nonce == nonce:
            return assignment
    well_formed = isinstance(nonce, str) and NONCE.fullmatch(nonce)
    found = statements.by_nonce(nonce) if well_formed else None
    if found is None:
        raise VoteRefused(
            _("This assignment is not known."),
            code="unknown_assignment",
            status=404,
            mend=_("Reload the page."),
        )
    if found.rater_id != rater.pk:
        raise VoteRefused(
            _("This assignment belongs to somebody else."),
            code="foreign_assignment",
            status=403,
            mend=_("Reload the page."),
        )
    return found


def _standing_still(rater: Rater) -> Serving | None:
    if rater.state in OVER:
        return Serving([], OVER[RaterState(rater.state)])
    if rater.state == RaterState.JOINED:
        raise VoteRefused(
            _("Consent comes first."),
            code="consent_required",
            status=403,
            mend=_("Open the study's link again."),
        )
    state = rater.study.state
    if state in (StudyState.PAUSED, StudyState.CLOSED):
        return Serving([], state)
    return None if state == StudyState.RUNNING else Serving([], "waiting", 30)


def _renewed(rater: Rater, held: list[Held], now: datetime) -> list[Held]:
    """Somebody who asks is still there: leases past their half begin anew, also those that ran out but that
    nobody has taken back. Where places were taken back, what holds none has ended with them."""
    lease = timedelta(seconds=rater.study.lease_s)
    ran_out = [assignment for assignment in held if assignment.expires_at < now]
    if ran_out and not any(assignment.place_id for assignment in ran_out):
        held = _ended(rater, held, {a.pk for a in ran_out if a.kind in COME_AND_GO})
    old = [assignment for assignment in held if assignment.expires_at < now + lease / 2]
    if old:
        Assignment.objects.filter(pk__in=[assignment.pk for assignment in old]).update(expires_at=now + lease)
        Place.objects.filter(
            pk__in=[assignment.place_id for assignment in old if assignment.place_id]
        ).update(lease_expires_at=now + lease)
    for assignment in old:
        assignment.expires_at = now + lease
    return held


def _ended(rater: Rater, held: list[Held], gone: set[int]) -> list[Held]:
    Assignment.objects.filter(pk__in=gone).update(state=AssignmentState.EXPIRED)
    for assignment in held:
        if assignment.pk in gone and assignment.kind == AssignmentKind.REPEAT:
            rater.order_balance -= order_sign(assignment.order)
            rater.repeats_served -= 1
    statements.save_counters(rater)
    return [assignment for assignment in held if assignment.pk not in gone]


def _serve_more(rater: Rater, held: Sequence[Held], count: int, now: datetime) -> list[Held]:
    first, expires_at = rater.served, now + timedelta(seconds=rater.study.lease_s)
    if stage := qualification.stage(rater):
        trials = qualification.upcoming(rater, stage, count - len(held))
    else:
        cap = rater.study.max_votes_per_rater
        room = math.inf if cap is None else cap - rater.voted - len(held)
        wanted = int(min(count - len(held), room))
        trials = _composed(rater, wanted, len(held), expires_at) if wanted > 0 else []
    made = [
        _held(rater, trial, sequence, expires_at) for sequence, trial in enumerate(trials, start=first + 1)
    ]
    if made:
        statements.add(made, rater, now)
    return made


def _composed(rater: Rater, wanted: int, in_hand: int, expires_at: datetime) -> list[Trial]:
    trials = compose(rater, wanted=wanted, in_hand=in_hand, expires_at=expires_at)
    if not trials and not in_hand and release_expired(panel=rater.panel):
        trials = compose(rater, wanted=wanted, in_hand=in_hand, expires_at=expires_at)
    return trials


def _held(rater: Rater, trial: Trial, sequence: int, expires_at: datetime) -> Held:
    return Held(
        pk=0,
        rater_id=rater.pk,
        place_id=trial.place,
        comparison_id=trial.comparison,
        kind=trial.kind,
        state=AssignmentState.LEASED,
        sequence=sequence,
        order=trial.order,
        nonce=new_token(),
        picture_token=new_token(),
        expires_at=expires_at,
        prompt_id=trial.prompt,
        block_id=trial.block,
        text=trial.text,
    )


def _nothing_free(rater: Rater, now: datetime) -> Serving:
    """Others may hold leases that could come back. Who has answered something has done their part and may
    go; who has answered nothing is asked to wait, or came for nothing. All wait for an adaptive batch that
    opens any moment."""
    cap = rater.study.max_votes_per_rater
    if (cap is None or rater.voted < cap) and batches.imminent(rater.study):
        return Serving([], "waiting", 5)
    if rater.voted or cap == 0:
        return Serving([], "finished")
    may_come = statements.may_come(rater, now)
    if may_come is None:
        return Serving([], "finished")
    return Serving([], "waiting", max(5, min(60, int((may_come - now).total_seconds()) + 1)))


@transaction.atomic
def release_expired(*, panel: Panel | None = None, limit: int = 1000) -> int:
    """Free the places of leases that ran out; their raters' sides are as if they had not been served. Raters
    who are at work at this moment keep theirs. What holds no place ends with them: if checks and repeats
    alone outlived a break, that would tell which ones they are."""
    now = timezone.now()
    expired = Place.objects.filter(state=PlaceState.LEASED, lease_expires_at__lt=now)
    if panel is not None:
        expired = expired.filter(panel=panel)
    places = list(expired.order_by("lease_expires_at").values_list("pk", flat=True)[:limit])
    held = Assignment.objects.filter(place_id__in=places, state=AssignmentState.LEASED, expires_at__lt=now)
    raters = list(
        Rater.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk__in=held.values("rater"))
        .only("pk", "order_balance", "repeats_served")
    )
    ended = Assignment.objects.filter(
        rater__in=raters, state=AssignmentState.LEASED, expires_at__lt=now, kind__in=COME_AND_GO
    )
    rows = list(ended.values_list("pk", "place_id", "rater_id", "order", "kind"))
    owners = {owner.pk: owner for owner in raters}
    for _pk, _place, owner, order, kind in rows:
        if kind != AssignmentKind.CHECK:
            owners[owner].order_balance -= order_sign(order)
        owners[owner].repeats_served -= kind == AssignmentKind.REPEAT
    Assignment.objects.filter(pk__in=[row[0] for row in rows], state=AssignmentState.LEASED).update(
        state=AssignmentState.EXPIRED
    )
    freed = {row[1] for row in rows if row[1]}
    statements.free(freed)
    Rater.objects.bulk_update(raters, ["order_balance", "repeats_served"])
    return len(freed)
