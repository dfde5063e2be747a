"""Storing a vote, once, under lock; and taking the last one back."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotations import selectors
from annotations.actions import assignments, audit, statements
from annotations.actions.assignments import LIVE, Serving
from annotations.actions.completion import refuse_unless_running
from annotations.actions.locking import lock_rater
from annotations.assignment import checks
from annotations.errors import VoteRefused
from annotations.models import (
    Assignment,
    AssignmentKind,
    AssignmentState,
    Place,
    PlaceState,
    Protocol,
    Rater,
    RaterState,
    Study,
    Vote,
)

DAY_MS = 86_400_000
MOST_PIXELS = 100_000
NONCE = re.compile(r"[\w-]{1,32}", re.ASCII)


@dataclass(frozen=True)
class VoteReceipt:
    """`created` is False when this very answer had been stored before; `remaining` is the most still to come,
    None where it was not asked for."""

    vote: Vote
    created: bool
    remaining: int | None


@transaction.atomic
def record(
    *, rater: Rater, nonce: str, answer: Mapping[str, Any], evidence: Mapping[str, Any] | None = None
) -> VoteReceipt:
    """Store the answer to an assignment. Raises VoteRefused."""
    locked = lock_rater(rater.pk)
    vote, created = _record(locked, nonce, answer, evidence or {})
    statements.save_counters(locked)
    return VoteReceipt(vote, created, selectors.progress(locked)["left"])


@transaction.atomic
def record_and_serve(
    *, rater: Rater, nonce: str, answer: Mapping[str, Any], evidence: Mapping[str, Any] | None = None
) -> tuple[VoteReceipt, Rater, Serving]:
    """Store a vote and lease what comes next in one transaction: one commit, one wait for the disk.

    A rater who has nothing left is not finished by this, so that the last vote can still be undone; asking
    for the next assignments does it.
    """
    locked = lock_rater(rater.pk)
    vote, created = _record(locked, nonce, answer, evidence or {})
    recent = [vote.comparison.prompt_id]
    serving = assignments.serve_locked(locked, below=assignments.AHEAD - 1, recent=recent)
    statements.save_counters(locked)
    return VoteReceipt(vote, created, None), locked, serving


def _record(
    rater: Rater, nonce: str, answer: Mapping[str, Any], evidence: Mapping[str, Any]
) -> tuple[Vote, bool]:
    assignment = _assignment(rater, nonce)
    if assignment.state in (AssignmentState.VOTED, AssignmentState.RETRACTED):
        return _again(assignment, answer), False
    if rater.state != RaterState.ACTIVE:
        raise VoteRefused(
            "You have finished this study.", code="rater_finished", mend="Nothing is to be done."
        )
    refuse_unless_running(rater.study.state)
    said = _checked(rater.study, answer)
    if assignment.state != AssignmentState.LEASED:
        _reclaim(assignment)
    is_check = assignment.kind == AssignmentKind.CHECK
    passed = None
    if is_check:
        expected = assignment.comparison.expected
        passed = checks.passes(expected=expected, order=assignment.order, answer=said)
    vote = Vote.objects.create(
        assignment=assignment,
        place_id=assignment.place_id,
        study_id=rater.study_id,
        rater=rater,
        comparison=assignment.comparison,
        kind=assignment.kind,
        order=assignment.order,
        answer=said,
        passed=passed,
        **cleaned(evidence),
    )
    statements.mark_voted(assignment)
    rater.voted += 1
    rater.checks_voted += is_check
    return vote, True


def _assignment(rater: Rater, nonce: str) -> Assignment:
    well_formed = isinstance(nonce, str) and NONCE.fullmatch(nonce)
    found = statements.lock_assignment(nonce) if well_formed else None
    if found is None:
        raise VoteRefused(
            "This assignment is not known.", code="unknown_assignment", status=404, mend="Reload the page."
        )
    if found.rater_id != rater.pk or found.study_id != rater.study_id:
        raise VoteRefused(
            "This assignment belongs to somebody else.",
            code="foreign_assignment",
            status=403,
            mend="Reload the page.",
        )
    return found


def _again(assignment: Assignment, answer: Mapping[str, Any]) -> Vote:
    """A reply that was lost on its way is asked for again: same answer, same reply."""
    vote = Vote.objects.select_related("comparison").get(assignment=assignment)
    if vote.retracted_at is not None or vote.answer != answer:
        raise VoteRefused(
            "This one has been answered already.",
            code="already_answered",
            mend="The stored answer stands; go on with the next.",
        )
    return vote


def _checked(study: Study, answer: Any) -> dict[str, Any]:
    if not isinstance(answer, Mapping):
        raise _invalid("An answer names each criterion.")
    keys = [criterion["key"] for criterion in (study.design or {})["blocks"][0]["criteria"]]
    if set(answer) != set(keys):
        raise _invalid(f"An answer names exactly {', '.join(keys)}.")
    if study.block.protocol == Protocol.LIKERT:
        good = all(type(answer[key]) is int and 1 <= answer[key] <= selectors.serving.POINTS for key in keys)
        wanted = f"a whole number from 1 to {selectors.serving.POINTS}"
    else:
        allowed = selectors.allowed_answers(study)
        good = all(isinstance(answer[key], str) and answer[key] in allowed for key in keys)
        wanted = f"one of {', '.join(allowed)}"
    if not good:
        raise _invalid(f"Each answer is {wanted}.")
    return {key: answer[key] for key in keys}


def _invalid(message: str) -> VoteRefused:
    return VoteRefused(message, code="invalid_answer", status=400, mend="Choose one of the answers shown.")


def _reclaim(assignment: Assignment) -> None:
    """A vote that comes after its lease ran out is taken as long as its place is still free."""
    refused = VoteRefused(
        "This one had been open for too long and was given to somebody else.",
        code="lease_expired",
        status=410,
        mend="Go on with the next.",
    )
    same = Assignment.objects.filter(
        rater_id=assignment.rater_id, comparison_id=assignment.comparison_id, state__in=LIVE
    )
    if same.exists():
        raise refused
    if assignment.place_id:
        free = Place.objects.filter(pk=assignment.place_id, state=PlaceState.FREE)
        if not free.update(state=PlaceState.FILLED):
            raise refused


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
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return min(round(value), most) if value >= 0 else None


@transaction.atomic
def undo(*, rater: Rater) -> Assignment:
    """Take the last vote back: it is marked, its place leased to the same rater again, at its old number."""
    locked = lock_rater(rater.pk)
    if locked.state != RaterState.ACTIVE:
        raise VoteRefused("You have finished this study.", code="rater_finished")
    refuse_unless_running(locked.study.state)
    vote = Vote.objects.filter(rater=locked).select_related("assignment").order_by("-id").first()
    if vote is None or vote.retracted_at is not None:
        raise VoteRefused("There is nothing to take back.", code="nothing_to_undo")
    now = timezone.now()
    expires_at = now + timedelta(seconds=locked.study.lease_s)
    Vote.objects.filter(pk=vote.pk).update(retracted_at=now)
    Assignment.objects.filter(pk=vote.assignment_id).update(state=AssignmentState.RETRACTED)
    if vote.place_id:
        Place.objects.filter(pk=vote.place_id).update(state=PlaceState.LEASED, lease_expires_at=expires_at)
    locked.voted -= 1
    locked.checks_voted -= vote.kind == AssignmentKind.CHECK
    statements.save_counters(locked)
    again = Assignment.objects.create(
        study_id=locked.study_id,
        rater=locked,
        comparison_id=vote.comparison_id,
        place_id=vote.place_id,
        kind=vote.kind,
        sequence=vote.assignment.sequence,
        order=vote.order,
        served_at=now,
        expires_at=expires_at,
    )
    audit.record(
        study=locked.study,
        actor=locked,
        verb="vote_undone",
        subject=f"vote {vote.public_id}",
        data={"answer": vote.answer},
    )
    return again
