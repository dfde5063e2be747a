"""What raters say of themselves: stored apart from votes, never exported with them."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from annotations import demographic_fields
from annotations.actions import preliminaries, quotas
from annotations.actions.completion import record, turn_away
from annotations.actions.locking import lock_rater
from annotations.errors import Conflict
from annotations.models import Demographics, Outcome, Rater, RaterState


@transaction.atomic
def answer(*, rater: Rater, answers: Mapping[str, str]) -> Rater:
    """Store the answers to what the study asks, once; what is missing counts as "prefer not to say". Where
    the quota of their cell is full, the rater is turned away and nothing of it is stored."""
    locked = lock_rater(rater.pk)
    if locked.state != RaterState.JOINED or locked.consented_at is None:
        raise Conflict("This is asked once, after the consent.", code="not_asked")
    said = _checked(locked, answers)
    if not Demographics.objects.filter(rater=locked).exists():
        panel = quotas.lock_panel(locked.panel_id)
        if quotas.full_cell(panel, said, but=locked):
            turn_away(locked, Outcome.QUOTA_FULL)
        else:
            Demographics.objects.create(rater=locked, consented_at=timezone.now(), **said)
            record(locked, "demographics_given", {})
            preliminaries.activate_when_ready(locked)
    rater.refresh_from_db()
    return locked


def _checked(rater: Rater, answers: Mapping[str, str]) -> dict[str, str]:
    said = {}
    for name in rater.study.ask_demographics:
        value = answers.get(name) or demographic_fields.UNSAID
        if not demographic_fields.is_answer(name, value):
            raise Conflict(
                "That is none of the answers offered.",
                code="invalid_answer",
                status=400,
                mend="Choose one of the list, or “prefer not to say”.",
            )
        said[name] = value
    return said
