"""Imports by upload: the ImportJob row is the truth, a Celery message only wakes a worker.

A worker claims the job, and every claim has a number (`attempts`): whoever has lost it, or whose job was
cancelled, can neither report nor commit. The job becomes done in the very transaction that stores the rows.
"""

import csv
import logging
import shutil
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from annotations.actions import wake
from annotations.actions.manifests import ImportResult, checked, import_folder, refusal, store
from annotations.errors import ImportRefused, StudyRefused
from annotations.importing import opened
from annotations.importing.problems import Problem, Problems, Progress, Unreadable, short
from annotations.models import ImportJob, ImportState, Study, StudyState

__all__ = ["ImportResult", "cancel", "import_folder", "look_at", "recover", "run", "start"]

logger = logging.getLogger(__name__)

RUNNING = (ImportState.CHECKING, ImportState.STORING)
MAX_ATTEMPTS = 3
STALE = timedelta(seconds=60)
# Tables of votes are parsed and checked in strides of minutes, within which nothing is heard.
STALE_VOTES = timedelta(minutes=10)
WAKE_AGAIN = timedelta(seconds=15)
REPORT_EVERY_S = 0.5
MANIFEST, ARCHIVE, PROBLEMS = "manifest", "archive.zip", "problems.csv"


class Stopped(Exception):
    """The job was cancelled, or another worker holds its claim."""


def look_at(*, manifest_path: Path, archive_path: Path | None) -> None:
    """What can be told at once, without opening a picture: raises ImportRefused."""
    problems = Problems()
    try:
        with opened.opened(manifest_path, archive_path) as bundle:
            problems = bundle.problems
    except Unreadable as error:
        problems.error(error.row, error.column, error.reason, error.mend)
    if problems.error_count:
        raise refusal(problems)


def start(
    *,
    study: Study,
    actor: AbstractBaseUser | None,
    manifest_file: UploadedFile,
    archive_file: UploadedFile | None = None,
) -> ImportJob:
    """Take the uploaded files over and queue them. `manifest_file` may be a ZIP that holds everything."""
    if study.state != StudyState.DRAFT:
        raise StudyRefused(
            f"“{study.name}” is launched; its images are frozen.", mend="Start a new study for these images."
        )
    job = ImportJob(study=study, created_by=actor, manifest_name=short(manifest_file.name, 200))
    job.workspace = job.public_id
    folder = workspace(job)
    folder.mkdir(parents=True)
    try:
        take(manifest_file, folder / MANIFEST)
        if archive_file is not None:
            take(archive_file, folder / ARCHIVE)
        with transaction.atomic():
            job.save()
            transaction.on_commit(lambda: wake.send("annotations.tasks.run_import", job.pk))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job


def run(*, job: ImportJob, progress: Progress | None = None) -> ImportJob:
    """Check and store, if no other worker does. Safe to call again after any kind of death."""
    if not claim(job):
        return job
    report = Report(job, progress)
    folder = workspace(job)
    archive = folder / ARCHIVE
    try:
        with checked(
            study=job.study,
            manifest_path=folder / MANIFEST,
            base=archive if archive.exists() else None,
            progress=report,
        ) as plan:
            report.total = len(plan.bundle.rows)
            report.change(state=ImportState.STORING, checked=report.total, total=report.total)
            store(
                study=job.study,
                plan=plan,
                actor=job.created_by,
                progress=report,
                before_commit=lambda: report.finish(
                    ImportState.DONE, stored=len(plan.new), warnings=plan.problems.first_warnings()
                ),
            )
        tidy(job)
    except Stopped:
        logger.info("import %s was cancelled or taken over", job.public_id)
    except ImportRefused as error:
        refuse(report, error)
    except Exception as error:
        logger.exception("import %s failed in attempt %d", job.public_id, job.attempts)
        give_up(report, error)
    job.refresh_from_db()
    return job


def cancel(*, job: ImportJob) -> bool:
    """Stop an import that has not ended. False where it has, or where nothing can stop it any more."""
    if job.holds_votes and job.state == ImportState.STORING:
        return False  # all rows in one transaction: asking would only wait for its end
    going_on = Q(state__in=[ImportState.UPLOADED, ImportState.QUEUED, *RUNNING])
    # Refused votes are kept for another reading.
    kept = Q(state=ImportState.REFUSED, reading__isnull=False) & ~Q(workspace="")
    stopped = ImportJob.objects.filter(going_on | kept, pk=job.pk).update(
        state=ImportState.CANCELLED, finished_at=timezone.now()
    )
    job.refresh_from_db()
    if stopped:
        shutil.rmtree(workspace(job), ignore_errors=True)
    return bool(stopped)


