"""What happens when a worker process starts. Nothing here may import torch: see `engine`."""

import os
from typing import Any

from celery.signals import worker_init, worker_process_init, worker_ready


@worker_init.connect
def share_cores(sender: Any = None, **_: Any) -> None:
    """The parent tells its children how many threads are theirs, in their environment."""
    pool = getattr(sender, "concurrency", None) or os.cpu_count() or 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    os.environ["ARENA_POOL_THREADS"] = str(max(1, cores // pool))


@worker_process_init.connect
def limit_threads(**_: Any) -> None:
    """First thing in the child, before anything loads: OpenMP reads this once."""
    from scoring.engine import threads

    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads())


@worker_ready.connect
def sweep_at_once(**_: Any) -> None:
    """A restarted worker does not wait for beat to free what its predecessor held."""
    from annotations.actions import wake

    wake.send("scoring.tasks.sweep")
