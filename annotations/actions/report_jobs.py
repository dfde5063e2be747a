"""Reports on their way: the ReportJob row is the truth, a Celery message only wakes a worker.

As with imports, every claim has a number (`attempts`): whoever has lost it, or whose job was cancelled or
erased, can neither report nor finish. Files lie beside each other in a folder of the job's own.
"""

import logging
import shutil
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from annotations.actions import wake
from annotations.importing.problems import short
from annotations.models import REPORT_UNDER_WAY, ReportJob, ReportJobState, Study

logger = logging.getLogger(__name__)

TASK = "arena.results.tasks.make_report"
MAX_ATTEMPTS = 3
# The longest step of a million votes takes a good part of a minute on a busy machine.
STALE = timedelta(minutes=3)
WAKE_AGAIN = timedelta(seconds=15)
KEPT = 12  # finished reports of a study, of one filter each


class Stopped(Exception):
    """The job was cancelled or erased, or another worker holds its claim."""


def start(
    *, study: Study, actor: AbstractBaseUser | None, asked: Mapping[str, Any], asked_key: str
) -> ReportJob:
    """Queue a report, unless the same one is under way already."""
    try:
        with transaction.atomic():
            job = ReportJob.objects.create(
                study=study, created_by=actor, asked=dict(asked), asked_key=asked_key
            )
            transaction.on_commit(lambda: wake.send(TASK, job.pk))
    except IntegrityError:
        return ReportJob.objects.filter(study=study, asked_key=asked_key).latest("id")
    return job


def claim(*, job: ReportJob) -> bool:
    """Whether the job is ours to make; the row then bears a new number of attempts."""
    now = timezone.now()
    wanted = Q(state=ReportJobState.QUEUED) | _stale()
    with transaction.atomic():
        free = ReportJob.objects.select_for_update(skip_locked=True).filter(wanted, pk=job.pk)
        ours = free.filter(attempts__lt=MAX_ATTEMPTS).exists() and ReportJob.objects.filter(pk=job.pk).update(
            state=ReportJobState.MAKING, claimed_at=now, attempts=F("attempts") + 1, done=0, total=0, doing=""
        )
    if ours:
        job.refresh_from_db()
    return bool(ours)


class Claim:
    """What its worker says of a job, as long as the job is the worker's."""

    def __init__(self, job: ReportJob) -> None:
        self.job = job

    def step(self, done: int, total: int, doing: str) -> None:
        self._update(done=done, total=total, doing=short(doing, 200), claimed_at=timezone.now())

    @transaction.atomic
    def finish(self, *, basis: str, votes: int) -> None:
        """The newest report of a filter takes the place of those before it."""
        self._update(
            state=ReportJobState.DONE, basis=basis, votes=votes, doing="", finished_at=timezone.now()
        )
        ended = ReportJob.objects.filter(study=self.job.study_id).exclude(state__in=REPORT_UNDER_WAY)
        older = ended.filter(asked_key=self.job.asked_key, pk__lt=self.job.pk)
        _drop(older.values_list("pk", flat=True))
        made = ended.filter(state=ReportJobState.DONE).order_by("-id")
        _drop(made.values_list("pk", flat=True)[KEPT:])

    def give_up(self, error: Exception, *, again: bool = True) -> None:
        """Back into the queue, or after the third failure parked with its reason."""
        try:
            if again and self.job.attempts < MAX_ATTEMPTS:
                self._update(state=ReportJobState.QUEUED, doing="", claimed_at=timezone.now())
                return
            said = short(error, 200) or type(error).__name__
            self._update(state=ReportJobState.FAILED, problem=said, finished_at=timezone.now())
        except Stopped:
            return

    def _update(self, **values: Any) -> None:
        ours = ReportJob.objects.filter(
            pk=self.job.pk, attempts=self.job.attempts, state=ReportJobState.MAKING
        )
        if not ours.update(**values):
            raise Stopped


def cancel(*, job: ReportJob) -> bool:
    """Stop a report that is under way; what was made before stays."""
    stopped = ReportJob.objects.filter(pk=job.pk, state__in=REPORT_UNDER_WAY).update(
        state=ReportJobState.CANCELLED, finished_at=timezone.now()
    )
    return bool(stopped)


def recover() -> list[int]:
    """For the sweep: ids of jobs that want a worker. Those that killed three workers are given up."""
    now = timezone.now()
    for job in ReportJob.objects.filter(_stale(), attempts__gte=MAX_ATTEMPTS):
        Claim(job).give_up(RuntimeError("the worker stopped without a word, perhaps for lack of memory"))
    idle = Q(claimed_at=None) | Q(claimed_at__lt=now - timedelta(minutes=1))
    waiting = ReportJob.objects.filter(idle, state=ReportJobState.QUEUED, created_at__lt=now - WAKE_AGAIN)
    lost = list(waiting.values_list("pk", flat=True))
    # Once a minute and not at every sweep: a busy worker would find a heap of messages.
    ReportJob.objects.filter(pk__in=lost, state=ReportJobState.QUEUED).update(claimed_at=now)
    return lost + list(ReportJob.objects.filter(_stale()).values_list("pk", flat=True))


def forget(*, study: Study) -> None:
    """Throw all reports of a study away, for instance when answers in them were erased."""
    _drop(study.report_jobs.values_list("pk", flat=True))


def folder(job: ReportJob) -> Path:
    """One for each claim, so that a worker who has lost the job writes into nobody's files."""
    return reports_folder() / f"{job.public_id}-{job.attempts}"


def reports_folder() -> Path:
    return Path(settings.VAR_DIR) / "reports"


def sweep() -> None:
    """Folders whose job is gone, with its study or otherwise, are of no use to anybody."""
    if not reports_folder().is_dir():
        return
    found = {path.name: path for path in reports_folder().iterdir()}
    known = ReportJob.objects.filter(state__in=[*REPORT_UNDER_WAY, ReportJobState.DONE])
    for name in set(found) - {folder(job).name for job in known}:
        shutil.rmtree(found[name], ignore_errors=True)


def _stale() -> Q:
    return Q(state=ReportJobState.MAKING, claimed_at__lt=timezone.now() - STALE)


def _drop(keys: Any) -> None:
    for job in ReportJob.objects.filter(pk__in=list(keys)):
        transaction.on_commit(partial(shutil.rmtree, folder(job), ignore_errors=True))
        job.delete()
