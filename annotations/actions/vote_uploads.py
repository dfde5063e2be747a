"""Votes made elsewhere, by upload: taken over, looked at, told how to be read, then imported as a job.

The job's row is the truth, as for images (see `imports`). All votes are stored in the transaction in which
their job becomes done; a row lock on the job, taken before the first of them, keeps other workers away.
"""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from annotations.actions import imports, vote_import, wake
from annotations.actions.imports import MANIFEST, Report, Stopped, workspace
from annotations.actions.vote_import import VoteImport, Watch
from annotations.errors import ImportRefused
from annotations.importing import vote_file
from annotations.importing.problems import Unreadable, short
from annotations.importing.vote_table import BEST_OF_N, PAIRS, RANKING, Reading
from annotations.models import ImportJob, ImportState

logger = logging.getLogger(__name__)

# Files up to this size are imported while their owner waits; larger ones by a worker. Parquet packs millions
# of rows into as much.
AT_ONCE_BYTES = 2_000_000
AT_ONCE_ROWS = 20_000
LOOKED_AT_ROWS = 5_000
SHOWN_ROWS = 5
KEPT = timedelta(days=1)
# States in which somebody may still say how the file is read.
OPEN = (ImportState.UPLOADED, ImportState.REFUSED)


@dataclass(frozen=True)
class Look:
    """What a file holds before anybody has said what it means."""

    columns: list[str]
    rows: list[list[str]]
    bytes: int
    packed: int  # rows of a Parquet file; 0 for text

    @property
    def at_once(self) -> bool:
        return self.bytes <= AT_ONCE_BYTES and self.packed <= AT_ONCE_ROWS


@dataclass(frozen=True)
class Check:
    """A file, or its first rows, read without a problem."""

    votes: int
    whole: bool
    raters: int  # 0 where the file names none
    generators: int
    prompts: int
    said: dict[str, int]  # how often each outcome or rating


def start(*, actor: AbstractBaseUser | None, name: str, kind: str, file: UploadedFile) -> ImportJob:
    """Take an uploaded file over. Raises ImportRefused for one that is no table."""
    job = ImportJob(
        created_by=actor,
        state=ImportState.UPLOADED,
        manifest_name=short(file.name, 200),
        reading={"name": name.strip()[:200], "kind": kind},
    )
    job.workspace = job.public_id
    folder = workspace(job)
    folder.mkdir(parents=True)
    try:
        imports.take(file, folder / MANIFEST)
        look(job)
        job.save()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job


def look(job: ImportJob) -> Look:
    path = _file(job)
    try:
        columns, rows = vote_file.peek(path, SHOWN_ROWS)
        packed = vote_file.parquet_rows(path) if vote_file.kind_of_file(path) == vote_file.PARQUET else 0
    except Unreadable as error:
        raise _refused(error) from error
    return Look(columns, rows, path.stat().st_size, packed)


def check(*, job: ImportJob, reading: Reading) -> Check:
    """Whether the file can be read like this, by all of a small one and the first rows of a large one. Stores
    nothing but the reading, so that it is there when the page is opened again."""
    _remember(job, reading)
    whole = look(job).at_once
    limit = None if whole else LOOKED_AT_ROWS
    frame = vote_import.checked(path=_file(job), reading=reading, limit=limit)
    if reading.kind in (RANKING, BEST_OF_N):
        said, votes = {}, int(frame["ballot"].nunique())
    elif "better" in reading.mapping:
        said, votes = {}, len(frame)
    else:
        field = "outcome" if reading.kind == PAIRS else next(c for c in frame if c.startswith("rating."))
        counted = frame.loc[frame[field] != "", field].value_counts().sort_index()
        said, votes = {str(key): int(count) for key, count in counted.items()}, len(frame)
    names = set().union(*(frame[field] for field in ("left", "right", "generator") if field in frame))
    return Check(
        votes=votes,
        whole=whole,
        raters=int(frame["rater"].nunique()) if "rater" in reading.mapping else 0,
        generators=len(names),
        prompts=int(frame["prompt"].nunique()) if "prompt" in frame else 0,
        said=said,
    )


