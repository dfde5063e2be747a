"""Thin Celery tasks: the row is the truth, a message only wakes a worker."""

from celery import shared_task

from annotations.models import ReportJob
from arena.results.report import make


@shared_task
def make_report(job_id: int) -> None:
    if job := ReportJob.objects.select_related("study").filter(pk=job_id).first():
        make.run(job=job)