@transaction.atomic
def recover() -> list[int]:
    """For the sweep: ids of jobs that want a worker. Those that killed three workers are given up."""
    now = timezone.now()
    for job in _free().filter(_stale(now), attempts__gte=MAX_ATTEMPTS):
        report = Report(job, None)
        give_up(report, RuntimeError("the worker stopped without a word, perhaps for lack of memory"))
    idle = Q(claimed_at=None) | Q(claimed_at__lt=now - STALE)
    waiting = ImportJob.objects.filter(idle, state=ImportState.QUEUED, created_at__lt=now - WAKE_AGAIN)
    lost = list(waiting.values_list("pk", flat=True))
    # Once a minute and not at every sweep: a busy worker would find a heap of messages.
    ImportJob.objects.filter(pk__in=lost, state=ImportState.QUEUED).update(claimed_at=now)
    return lost + list(_free().filter(_stale(now)).values_list("pk", flat=True))


def workspace(job: ImportJob) -> Path:
    return Path(settings.VAR_DIR) / "imports" / job.public_id


def problems_file(job: ImportJob) -> Path:
    """Every problem of a refused import as CSV; the row keeps the first hundred."""
    return workspace(job) / PROBLEMS


def _stale(now: datetime) -> Q:
    silent = Q(claimed_at__lt=now - STALE, reading__isnull=True) | Q(claimed_at__lt=now - STALE_VOTES)
    return silent & Q(state__in=RUNNING)


def _free() -> QuerySet[ImportJob]:
    """Whoever stores holds the job's row, alive but unheard, until all is stored: nobody waits for that."""
    return ImportJob.objects.select_for_update(skip_locked=True)


def claim(job: ImportJob) -> bool:
    now = timezone.now()
    wanted = Q(state=ImportState.QUEUED) | _stale(now)
    with transaction.atomic():
        free = list(_free().filter(wanted, pk=job.pk, attempts__lt=MAX_ATTEMPTS).values_list("pk"))
        if free:
            ImportJob.objects.filter(pk=job.pk).update(
                state=ImportState.CHECKING,
                claimed_at=now,
                attempts=F("attempts") + 1,
                total=0,
                checked=0,
                stored=0,
            )
    job.refresh_from_db()
    return bool(free)


class Report:
    """Counts for the progress bar and a heartbeat, at most twice a second, as long as the claim is ours."""

    def __init__(self, job: ImportJob, progress: Progress | None = None) -> None:
        self.job = job
        self.progress = progress
        self.total = 0
        self._next = 0.0

    def __call__(self, phase: str, done: int, total: int) -> None:
        if self.progress:
            self.progress(phase, done, total)
        now = time.monotonic()
        if now < self._next and done < total:
            return
        self._next = now + REPORT_EVERY_S
        if phase == "checking":
            self.change(checked=done, total=total)
        else:
            self.change(stored=done)

    def change(self, **values: Any) -> None:
        self._update(claimed_at=timezone.now(), **values)

    def finish(self, state: str, **values: Any) -> None:
        self._update(state=state, finished_at=timezone.now(), **values)

    def _update(self, **values: Any) -> None:
        ours = ImportJob.objects.filter(pk=self.job.pk, attempts=self.job.attempts, state__in=RUNNING)
        if not ours.update(**values):
            raise Stopped


def refuse(report: Report, error: ImportRefused, *, keep: bool = False) -> None:
    """`keep` leaves the upload where it is, for somebody to say how else it is read."""
    problems: Problems = error.problems or Problems()
    try:
        _write_problems(problems_file(report.job), problems.errors)
        report.finish(
            ImportState.REFUSED,
            stored=0,
            problems=error.details,
            problem_count=problems.error_count or len(error.details),
            warnings=problems.first_warnings(),
        )
    except Stopped:
        return
    if not keep:
        tidy(report.job)


def give_up(report: Report, error: Exception) -> None:
    """Back into the queue, or after the third failure parked with its reason."""
    try:
        if report.job.attempts < MAX_ATTEMPTS:
            report.change(state=ImportState.QUEUED)
            return
        problem = Problem(
            None,
            "",
            f"the import stopped {MAX_ATTEMPTS} times; last: {short(error, 200) or type(error).__name__}",
            "Try again; if it stops again, ask whoever runs this server to look at the worker's log.",
        )
        report.finish(ImportState.FAILED, stored=0, problems=[problem.as_dict()], problem_count=1)
    except Stopped:
        return
    tidy(report.job)


def take(upload: UploadedFile, target: Path) -> None:
    """Large uploads lie in a file on the same disk already and are only renamed."""
    if hasattr(upload, "temporary_file_path"):
        shutil.move(upload.temporary_file_path(), target)
        return
    with target.open("wb") as handle:
        for chunk in upload.chunks():
            handle.write(chunk)


def tidy(job: ImportJob) -> None:
    folder = workspace(job)
    for name in (MANIFEST, ARCHIVE):
        (folder / name).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _write_problems(path: Path, problems: Sequence[Problem]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["row", "column", "reason", "mend"])
        for problem in sorted(problems, key=lambda p: (p.row is not None, p.row or 0)):
            writer.writerow(
                [problem.row or "", *map(_harmless, (problem.column, problem.reason, problem.mend))]
            )


def _harmless(text: str) -> str:
    """A spreadsheet must not take a stranger's file name for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
