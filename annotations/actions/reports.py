"""A rater skips what is in front of them, or says that a picture is broken: the place goes to somebody else,
and the same rater does not meet the comparison again."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotations.actions import assignments, audit, qualification, statements
from annotations.actions.assignments import Serving
from annotations.actions.completion import refuse_unless_running
from annotations.actions.locking import lock_known
from annotations.assignment.serving import Held, order_sign
from annotations.errors import VoteRefused
from annotations.models import (
    Assignment,
    AssignmentKind,
    AssignmentState,
    Comparison,
    Rater,
    RaterState,
    Report,
    ReportKind,
)

REASONS = ("unclear", "not_loading", "uncomfortable", "other")
MOST_LETTERS = 500


@transaction.atomic
def report_and_serve(
    *, rater: Rater, nonce: str, kind: str, reason: str, position: Any = None, note: Any = ""
) -> tuple[Report, Rater, Serving]:
    """File the report and lease what comes next. The same report again is the same report."""
    locked = lock_known(rater)
    report = _report(locked, nonce, kind, reason, position, note)
    return report, locked, assignments.serve_and_save(locked)


def _report(rater: Rater, nonce: Any, kind: Any, reason: Any, position: Any, note: Any) -> Report:
    assignment = assignments.named(rater, nonce, statements.held_by(rater))
    if assignment.state == AssignmentState.SKIPPED:
        return Report.objects.get(assignment_id=assignment.pk)
    if rater.state != RaterState.ACTIVE:
        raise VoteRefused(_("You have finished this study."), code="rater_finished")
    refuse_unless_running(rater.study.state)
    if assignment.state not in (AssignmentState.LEASED, AssignmentState.EXPIRED):
        raise VoteRefused(_("This one has been answered already."), code="already_answered")
    _refuse_unless_sound(kind, reason, position, len(assignment.order))
    report = Report.objects.create(
        assignment_id=assignment.pk,
        study_id=rater.study_id,
        kind=kind,
        position=position if kind == ReportKind.BROKEN else None,
        reason=reason,
        note=_words(note),
    )
    _let_go(rater, assignment)
    comparison = Comparison.objects.get(pk=assignment.comparison_id)
    data = {"kind": kind, "reason": reason, "comparison": comparison.public_id}
    audit.record(
        study=rater.study,
        actor=rater,
        verb="assignment_skipped",
        subject=f"rater {rater.public_id}",
        data=data,
    )
    return report


def _refuse_unless_sound(kind: Any, reason: Any, position: Any, pictures: int) -> None:
    whole = type(position) is int and 0 <= position < pictures
    if kind not in ReportKind.values or reason not in REASONS or not (position is None or whole):
        raise VoteRefused(
            f"A report is one of {', '.join(ReportKind.values)}, with a reason out of {', '.join(REASONS)} "
            f"and, where one picture is meant, its position from 0 to {pictures - 1}.",
            code="invalid_report",
            status=400,
            mend=_("Choose one of the reasons shown."),
        )


def _words(note: Any) -> str:
    text = note if isinstance(note, str) else ""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().strip()[:MOST_LETTERS]


def _let_go(rater: Rater, assignment: Held) -> None:
    in_hand = assignment.state == AssignmentState.LEASED
    Assignment.objects.filter(pk=assignment.pk).update(state=AssignmentState.SKIPPED)
    if in_hand and assignment.place_id:
        statements.free([assignment.place_id])
    if in_hand and assignment.kind in (AssignmentKind.REGULAR, AssignmentKind.REPEAT):
        rater.order_balance -= order_sign(assignment.order)
    statements.save_counters(rater)
    if assignment.kind in qualification.LEARNING:
        qualification.settle(rater, assignment.kind)
