"""From launch to open: write the plan of a large study, render what is missing, then start. One worker at a
time does it, the next one goes on where a dead one stopped. What fails says why, and is tried again later."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from annotations.actions import audit, launching, plan_rows, planning, renditions, studies, wake
from annotations.actions.audit import Actor
from annotations.errors import ArenaError, StudyRefused
from annotations.models import Study, StudyState

logger = logging.getLogger(__name__)
CLAIM_S = 120
RENEW_S = 10
MOST_ATTEMPTS = 8
FIRST_WAIT_S, LONGEST_WAIT_S = 30, 3600
Progress = Callable[[int, int], None]


class TakenOver(Exception):
    """Another worker holds the claim by now."""


class Claim:
    """The right to work on a study's preparation. It runs out unless it is renewed, and whoever comes then
    takes it over: so every step of a plan checks it in its own transaction."""

    def __init__(self, study: Study, at: datetime) -> None:
        self.study, self.at = study, at

    def tick(self) -> None:
        """Called often, renews rarely."""
        if timezone.now() - self.at > timedelta(seconds=RENEW_S):
            self.renew()

    def renew(self, *, written: int = 0) -> None:
        now = timezone.now()
        mine = Study.objects.filter(pk=self.study.pk, prepare_claimed_at=self.at)
        if not mine.update(prepare_claimed_at=now, plan_written=F("plan_written") + written):
            raise TakenOver
        self.at = now

    @contextmanager
    def step(self, rows: int) -> Iterator[None]:
        """One transaction of a plan: short, so that voters of other studies need not wait on SQLite."""
        with transaction.atomic():
            self.renew(written=rows)
            yield


def prepare(*, study: Study, progress: Progress | None = None, insist: bool = False) -> bool:
    """Plan, render and open. False when somebody else is at it, when there is nothing to do or it has failed
    and its time has not come (unless one `insist`s), or when it fails now."""
    claim = _claim(study, insist=insist)
    if claim is None:
        return False
    try:
        _work(study, claim, progress)
    except TakenOver:
        return False
    except Exception as error:  # whatever it is, the page has to say it
        logger.exception("preparing study %s failed", study.public_id)
        _failed(study, claim, error)
        return False
    return studies.finish_preparation(study=study).state == StudyState.RUNNING


def plan(*, study: Study) -> bool:
    """Only write the plan that a launch has left to a worker. False when there is none to write."""
    claim = _claim(study, insist=True) if study.planned_at is None else None
    if claim is None:
        return False
    _plan(study, claim)
    Study.objects.filter(pk=study.pk).update(prepare_claimed_at=None)
    return True


def _work(study: Study, claim: Claim, progress: Progress | None) -> None:
    study.refresh_from_db()
    if study.planned_at is None:
        _plan(study, claim)

    def report(done: int, total: int) -> None:
        claim.tick()
        if progress:
            progress(done, total)

    renditions.render_pending(study=study, progress=report)


def _plan(study: Study, claim: Claim) -> None:
    """Step by step; nothing counts before the last one. What a killed worker left is taken away first."""
    plan_rows.clear(study, claim.step)
    plan = planning.load(study)
    planning.choose_all(plan, claim.tick)
    claim.renew()
    Study.objects.filter(pk=study.pk).update(
        plan_written=0, plan_total=plan_rows.size(plan, list(study.panels.all()))
    )
    whole = launching.write_plan(study, plan, claim.step)
    with claim.step(0):
        launching.adopt(study, whole)
        study.planned_at = timezone.now()
        study.save(update_fields=["design", "design_hash", "planned_at"])
        data = {"design_hash": study.design_hash, "counts": whole["counts"]}
        subject = f"study {study.public_id}"
        audit.record(study=study, actor=None, verb="study_planned", subject=subject, data=data)


@transaction.atomic
def _failed(study: Study, claim: Claim, error: Exception) -> None:
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.prepare_claimed_at != claim.at:
        return
    locked.prepare_claimed_at = None
    locked.prepare_attempts += 1
    locked.prepare_error = _words(error)
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (locked.prepare_attempts - 1))
    last = locked.prepare_attempts >= MOST_ATTEMPTS
    locked.prepare_after_at = None if last else timezone.now() + timedelta(seconds=wait)
    locked.save(update_fields=["prepare_claimed_at", "prepare_attempts", "prepare_error", "prepare_after_at"])
    audit.record(
        study=locked,
        actor=None,
        verb="preparation_failed",
        subject=f"study {study.public_id}",
        data={"attempt": locked.prepare_attempts, "error": locked.prepare_error},
    )


def _words(error: Exception) -> str:
    if isinstance(error, ArenaError):
        return f"{error.message} {error.mend}".strip()
    return f"{type(error).__name__}: {error}"[:500]


@transaction.atomic
def retry(*, study: Study, actor: Actor) -> None:
    """Try at once what has failed, with all its attempts before it again."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.state != StudyState.PREPARING or not locked.prepare_error:
        raise StudyRefused("There is no failed preparation to try again.", mend="Reload the page.")
    locked.prepare_attempts, locked.prepare_after_at = 0, None
    locked.save(update_fields=["prepare_attempts", "prepare_after_at"])
    audit.record(study=locked, actor=actor, verb="preparation_retried", subject=f"study {study.public_id}")
    transaction.on_commit(lambda: wake.send("annotations.tasks.prepare_study", locked.pk))


def _claim(study: Study, *, insist: bool = False) -> Claim | None:
    now = timezone.now()
    free = _unclaimed(now) if insist else _waiting(now)
    if not free.filter(pk=study.pk).update(prepare_claimed_at=now):
        return None
    return Claim(study, now)


def _unclaimed(now: datetime) -> QuerySet[Study]:
    stale = Q(prepare_claimed_at=None) | Q(prepare_claimed_at__lt=now - timedelta(seconds=CLAIM_S))
    return Study.objects.filter(stale, state=StudyState.PREPARING)


def _waiting(now: datetime) -> QuerySet[Study]:
    """Of those that failed, the ones whose next attempt is due."""
    due = Q(prepare_after_at=None) | Q(prepare_after_at__lte=now)
    return _unclaimed(now).filter(due, prepare_attempts__lt=MOST_ATTEMPTS)


def waiting() -> list[int]:
    """Studies in preparation that nobody works on."""
    return list(_waiting(timezone.now()).values_list("pk", flat=True))
