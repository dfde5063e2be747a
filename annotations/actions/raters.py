"""A rater's way through a study: enters, consents, reads, finishes or withdraws."""

import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from annotations.actions import (
    assignments,
    erasure,
    invitations,
    participants,
    preliminaries,
    quotas,
    statements,
)
from annotations.actions.completion import complete, record, refuse_unless_running, release_all
from annotations.actions.locking import lock_rater
from annotations.errors import Conflict, VoteRefused
from annotations.models import Panel, Rater, RaterState, Study, StudyState
from annotations.recruiting import Visitor, external_hash
from annotations.selectors.raters import secret_hash


@transaction.atomic
def enter(
    *,
    panel: Panel,
    user: Any = None,
    simulated: bool = False,
    visitor: Visitor | None = None,
    invitation: int | None = None,
    language: str = "",
) -> tuple[Rater, str]:
    """A new rater and the secret that their cookie keeps; only its hash is stored. A user, or a participant
    of a recruitment service, who comes again is the same rater, with a new secret."""
    secret = secrets.token_urlsafe(32)
    # Without the panel's lock: raters are locked before panels, and this one may be at work elsewhere.
    known = _known(panel.study, user, visitor)
    if known is None:
        panel = quotas.lock_panel(panel.pk)
        known = _known(panel.study, user, visitor)  # who came in by two tabs at once
    if known is not None:
        # Also when the study stands still: their code waits for them.
        return _resume(known, visitor, secret), secret
    refuse_unless_running(panel.study.state)
    if not panel.is_open:
        raise VoteRefused(
            "This link takes no new people.",
            code="panel_closed",
            mend="Ask the people who sent you the link whether there is another one.",
        )
    quotas.refuse_when_full(panel)
    rater = Rater.objects.create(
        study=panel.study,
        panel=panel,
        user=user,
        simulated=simulated,
        secret_hash=secret_hash(secret),
        external_hash=external_hash(panel.study, visitor) if visitor else "",
        arrival=panel.entered,
        language=language[:10],
    )
    Panel.objects.filter(pk=panel.pk).update(entered=panel.entered + 1)
    if visitor:
        participants.link(rater, visitor)
    if invitation:
        invitations.use(pk=invitation, panel=panel, rater=rater)
    record(rater, "rater_entered", {"panel": panel.public_id, "simulated": simulated})
    return rater, secret


def _known(study: Study, user: Any, visitor: Visitor | None) -> Rater | None:
    if user is not None:
        return Rater.objects.select_related("panel", "study").filter(study=study, user=user).first()
    return participants.known(study, visitor) if visitor else None


def _resume(rater: Rater, visitor: Visitor | None, secret: str) -> Rater:
    Rater.objects.filter(pk=rater.pk).update(secret_hash=secret_hash(secret))
    rater.secret_hash = secret_hash(secret)
    if visitor and rater.state != RaterState.WITHDRAWN:
        participants.link(rater, visitor)
    return rater


@transaction.atomic
def join(*, panel: Panel, version: int, **how: Any) -> tuple[Rater, str]:
    """Enter and consent in one step, so that nobody is stored who did not agree or found the quota full."""
    rater, secret = enter(panel=panel, **how)
    consent(rater=rater, version=version)
    return rater, secret


@transaction.atomic
def consent(*, rater: Rater, version: int) -> Rater:
    """Accept the version of the consent text that was shown; it must be the present one. Whoever had agreed
    to an older version agrees anew and goes on."""
    locked = lock_rater(rater.pk)
    if locked.state == RaterState.WITHDRAWN:
        raise VoteRefused(gettext("You have left this study."), code="rater_finished")
    is_first = locked.consented_at is None
    if is_first:
        quotas.refuse_when_full(quotas.lock_panel(locked.panel_id), but=locked)
    # Whoever publishes a new version holds this lock too: it is the one before, or the one after.
    Study.objects.select_for_update(no_key=True).only("pk").get(pk=locked.study_id)
    text = locked.study.consents.first()
    if is_first or locked.consent_id != (text.pk if text else None):
        if text is None or text.version != version:
            raise Conflict(
                "The consent text has changed meanwhile.",
                mend="Read the text again and decide anew.",
                code="consent_changed",
            )
        locked.consent, locked.consented_at = text, timezone.now()
        locked.save(update_fields=["consent", "consented_at"])
        record(locked, "rater_consented" if is_first else "rater_consented_again", {"version": version})
    preliminaries.activate_when_ready(locked)
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
    # Asked to agree anew when the study closed: what was given until then counts.
    ended_early = (
        locked.state == RaterState.JOINED and locked.voted and locked.study.state == StudyState.CLOSED
    )
    if locked.state not in (RaterState.ACTIVE, RaterState.FINISHED) and not ended_early:
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
def withdraw(*, rater: Rater, erase: bool = False) -> Rater:
    """Leave the study, at any time. Votes that were given stay, unless the rater wants them erased, which is
    possible until the study closes; also for somebody who has left already."""
    locked = lock_rater(rater.pk)
    if locked.consented_at is None:
        raise Conflict("Only somebody who has taken part can withdraw.", code="not_consented")
    if erase and locked.study.state == StudyState.CLOSED:
        raise Conflict(
            "The study is closed: its answers can't be erased any more.",
            code="study_closed",
            mend="You can still leave; ask the people who run the study about your answers.",
        )
    if locked.state != RaterState.WITHDRAWN:
        locked.state = RaterState.WITHDRAWN
        locked.finished_at = timezone.now()
        locked.save(update_fields=["state", "finished_at"])
        release_all(locked)
        record(locked, "rater_withdrew", {"voted": locked.voted})
    if erase:
        record(locked, "votes_erased", {"votes": erasure.erase(locked)})
    rater.refresh_from_db()
    return locked
