"""A real Celery worker is killed with -9 in the middle of a batch; after its restart all scores complete,
none twice."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGES = 250

SEED = """
import sys, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
import hashlib
from annotations.actions import storage
from annotations.models import Generator, Image, Prompt, Study
from scoring.actions import scores
from tests.scoring.conftest import png
study = Study.objects.create(name="Killed")
generator = Generator.objects.create(name="g")
rows = []
for i in range(int(sys.argv[1])):
    data = png(i, (160, 160))
    sha256 = hashlib.sha256(data).hexdigest()
    storage.write_atomic(storage.original_path(sha256), data)
    prompt = Prompt.objects.create(study=study, key=str(i), text=f"picture {i}")
    rows.append(Image(study=study, prompt=prompt, generator=generator, sha256=sha256,
        path=storage.original_path(sha256), format="PNG", width=160, height=160, bytes=len(data)))
Image.objects.bulk_create(rows)
scores.request(image_ids=list(Image.objects.values_list("id", flat=True)))
"""


@contextmanager
def worker(environment, log):
    """A worker in a process group of its own, so that the kill reaches the pool as well."""
    command = [sys.executable, "-m", "celery", "-A", "arena.celery", "worker", "-c", "2", "-l", "INFO"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def wait_for(condition, seconds, log):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.005)
    raise AssertionError(f"not within {seconds} s; the worker said:\n{log.read_text()[-3000:]}")


@pytest.fixture
def installation(tmp_path, tiny_model):
    environment = {
        **os.environ,
        "ARENA_VAR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'arena.sqlite3'}",
        "BROKER_URL": f"sqla+sqlite:///{tmp_path / 'broker.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "arena.settings",
        "OPENCLIP_MODEL": f"local-dir:{tiny_model}",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "-c", SEED, str(IMAGES)], cwd=ROOT, env=environment, check=True)
    return environment, sqlite3.connect(tmp_path / "arena.sqlite3", timeout=30), tmp_path / "worker.log"


@pytest.mark.servers
def test_all_scores_complete_after_kill_9_in_mid_batch_and_none_twice(installation):
    environment, database, log = installation

    def count(where):
        query = (
            f"SELECT count(*) FROM scoring_score s JOIN scoring_metric m ON m.id = s.metric_id WHERE {where}"
        )
        return database.execute(query).fetchone()[0]

    with worker(environment, log) as process:
        wait_for(lambda: count("state = 'done'") > 100 and count("state = 'claimed'") > 0, 60, log)
        kill(process)
    held = count("state = 'claimed'")
    finished = dict(
        database.execute("SELECT id, computed_at FROM scoring_score WHERE state = 'done'").fetchall()
    )
    total = count("m.name <> 'clip_score_shapes'")
    assert held > 0, "the worker was not killed in the middle of a batch"
    assert len(finished) < total

    with worker(environment, log):
        done = "state = 'done' AND m.name <> 'clip_score_shapes'"
        wait_for(lambda: count(done) == total, 120, log)
    assert total == IMAGES * 7
    doubled = "SELECT image_id, metric_id FROM scoring_score GROUP BY 1, 2 HAVING count(*) > 1"
    assert database.execute(doubled).fetchall() == []
    after = dict(
        database.execute("SELECT id, computed_at FROM scoring_score WHERE state = 'done'").fetchall()
    )
    assert {pk: after[pk] for pk in finished} == finished, "a finished score was computed again"
    assert count("state = 'done' AND value IS NULL") == 0
    assert count("attempts = 2") == held
