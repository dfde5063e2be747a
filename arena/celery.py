import os

from celery import Celery
from kombu.transport import sqlalchemy as sqlalchemy_transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings")

# The embedded broker polls; its default of one second would be felt by everyone who waits for a score.
sqlalchemy_transport.Transport.polling_interval = 0.1

app = Celery("arena")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A room of the project, not an app of its own.
app.autodiscover_tasks(["arena.results"])
