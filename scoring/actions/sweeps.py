"""The periodic sweep: frees what dead workers held, queues what was missed, wakes a worker where work
waits."""

import time

from annotations.actions import wake
from scoring.actions import metrics, niches, scores, work
from scoring.models import Score, ScoreState, SetScore

WAKE = "scoring.tasks.work"
THOROUGH_EVERY_S = 600.0
_last_thorough = float("-inf")


def sweep() -> None:
    global _last_thorough
    work.recover()
    synced = metrics.sync()
    # A worker's first sweep and every sixtieth look at all images, the others at the newest.
    thorough = bool(synced.added) or time.monotonic() - _last_thorough > THOROUGH_EVERY_S
    scores.fill_gaps(thorough=thorough)
    if thorough:
        _last_thorough = time.monotonic()
    niches.calibrate_waiting()
    if waiting():
        wake.send(WAKE)


def waiting() -> bool:
    return any(model.objects.filter(state=ScoreState.PENDING).exists() for model in (Score, SetScore))
