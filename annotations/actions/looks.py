"""Who looked at results while votes still came in: intervals hold for one look, so each is on record."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.models import AuditEvent, Study, StudyState

VERB = "results_looked"
# Turning from page to page is one look.
ONE_LOOK = timedelta(minutes=10)


def note(*, study: Study, actor: Actor) -> None:
    """Record a look at the results of a study that still takes votes: once for a state of its votes and a
    person, however often that person's programs ask."""
    if study.state not in (StudyState.RUNNING, StudyState.PAUSED):
        return
    name = audit.actor_name(actor)[:150]
    last = AuditEvent.objects.filter(study=study, verb=VERB, actor=name).order_by("-sequence").first()
    if last is not None and last.at > timezone.now() - ONE_LOOK:
        return
    # Kept beside the raters: a million votes are not counted at every look.
    votes = study.raters.aggregate(votes=Sum("voted"))["votes"] or 0
    if last is None or last.data.get("votes") != votes:
        subject = f"study {study.public_id}"
        audit.record(study=study, actor=actor, verb=VERB, subject=subject, data={"votes": votes})
