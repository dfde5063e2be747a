"""Storing a vote, once, under lock; and taking the last one back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations import protocols, selectors
from annotations.actions import assignments, audit, qualification, statements
from annotations.actions.assignments import Serving
from annotations.actions.completion import refuse_unless_running
from annotations.actions.locking import lock_known, lock_rater
from annotations.assignment.serving import Held, order_sign
from annotations.errors import VoteRefused
from annotations.models import (
    Assignment,
    AssignmentKind,
    AssignmentState,
    Place,
    PlaceState,
    Rater,
    RaterState,
    Vote,
)
from annotations.sql import fresh

DAY_MS = 86_400_000
MOST_PIXELS = 100_000
WITH_KNOWN_ANSWER = (AssignmentKind.CHECK, AssignmentKind.PRACTICE, AssignmentKind.QUIZ)


@dataclass(frozen=True)
class VoteReceipt:
    """`created` is False when this very answer had been stored before; `remaining` is the most still to come,
    None where it was not asked for. `feedback` follows practice alone."""

    vote: Vote
    created: bool
    remaining: int | None
    feedback: dict[str, Any] | None = None

    @property
    def surplus(self) -> bool:
        return self.vote.surplus

    @property
    def undoable(self) -> bool:
        return selectors.is_undoable(self.vote.kind, self.vote.surplus, self.vote.retracted_at)


@transaction.atomic
def record(
    *,
    rater: Rater,
    nonce: str,
    answer: Mapping[str, Any],
    evidence: Mapping[str, Any] | None = None,
    remarks: Mapping[str, Any] | None = None,
) -> VoteReceipt:
    """Store the answer to an assignment. Raises VoteRefused."""
    locked = lock_rater(rater.pk)
    assignment = assignments.named(locked, nonce, statements.held_by(locked))
    vote, created = _record(locked, assignment, answer, remarks, evidence)
    return VoteReceipt(vote, created, selectors.progress(locked)["left"], _feedback(locked, assignment, vote))


@transaction.atomic
def record_and_serve(
    *,
    rater: Rater,
    nonce: str,
    answer: Mapping[str, Any],
    evidence: Mapping[str, Any] | None = None,
    remarks: Mapping[str, Any] | None = None,
) -> tuple[VoteReceipt, Rater, Serving]:
    """Store a vote and lease what comes next in one transaction: one commit, one wait for the disk.

    A rater who has nothing left is not finished by this, so that the last vote can still be undone; asking
    for the next assignments does it.
    """
    locked = lock_known(rater)
    held = statements.held_by(locked)
    assignment = assignments.named(locked, nonce, held)
    vote, created = _record(locked, assignment, answer, remarks, evidence)
    in_hand = [each for each in held if each.pk != assignment.pk]
    serving = assignments.serve_locked(locked, below=assignments.ENOUGH, held=in_hand)
    return VoteReceipt(vote, created, None, _feedback(locked, assignment, vote)), locked, serving


def _record(rater: Rater, assignment: Held, answer: Any, remarks: Any, evidence: Any) -> tuple[Vote, bool]:
    answered = (AssignmentState.VOTED, AssignmentState.RETRACTED, AssignmentState.SURPLUS)
    if assignment.state in answered:
        return _again(rater, assignment, answer, remarks), False
    _refuse_unless_active(rater)
    refuse_unless_running(rater.study.state)
    said, remarked = _checked(rater, assignment, answer, remarks)
    values = {
        "assignment_id": assignment.pk,
        "place_id": assignment.place_id,
        "study_id": rater.study_id,
        "rater_id": rater.pk,
        "comparison_id": assignment.comparison_id,
        "kind": assignment.kind,
        "order": assignment.order,
        "answer": said,
        "remarks": remarked,
        "passed": _passed(rater, assignment, said),
        "surplus": _too_late(assignment),
    }
    vote = fresh(Vote, values | cleaned(evidence))
    learning = vote.kind in qualification.LEARNING
    if assignment.state == AssignmentState.EXPIRED:
        # What was given back when the lease ran out counts again: it has been looked at after all.
        if vote.kind != AssignmentKind.CHECK:
            rater.order_balance += order_sign(assignment.order)
        rater.repeats_served += vote.kind == AssignmentKind.REPEAT
    rater.voted += not learning
    rater.checks_voted += vote.kind == AssignmentKind.CHECK
    statements.store(vote, assignment, rater)
    if learning:
        qualification.settle(rater, vote.kind)
    return vote, True


def _refuse_unless_active(rater: Rater) -> None:
    if rater.state == RaterState.JOINED:
        raise VoteRefused(
            _("A new consent text comes first."),
            code="consent_required",
            status=403,
            mend=_("Open the study's link again."),
        )
    if rater.state != RaterState.ACTIVE:
        raise _finished()


def _finished() -> VoteRefused:
    return VoteRefused(
        _("You have finished this study."), code="rater_finished", mend=_("Nothing is to be done.")
    )


def _again(rater: Rater, assignment: Held, answer: Any, remarks: Any) -> Vote:
    """A reply that was lost on its way is asked for again: same answer, same reply."""
    vote = Vote.objects.get(assignment_id=assignment.pk)
    if vote.retracted_at is not None:
        raise _answered()
    try:
        # As it is stored: programs may name failures in any order.
        said = _checked(rater, assignment, answer, remarks or vote.remarks)
    except VoteRefused as refusal:
        raise _answered() from refusal
    if said != (vote.answer, vote.remarks):
        raise _answered()
    return vote


def _answered() -> VoteRefused:
    return VoteRefused(
        _("This one has been answered already."),
        code="already_answered",
        mend=_("The stored answer stands; go on with the next."),
    )


def _checked(
    rater: Rater, assignment: Held, answer: Any, remarks: Any
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    block = rater.launched.blocks[assignment.block_id]
    try:
        return protocols.checked(block, assignment.order, answer, remarks)
    except protocols.InvalidAnswer as error:
        said = _(error.template).format(**error.values)
        raise VoteRefused(said, code="invalid_answer", status=400, mend=_(error.mend)) from error


def _passed(rater: Rater, assignment: Held, said: dict[str, Any]) -> bool | None:
    if assignment.kind not in WITH_KNOWN_ANSWER:
        return None
    known = rater.launched.known[assignment.comparison_id]
    return protocols.passes(rater.launched.blocks[known.block], known.expected, assignment.order, said)


def _feedback(rater: Rater, assignment: Held, vote: Vote) -> dict[str, Any] | None:
    if vote.kind != AssignmentKind.PRACTICE:
        return None
    known = rater.launched.known[assignment.comparison_id]
    block = rater.launched.blocks[known.block]
    return {
        "passed": vote.passed,
        "explanation": known.explanation,
        "expected": protocols.expected_shown(block, known.expected, vote.order),
    }


def _too_late(assignment: Held) -> bool:
    """Whether the vote is surplus. One that comes after its lease ran out is taken as long as its place, if
    it has one, is still free; otherwise somebody else has it, or the same rater under another number."""
    if assignment.state == AssignmentState.LEASED:
        return False
    if assignment.state == AssignmentState.SKIPPED:
        raise _answered()
    live = Assignment.objects.filter(
        rater_id=assignment.rater_id,
        comparison_id=assignment.comparison_id,
        kind=assignment.kind,
        state__in=(AssignmentState.LEASED, AssignmentState.VOTED),
    )
    if live.exists():
        return True
    return bool(assignment.place_id) and not statements.reclaim(assignment.place_id)


def cleaned(evidence: Any) -> dict[str, Any]:
    """Timing evidence within believable bounds. Nonsense becomes NULL; it never costs somebody a vote."""
    given = evidence if isinstance(evidence, Mapping) else {}
    ratio = given.get("device_pixel_ratio")
    is_number = isinstance(ratio, int | float) and not isinstance(ratio, bool)
    zoomed = given.get("zoomed")
    return {
        "decoded_ms": _whole(given.get("decoded_ms"), DAY_MS),
        "answer_ms": _whole(given.get("answer_ms"), DAY_MS),
        "viewport_width": _whole(given.get("viewport_width"), MOST_PIXELS),
        "viewport_height": _whole(given.get("viewport_height"), MOST_PIXELS),
        "device_pixel_ratio": float(ratio) if is_number and 0.1 <= ratio <= 20 else None,
        "zoomed": zoomed if isinstance(zoomed, bool) else None,
    }


def _whole(value: Any, most: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Not math.isfinite: it fails on whole numbers that no float can hold.
    return min(round(value), most) if 0 <= value < math.inf else None


@transaction.atomic
def undo(*, rater: Rater) -> Assignment:
    """Take the last vote back: it is marked, its place leased to the same rater again, at its old number."""
    return undo_locked(lock_rater(rater.pk))


@transaction.atomic
def undo_and_serve(*, rater: Rater) -> tuple[Rater, Serving]:
    locked = lock_known(rater)
    undo_locked(locked)
    return locked, assignments.serve_and_save(locked)


def undo_locked(rater: Rater) -> Assignment:
    _refuse_unless_active(rater)
    refuse_unless_running(rater.study.state)
    vote = Vote.objects.filter(rater=rater).select_related("assignment").order_by("-id").first()
    if vote is None or not selectors.is_undoable(vote.kind, vote.surplus, vote.retracted_at):
        raise VoteRefused(_("There is nothing to take back."), code="nothing_to_undo")
    now = timezone.now()
    expires_at = now + timedelta(seconds=rater.study.lease_s)
    Vote.objects.filter(pk=vote.pk).update(retracted_at=now)
    Assignment.objects.filter(pk=vote.assignment_id).update(state=AssignmentState.RETRACTED)
    if vote.place_id:
        Place.objects.filter(pk=vote.place_id).update(state=PlaceState.LEASED, lease_expires_at=expires_at)
    rater.voted -= 1
    rater.checks_voted -= vote.kind == AssignmentKind.CHECK
    statements.save_counters(rater)
    again = Assignment.objects.create(
        study_id=rater.study_id,
        rater=rater,
        comparison_id=vote.comparison_id,
        place_id=vote.place_id,
        kind=vote.kind,
        sequence=vote.assignment.sequence,
        order=vote.order,
        served_at=now,
        expires_at=expires_at,
    )
    # Without the answer: the vote keeps it, and only there can the rater have it erased.
    subject = f"vote {vote.public_id}"
    audit.record(study=rater.study, actor=rater, verb="vote_undone", subject=subject)
    return again
