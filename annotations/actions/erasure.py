"""What a rater who withdraws may have erased: every answer, and all that is stored about them."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from annotations.actions import report_jobs
from annotations.append_only import BLANKED
from annotations.models import (
    Assignment,
    AssignmentState,
    Demographics,
    NetworkTrace,
    ParticipantLink,
    Place,
    PlaceState,
    Rater,
    Report,
    Verification,
    Vote,
)

BLANK = {"answer": {}, **dict.fromkeys(BLANKED)}
APART = (Demographics, NetworkTrace, ParticipantLink, Verification)


@transaction.atomic
def erase(rater: Rater) -> int:
    """Blank the votes of a locked rater and free their places for others; the number of answers erased. The
    rows stay, retracted and empty: what was counted from them can be seen to have changed."""
    now = timezone.now()
    votes = Vote.objects.select_for_update(of=("self",)).filter(rater=rater, erased_at=None)
    rows = list(votes.values_list("pk", "assignment_id", "place_id", "retracted_at", "surplus"))
    standing = [row for row in rows if row[3] is None]
    Vote.objects.filter(pk__in=[row[0] for row in standing]).update(retracted_at=now, erased_at=now, **BLANK)
    Vote.objects.filter(pk__in=[row[0] for row in rows if row[3] is not None]).update(erased_at=now, **BLANK)
    Assignment.objects.filter(
        pk__in=[row[1] for row in standing], state__in=[AssignmentState.VOTED, AssignmentState.SURPLUS]
    ).update(state=AssignmentState.RETRACTED)
    counted = [place for _pk, _assignment, place, _at, surplus in standing if place and not surplus]
    Place.objects.filter(pk__in=counted, state=PlaceState.FILLED).update(
        state=PlaceState.FREE, lease_expires_at=None
    )
    Report.objects.filter(assignment__rater=rater).update(note="")
    for model in APART:
        model.objects.filter(rater=rater).delete()
    Rater.objects.filter(pk=rater.pk).update(voted=0, checks_voted=0)
    # What was made from the answers goes with them.
    report_jobs.forget(study=rater.study)
    # And what a worker began to make meanwhile, before it could know.
    transaction.on_commit(partial(report_jobs.forget, study=rater.study))
    return len(rows)
