import os
import subprocess
import sys

import pytest

from scoring import engine, worker


@pytest.mark.slow
def test_what_a_worker_parent_loads_holds_no_torch():
    """A child forked from a process that has run torch hangs."""
    code = (
        "import sys, django; django.setup(); from arena.celery import app; "
        "app.loader.import_default_modules(); "
        "assert 'scoring.tasks.work' in app.tasks; sys.exit('torch' in sys.modules)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "arena.settings"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


@pytest.mark.parametrize(("pool", "share"), [(1, "all"), (10_000, 1)])
def test_cores_are_shared_among_the_pool(pool, share, monkeypatch):
    monkeypatch.delenv("TORCH_THREADS", raising=False)
    monkeypatch.setenv("ARENA_POOL_THREADS", "0")

    class Sender:
        concurrency = pool

    worker.share_cores(sender=Sender())
    assert engine.threads() == (len(os.sched_getaffinity(0)) if share == "all" else share)


def test_the_operator_has_the_last_word_on_threads(monkeypatch):
    monkeypatch.setenv("TORCH_THREADS", "3")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    worker.limit_threads()
    assert os.environ["OMP_NUM_THREADS"] == "3"
