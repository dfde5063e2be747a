"""Thin Celery tasks. Pending work is rows; a message wakes a worker, and the sweep finds what was lost."""

from celery import shared_task

from annotations.actions import assignments, imports, preparation
from annotations.models import ImportJob, Study


@shared_task
def prepare_study(study_id: int) -> None:
    if study := Study.objects.filter(pk=study_id).first():
        preparation.prepare(study=study)


@shared_task
def run_import(job_id: int) -> None:
    if job := ImportJob.objects.filter(pk=job_id).first():
        imports.run(job=job)


@shared_task
def sweep() -> None:
    assignments.release_expired()
    for study_id in preparation.waiting():
        prepare_study.delay(study_id)
    for job_id in imports.recover():
        run_import.delay(job_id)
