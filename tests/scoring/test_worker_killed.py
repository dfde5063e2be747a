"""A real Celery worker is killed with -9 in the middle of a batch; after its restart all scores complete,
none twice. On both databases and both brokers."""

import os
import signal
import sqlite3
import sys
import time
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from tests import servers

pytestmark = pytest.mark.servers
IMAGES = 250
OWN = "m.name <> 'clip_score_shapes'"  # the built-in model is not what is tested here


@contextmanager
def worker(environment, folder):
    """Two processes in the pool, so that claims of killed workers and of living ones meet."""
    command = [sys.executable, "-m", "celery", "-A", "arena.celery", "worker", "-c", "2", "-l", "INFO"]
    log = folder / "worker.log"
    with servers.process(command, log=log, environment=environment, end=signal.SIGKILL) as running:
        yield running


class Installation:
    """Settings, the database as seen from outside, and 250 images that wait for their scores."""

    def __init__(self, folder, model, database, broker):
        self.folder = folder
        self.environment = {
            "ARENA_VAR": str(folder),
            "DATABASE_URL": database,
            "BROKER_URL": broker,
            "OPENCLIP_MODEL": f"local-dir:{model}",
            "DJANGO_SETTINGS_MODULE": "arena.settings",
            "PYTHONPATH": str(servers.ROOT),
        }
        servers.manage(self.environment, "migrate", "--verbosity", "0")
        servers.manage(self.environment, "shell", "--verbosity", "0", "--command", SEED % IMAGES)
        if database.startswith("sqlite"):
            self.database = sqlite3.connect(folder / "arena.sqlite3", timeout=30)
        else:
            self.database = psycopg.connect(database, autocommit=True)

    def rows(self, query):
        return self.database.execute(query).fetchall()

    def count(self, where):
        joined = "scoring_score s JOIN scoring_metric m ON m.id = s.metric_id"
        return self.rows(f"SELECT count(*) FROM {joined} WHERE {where}")[0][0]

    def finished(self):
        return dict(self.rows("SELECT id, computed_at FROM scoring_score WHERE state = 'done'"))

    def wait_for(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            said = (self.folder / "worker.log").read_text()[-3000:]
            assert time.monotonic() < deadline, f"not within {seconds} s; the worker said:\n{said}"
            time.sleep(0.003)


SEED = """
import hashlib
from annotations.actions import storage
from annotations.models import Generator, Image, Prompt, Study
from scoring.actions import scores
from tests.scoring.conftest import png
study, generator = Study.objects.create(name="Killed"), Generator.objects.create(name="g")
images = []
for i in range(%d):
    data = png(i, (160, 160))
    sha256 = hashlib.sha256(data).hexdigest()
    path = storage.original_path(sha256)
    storage.write_atomic(path, data)
    images.append(Image(
        study=study, generator=generator, sha256=sha256, path=path, format="PNG", width=160, height=160,
        prompt=Prompt.objects.create(study=study, key=str(i), text=f"picture {i}"), bytes=len(data)))
Image.objects.bulk_create(images)
scores.request(image_ids=list(Image.objects.values_list("id", flat=True)))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request, tmp_path, tiny_model):
    with ExitStack() as running:
        if request.param == "sqlite":
            database, broker = (
                f"sqlite:///{tmp_path}/arena.sqlite3",
                f"sqla+sqlite:///{tmp_path}/broker.sqlite3",
            )
        else:
            database = running.enter_context(servers.postgres(tmp_path))
            broker = running.enter_context(servers.redis(tmp_path))
        made = Installation(tmp_path, tiny_model, database, broker)
        running.callback(made.database.close)
        yield made


def stopped_in_mid_batch(there, process):
    """Between looking and killing a batch could end; whoever is stopped ends nothing."""
    os.killpg(process.pid, signal.SIGSTOP)
    if there.count("state = 'claimed'") > 0:
        return True
    os.killpg(process.pid, signal.SIGCONT)
    return False


def test_all_scores_complete_after_kill_9_in_mid_batch_and_none_twice(installation):
    there = installation
    with worker(there.environment, there.folder) as process:
        there.wait_for(lambda: there.count("state = 'done'") > 100, 240)
        there.wait_for(lambda: stopped_in_mid_batch(there, process), 240)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    held, finished, total = there.count("state = 'claimed'"), there.finished(), there.count(OWN)
    assert held > 0, "the worker was not killed in the middle of a batch"
    assert len(finished) < total == IMAGES * 7

    with worker(there.environment, there.folder):
        there.wait_for(lambda: there.count(f"state = 'done' AND {OWN}") == total, 300)
    doubled = "SELECT image_id, metric_id FROM scoring_score GROUP BY 1, 2 HAVING count(*) > 1"
    assert there.rows(doubled) == []
    after = there.finished()
    assert {pk: after[pk] for pk in finished} == finished, "a finished score was computed again"
    assert there.count("state = 'done' AND value IS NULL") == 0
    assert there.count("attempts = 2") == held
