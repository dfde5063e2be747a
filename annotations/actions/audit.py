"""The append-only record of who changed what: one hash chain per study, one for what belongs to none."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, transaction
from django.utils import timezone

from annotations.models import AuditEvent, Rater, Study

SYSTEM = "system"
# Any number serves, as long as it is always the same one.
CHAIN_LOCK = 7_160_533
Actor = AbstractBaseUser | AnonymousUser | Rater | str | None


@transaction.atomic
def record(
    *, study: Study | None, actor: Actor, verb: str, subject: str, data: Mapping[str, Any] | None = None
) -> AuditEvent:
    """Append an event inside the caller's transaction. Others who append to this chain wait for its end."""
    _lock_chain(study)
    last = AuditEvent.objects.filter(study=study).order_by("-sequence").first()
    event = AuditEvent(
        study=study,
        sequence=last.sequence + 1 if last else 1,
        actor=actor_name(actor)[:150],
        verb=verb,
        subject=subject[:120],
        data=dict(data or {}),
        at=timezone.now(),
        previous_hash=last.hash if last else "",
    )
    event.hash = event_hash(event)
    event.save(force_insert=True)
    return event


def _lock_chain(study: Study | None) -> None:
    if study is not None:
        # NO KEY: votes hold a key-share lock on the study and must not wait for the record.
        Study.objects.select_for_update(no_key=True).only("pk").get(pk=study.pk)
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    # SQLite: BEGIN IMMEDIATE lets only one writer in.


def actor_name(actor: Actor) -> str:
    if actor is None or isinstance(actor, AnonymousUser):
        return SYSTEM
    if isinstance(actor, Rater):
        return f"rater {actor.public_id}"
    if isinstance(actor, str):
        return actor
    return str(actor.get_username())


def user_of(actor: Actor) -> Any:
    """The account behind an actor, for a foreign key; None where there is none."""
    return actor if isinstance(actor, AbstractBaseUser) else None


def event_hash(event: AuditEvent) -> str:
    content = {
        "study": event.study.public_id if event.study else None,
        "sequence": event.sequence,
        "actor": event.actor,
        "verb": event.verb,
        "subject": event.subject,
        "data": event.data,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "previous": event.previous_hash,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def verify(*, study: Study | None) -> list[str]:
    """What is wrong with a chain, in words; an empty list means that it holds. A chain that was cut off at
    its end still holds: compare its last hash with one that was noted elsewhere."""
    problems = []
    previous, wanted, latest = "", 1, datetime.min.replace(tzinfo=UTC)
    for event in _events(study):
        if event.sequence != wanted:
            problems.append(f"Row {wanted} is missing before row {event.sequence}.")
        elif event.previous_hash != previous:
            problems.append(f"Row {event.sequence} does not follow from the row before it.")
        if event_hash(event) != event.hash:
            problems.append(f"Row {event.sequence} ({event.verb}) was changed after it was written.")
        if event.at < latest:
            problems.append(f"Row {event.sequence} is older than the row before it.")
        previous, wanted, latest = event.hash, event.sequence + 1, max(latest, event.at)
    return problems


def _events(study: Study | None) -> Iterator[AuditEvent]:
    for event in AuditEvent.objects.filter(study=study).order_by("sequence").iterator():
        event.study = study
        yield event
