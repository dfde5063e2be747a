"""A worker that stores holds its job's row, and nobody waits for it: on PostgreSQL, which has such locks."""

import json

import pytest

from tests import servers

pytestmark = pytest.mark.servers

SCRIPT = """
import json
from datetime import timedelta
from threading import Thread
import django
django.setup()
from django.db import connection, transaction
from django.utils import timezone
from annotations.actions import imports
from annotations.models import ImportJob

silent = {
    "reading": {"name": "Elsewhere", "kind": "pairs"},
    "state": "storing",
    "claimed_at": timezone.now() - timedelta(hours=1),
}
jobs = [ImportJob.objects.create(attempts=attempts, **silent) for attempts in (1, imports.MAX_ATTEMPTS)]
said = []


def another():
    # Whoever waits for the lock fails soon.
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    woken = [job.pk == jobs[0].pk for job in ImportJob.objects.filter(pk__in=imports.recover())]
    claimed = [imports.claim(ImportJob.objects.get(pk=job.pk)) for job in jobs]
    said.append([woken, claimed, [ImportJob.objects.get(pk=job.pk).state for job in jobs]])
    connection.close()


def at_work():
    thread = Thread(target=another)
    thread.start()
    thread.join()


with transaction.atomic():
    for job in jobs:
        imports.Report(job).change()
    at_work()
    transaction.set_rollback(True)
at_work()
print(json.dumps(said))
"""


def test_a_job_whose_row_is_held_is_neither_woken_nor_claimed_nor_given_up():
    with servers.postgres() as url, servers.arena_environment(database_url=url) as environment:
        held, free = json.loads(servers.python(environment, "-c", SCRIPT))
    assert held == [[], [False, False], ["storing", "storing"]]
    assert free == [[True], [True, False], ["checking", "failed"]]
