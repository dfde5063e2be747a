"""Wake a Celery worker. The row is the truth: when the broker is away, the sweep finds the work later."""

import logging

from celery import current_app

logger = logging.getLogger(__name__)


def send(task: str, *args: object) -> None:
    """Send a task by its name (actions stand below tasks and cannot import them)."""
    try:
        current_app.send_task(task, args=args)
    except Exception as error:  # each broker has errors of its own, and none may fail the request
        logger.warning("could not wake a worker for %s: %s", task, error)
