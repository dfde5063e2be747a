import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings")

app = Celery("arena")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A room of the project, not an app of its own.
app.autodiscover_tasks(["arena.results"])


@worker_init.connect
def poll_often(**_):
    """The embedded broker polls; its default of one second would be felt by everyone who waits for a score.
    Only a worker polls, so other processes need not load it to start."""
    from kombu.transport import sqlalchemy

    sqlalchemy.Transport.polling_interval = 0.1
