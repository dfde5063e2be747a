"""The plain ids by which recruitment services know raters: for payment, apart from all else, erasable."""

from typing import Any

from django.db import transaction

from annotations.actions import audit, outcomes
from annotations.actions.audit import Actor
from annotations.models import ParticipantLink, Rater, RaterState, Study
from annotations.recruiting import Visitor, external_hash, return_link

PAYMENT_COLUMNS = (
    "service", "participant", "outcome", "code", "state", "votes", "checks", "checks_failed", "entered_at",
    "finished_at", "session", "assignment", "hit",
)  # fmt: skip


def known(study: Study, visitor: Visitor) -> Rater | None:
    """The rater that this participant is in this study, on whatever device."""
    return (
        Rater.objects.select_related("panel", "study")
        .filter(study=study, external_hash=external_hash(study, visitor))
        .first()
    )


@transaction.atomic
def refresh(*, rater: Rater, visitor: Visitor) -> None:
    """The same browser again, from a new session of the service. Who has left stays forgotten."""
    if rater.state != RaterState.WITHDRAWN:
        link(rater, visitor)


def link(rater: Rater, visitor: Visitor) -> None:
    """The newest session counts: it is the one that the service waits for."""
    ParticipantLink.objects.update_or_create(
        rater=rater,
        defaults={
            "service": visitor.service,
            "external_id": visitor.external_id,
            "data": visitor.data,
        },
    )


@transaction.atomic
def payment_rows(*, study: Study, actor: Actor) -> list[dict[str, Any]]:
    """One row per participant whose link still stands, by PAYMENT_COLUMNS. That it was taken is audited,
    without an id."""
    links = ParticipantLink.objects.filter(rater__study=study).select_related("rater__panel", "rater__study")
    rows = [_row(found) for found in links]
    audit.record(
        study=study,
        actor=actor,
        verb="payments_exported",
        subject=f"study {study.public_id}",
        data={"participants": len(rows)},
    )
    return rows


def _row(found: ParticipantLink) -> dict[str, Any]:
    rater = found.rater
    results = outcomes.check_results(rater)
    code, _url = return_link(rater.panel, rater.outcome)
    return {
        "service": found.service,
        "participant": found.external_id,
        "outcome": rater.outcome,
        "code": code or rater.completion_code or "",
        "state": rater.state,
        "votes": rater.voted,
        "checks": len(results),
        "checks_failed": len(results) - sum(results),
        "entered_at": rater.created_at.isoformat(timespec="seconds"),
        "finished_at": rater.finished_at.isoformat(timespec="seconds") if rater.finished_at else "",
        "session": found.data.get("session", ""),
        "assignment": found.data.get("assignment", ""),
        "hit": found.data.get("hit", ""),
    }


@transaction.atomic
def erase(*, study: Study, actor: Actor, rater: Rater | None = None) -> int:
    """Erase the plain ids of a study, or of one rater. Votes stay, and the keyed hash too, so that nobody
    takes part twice; who pays must have exported before."""
    links = ParticipantLink.objects.filter(rater__study=study)
    if rater is not None:
        links = links.filter(rater=rater)
    count, _by_model = links.delete()
    audit.record(
        study=study,
        actor=actor,
        verb="participant_links_erased",
        subject=f"study {study.public_id}",
        data={"erased": count},
    )
    return count
