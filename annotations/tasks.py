"""Thin Celery tasks. Pending work is rows; a message wakes a worker, and the sweep finds what was lost."""

from celery import shared_task

from annotations.actions import (
    assignments,
    batches,
    imports,
    limits,
    preparation,
    report_jobs,
    traces,
    vote_uploads,
    wake,
)
from annotations.models import Block, ImportJob, Study


@shared_task
def prepare_study(study_id: int) -> None:
    if study := Study.objects.filter(pk=study_id).first():
        preparation.prepare(study=study)


@shared_task
def run_import(job_id: int) -> None:
    if job := ImportJob.objects.filter(pk=job_id).first():
        vote_uploads.run(job=job) if job.holds_votes else imports.run(job=job)


@shared_task
def open_batch(block_id: int) -> None:
    if block := Block.objects.filter(pk=block_id).first():
        batches.open_next(block=block)


@shared_task
def sweep() -> None:
    assignments.release_expired()
    traces.sweep()
    vote_uploads.forget()
    limits.sweep()
    report_jobs.sweep()
    for study_id in preparation.waiting():
        prepare_study.delay(study_id)
    for block_id in batches.due():
        open_batch.delay(block_id)
    for job_id in imports.recover():
        run_import.delay(job_id)
    for job_id in report_jobs.recover():
        wake.send(report_jobs.TASK, job_id)
