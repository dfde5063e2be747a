"""What entering, serving and voting share: is the study open, giving leases back, the completion code."""

import secrets
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from annotations.actions import anomalies, audit, outcomes
from annotations.errors import VoteRefused
from annotations.models import Assignment, AssignmentState, Place, PlaceState, Rater, RaterState, StudyState

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
REFUSALS = {
    StudyState.PAUSED: (
        "study_paused",
        423,
        gettext_noop("The study is paused."),
        gettext_noop("Come back later."),
    ),
    StudyState.CLOSED: (
        "study_closed",
        410,
        gettext_noop("The study is closed."),
        gettext_noop("No more answers are taken."),
    ),
}
NOT_OPEN = (
    "study_not_open",
    409,
    gettext_noop("The study has not started yet."),
    gettext_noop("Come back later."),
)


def refuse_unless_running(state: str) -> None:
    if state != StudyState.RUNNING:
        code, status, message, mend = REFUSALS.get(StudyState(state), NOT_OPEN)
        raise VoteRefused(_(message), code=code, status=status, mend=_(mend))


def complete(rater: Rater) -> str:
    """Give a locked rater the completion code, and their leases back."""
    if rater.completion_code is None:
        rater.state = RaterState.FINISHED
        rater.finished_at = timezone.now()
        rater.completion_code = _code()
        rater.outcome = rater.outcome or outcomes.at_completion(rater)
        rater.save(update_fields=["state", "finished_at", "completion_code", "outcome"])
        release_all(rater)
        anomalies.look_at_speed(rater)
        record(rater, "rater_finished", {"voted": rater.voted})
    return str(rater.completion_code)


def turn_away(rater: Rater, outcome: str) -> None:
    """End a locked rater's visit before its time: screened out, or the quota of their cell is full."""
    rater.state = RaterState.SCREENED_OUT
    rater.finished_at = timezone.now()
    rater.outcome = rater.outcome or outcome
    rater.save(update_fields=["state", "finished_at", "outcome"])
    release_all(rater)
    record(rater, "rater_turned_away", {"outcome": rater.outcome})


def _code() -> str:
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def release_all(rater: Rater) -> None:
    held = list(
        Assignment.objects.select_for_update()
        .filter(rater=rater, state=AssignmentState.LEASED)
        .values_list("pk", "place_id")
    )
    Assignment.objects.filter(pk__in=[pk for pk, _ in held]).update(state=AssignmentState.RELEASED)
    Place.objects.filter(pk__in=[place for _, place in held if place], state=PlaceState.LEASED).update(
        state=PlaceState.FREE, lease_expires_at=None
    )


def record(rater: Rater, verb: str, data: dict[str, Any]) -> None:
    audit.record(study=rater.study, actor=rater, verb=verb, subject=f"rater {rater.public_id}", data=data)
