"""From launch to open: render what is missing, then start. One worker at a time does it, the next one goes on
where a dead one stopped."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from annotations.actions import renditions, studies
from annotations.models import Study, StudyState

CLAIM_S = 120
RENEW_S = 10


def prepare(*, study: Study, progress: Callable[[int, int], None] | None = None) -> bool:
    """Render and open. False when somebody else is at it or there is nothing to do."""
    if not _claim(study):
        return False
    renewed = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal renewed
        if time.monotonic() - renewed > RENEW_S:
            renewed = time.monotonic()
            Study.objects.filter(pk=study.pk).update(prepare_claimed_at=timezone.now())
        if progress:
            progress(done, total)

    renditions.render_pending(study=study, progress=report)
    return studies.finish_preparation(study=study).state == StudyState.RUNNING


def _claim(study: Study) -> bool:
    now = timezone.now()
    return bool(_waiting(now).filter(pk=study.pk).update(prepare_claimed_at=now))


def _waiting(now: datetime) -> QuerySet[Study]:
    stale = Q(prepare_claimed_at=None) | Q(prepare_claimed_at__lt=now - timedelta(seconds=CLAIM_S))
    return Study.objects.filter(stale, state=StudyState.PREPARING)


def waiting() -> list[int]:
    """Studies in preparation that nobody works on."""
    return list(_waiting(timezone.now()).values_list("pk", flat=True))
