"""A rater's way through a study: enters, consents, reads, finishes or withdraws."""

import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotations.actions import assignments, statements
from annotations.actions.completion import complete, record, refuse_unless_running, release_all
from annotations.actions.locking import lock_rater
from annotations.errors import Conflict, VoteRefused
from annotations.models import Panel, Rater, RaterState, StudyState
from annotations.selectors.raters import secret_hash


@transaction.atomic
def enter(*, panel: Panel, user: Any = None, simulated: bool = False) -> tuple[Rater, str]:
    """A new rater and the secret that their cookie keeps; only its hash is stored. A user who comes again is
    the same rater, with a new secret."""
    panel = Panel.objects.select_related("study").get(pk=panel.pk)
    refuse_unless_running(panel.study.state)
    secret = secrets.token_urlsafe(32)
    if user is not None:
        known = Rater.objects.select_for_update().filter(study=panel.study, user=user).first()
        if known is not None:
            known.secret_hash = secret_hash(secret)
            known.save(update_fields=["secret_hash"])
            return known, secret
    if not panel.is_open:
        raise VoteRefused(
            "This link takes no new people.",
            code="panel_closed",
            mend="Ask the people who sent you the link whether there is another one.",
        )
    rater = Rater.objects.create(
        study=panel.study, panel=panel, user=user, simulated=simulated, secret_hash=secret_hash(secret)
    )
    record(rater, "rater_entered", {"panel": panel.public_id, "simulated": simulated})
    return rater, secret


@transaction.atomic
def consent(*, rater: Rater, version: int) -> Rater:
    """Accept the version of the consent text that was shown; it must be the present one."""
    locked = lock_rater(rater.pk)
    if locked.state == RaterState.WITHDRAWN:
        raise VoteRefused("You have withdrawn from this study.", code="rater_finished")
    if locked.consented_at is None:
        text = locked.study.consents.first()
        if text is None or text.version != version:
            raise Conflict(
                "The consent text has changed meanwhile.",
                mend="Read the text again and decide anew.",
                code="consent_changed",
            )
        locked.consent, locked.consented_at, locked.state = text, timezone.now(), RaterState.ACTIVE
        locked.save(update_fields=["consent", "consented_at", "state"])
        record(locked, "rater_consented", {"version": version})
    rater.refresh_from_db()
    return locked


@transaction.atomic
def read_instructions(*, rater: Rater) -> Rater:
    locked = lock_rater(rater.pk)
    if locked.instructed_at is None:
        locked.instructed_at = timezone.now()
        locked.save(update_fields=["instructed_at"])
    rater.refresh_from_db()
    return locked


@transaction.atomic
def finish(*, rater: Rater) -> str:
    """The completion code. Refused while votes are owed: a study with a maximum gives it when that is
    reached or nothing is left; one without gives it to whoever has answered at all."""
    locked = lock_rater(rater.pk)
    if locked.state == RaterState.ACTIVE and not _may_finish(locked):
        raise VoteRefused(
            "There are still pictures to answer before the code is given.",
            code="not_finished",
            mend="Go on where you were.",
        )
    if locked.state in (RaterState.JOINED, RaterState.WITHDRAWN):
        raise VoteRefused("Only somebody who has taken part gets a code.", code="not_finished")
    code = complete(locked)
    rater.refresh_from_db()
    return code


def _may_finish(rater: Rater) -> bool:
    study = rater.study
    if rater.voted and (study.max_votes_per_rater is None or study.state == StudyState.CLOSED):
        return True
    state = assignments.serve_locked(rater).state
    statements.save_counters(rater)
    return state == "finished"


@transaction.atomic
def withdraw(*, rater: Rater) -> Rater:
    """Leave the study. Votes that were given stay, and are marked by the rater's state."""
    locked = lock_rater(rater.pk)
    if locked.consented_at is None:
        raise Conflict("Only somebody who has taken part can withdraw.", code="not_consented")
    if locked.state != RaterState.WITHDRAWN:
        locked.state = RaterState.WITHDRAWN
        locked.finished_at = timezone.now()
        locked.save(update_fields=["state", "finished_at"])
        release_all(locked)
        record(locked, "rater_withdrew", {"voted": locked.voted})
    rater.refresh_from_db()
    return locked