def submit(*, job: ImportJob, reading: Reading, once: bool = False) -> ImportJob:
    """Import the file as told: at once if it is small, else by a worker. `once`: nobody can say how else a
    refused file is read, so it is not kept."""
    _remember(job, reading, once=once)
    at_once = look(job).at_once
    moved = ImportJob.objects.filter(pk=job.pk, state__in=OPEN).update(
        state=ImportState.QUEUED, attempts=0, problems=[], problem_count=0, finished_at=None
    )
    job.refresh_from_db()
    if not moved:
        return job
    if at_once:
        return run(job=job)
    transaction.on_commit(lambda: wake.send("annotations.tasks.run_import", job.pk))
    return job


def run(*, job: ImportJob) -> ImportJob:
    """Check and store, if no other worker does. Safe to call again after any kind of death."""
    if not imports.claim(job):
        return job
    report, told = Report(job), job.reading or {}
    try:
        path = _file(job)
        vote_import.import_votes(
            path=path,
            name=told["name"],
            mapping=told["mapping"],
            outcomes=told["outcomes"],
            points=told["points"],
            strip_prompt=told["strip_prompt"],
            actor=job.created_by,
            file_name=job.manifest_name,
            watch=_Progress(report, path),
        )
        imports.tidy(job)
    except Stopped:
        logger.info("import %s was cancelled or taken over", job.public_id)
    except ImportRefused as error:
        imports.refuse(report, error, keep=True)
        if told.get("once"):
            discard(job=job)
    except Exception as error:
        logger.exception("import %s failed in attempt %d", job.public_id, job.attempts)
        imports.give_up(report, error)
    job.refresh_from_db()
    return job


def forget() -> None:
    """For the sweep: uploads that nobody went on with for a day, and refused ones, lose their file."""
    old = ImportJob.objects.filter(
        reading__isnull=False, state__in=OPEN, created_at__lt=timezone.now() - KEPT
    ).exclude(workspace="")
    for job in old:
        discard(job=job)


def discard(*, job: ImportJob) -> None:
    """Throw a file away that nobody will go on with. A refused job stays refused, for its problems."""
    job.refresh_from_db()
    if job.state not in OPEN:
        return
    shutil.rmtree(workspace(job), ignore_errors=True)
    left = ImportState.CANCELLED if job.state == ImportState.UPLOADED else job.state
    ImportJob.objects.filter(pk=job.pk, state=job.state).update(state=left, workspace="")


class _Progress(Watch):
    """An import's counts and heartbeat on its job's row."""

    def __init__(self, report: Report, path: Path) -> None:
        self.report = report
        self.rows = vote_file.count_rows(path)

    def read(self, rows: int) -> None:
        self.report("checking", rows, max(rows, self.rows))

    def checked(self, votes: int) -> None:
        self.report.change(state=ImportState.STORING, checked=votes, total=votes)

    def storing(self) -> None:
        self.report.change()

    def stored(self, done: VoteImport) -> None:
        self.report.finish(
            ImportState.DONE,
            study=done.study,
            total=done.votes,
            checked=done.votes,
            stored=done.votes if done.created else 0,
        )


def _file(job: ImportJob) -> Path:
    path = workspace(job) / MANIFEST
    if not job.workspace or not path.exists():
        gone, mend = "the uploaded file is not kept any more", "Upload it again."
        said = {"row": None, "column": "", "reason": gone, "mend": mend}
        raise ImportRefused(f"{gone.capitalize()}.", mend=mend, details=[said])
    return path


def _remember(job: ImportJob, reading: Reading, *, once: bool = False) -> None:
    told: Mapping[str, Any] = job.reading or {}
    job.reading = {
        "name": told["name"],
        "kind": told["kind"],
        "mapping": dict(reading.mapping),
        "outcomes": dict(reading.outcomes),
        "points": reading.points,
        "strip_prompt": reading.strip_prompt,
        "once": once,
    }
    ImportJob.objects.filter(pk=job.pk, state__in=OPEN).update(reading=job.reading)


def _refused(error: Unreadable) -> ImportRefused:
    problem = {"row": error.row, "column": error.column, "reason": error.reason, "mend": error.mend}
    return ImportRefused(f"The file cannot be read: {error.reason}.", mend=error.mend, details=[problem])
