"""Scores wanted: one row for each image and active metric."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from annotations.actions import wake
from annotations.models import Image
from scoring.actions import metrics, work
from scoring.models import Metric, MetricKind, Score, ScoreState

WAKE = "scoring.tasks.work"
_ROWS = 2000


def request(*, image_ids: Sequence[int]) -> int:
    """Queue these images for every active metric and wake a worker. Asking again changes nothing."""
    metrics.ensure()
    wanted = list(Metric.objects.filter(active=True, kind=MetricKind.IMAGE).order_by("id"))
    made = sum(_insert(image_ids[i : i + _ROWS], wanted) for i in range(0, len(image_ids), _ROWS))
    transaction.on_commit(lambda: wake.send(WAKE))
    return made


def fill_gaps(*, thorough: bool = False, limit: int = 20_000) -> int:
    """Queue what was missed: images whose message was lost, or older than a metric. Looks at the newest
    images; `thorough` looks at all."""
    newest = Image.objects.aggregate(top=Max("id"))["top"] or 0
    images = Image.objects.all() if thorough else Image.objects.filter(id__gt=newest - limit)
    made = 0
    for metric in Metric.objects.filter(active=True, kind=MetricKind.IMAGE):
        scored = Score.objects.filter(image=OuterRef("pk"), metric=metric)
        missing = list(images.filter(~Exists(scored)).order_by("id").values_list("id", flat=True)[:limit])
        for start in range(0, len(missing), _ROWS):
            made += _insert(missing[start : start + _ROWS], [metric])
    return made


def retry(*, score_id: int | None = None) -> int:
    """Try parked scores again, one or all, and wake a worker."""
    with transaction.atomic():
        changed = work.retry(Score, keys=None if score_id is None else [score_id])
        transaction.on_commit(lambda: wake.send(WAKE))
    return changed


def _insert(image_ids: Sequence[int], wanted: Sequence[Metric]) -> int:
    """Rows image by image, so that one decoding serves neighbouring rows."""
    unavailable = {metric.pk for metric in wanted if metric.unavailable_reason}
    rows = [
        Score(
            image_id=image_id,
            metric=metric,
            state=ScoreState.UNAVAILABLE if metric.pk in unavailable else ScoreState.PENDING,
            error=metric.unavailable_reason,
        )
        for image_id in image_ids
        for metric in wanted
    ]
    Score.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    return len(rows)
