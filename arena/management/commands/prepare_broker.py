from typing import Any

from django.core.management.base import BaseCommand
from kombu import Connection, Queue

from arena.celery import app


class Command(BaseCommand):
    help = "Makes the embedded broker's tables, so that two workers starting at once don't race to make them."

    def handle(self, *args: Any, **options: Any) -> None:
        url = app.conf.broker_url
        if not url.startswith("sqla+"):
            self.stdout.write("This broker needs no preparation.")
            return
        with Connection(url) as connection, connection.channel() as channel:
            queue = Queue(app.conf.task_default_queue, channel=channel)
            queue.declare()
        self.stdout.write("The embedded broker is ready.")
