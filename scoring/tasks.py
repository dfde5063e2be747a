"""Celery tasks. Thin: a message wakes a worker, the rows say what there is to do."""

from celery import shared_task

from scoring.actions import sweeps
from scoring.actions.runs import drain


@shared_task(name="scoring.tasks.work")
def work() -> int:
    return drain()


@shared_task(name="scoring.tasks.sweep")
def sweep() -> None:
    sweeps.sweep()
