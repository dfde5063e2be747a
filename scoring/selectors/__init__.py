"""Reads: the state of the queue, scores of a study, reference sets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from annotations.models import Study
from scoring import conf
from scoring.metrics.extractors import SHAPES_NOTE
from scoring.models import Metric, ReferenceSet, Score, ScoreState, SetScore

NO_COUNTS = dict.fromkeys(ScoreState.values, 0)


@dataclass(frozen=True)
class MetricRow:
    """An active metric with the number of its scores in each state."""

    metric: Metric
    counts: dict[str, int] = field(default_factory=lambda: dict(NO_COUNTS))

    @property
    def shapes_only(self) -> bool:
        return knows_shapes_only(self.metric)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def knows_shapes_only(metric: Metric) -> bool:
    return metric.extractor == conf.extractors()["shapes-clip"].name


def shapes_note() -> str:
    return SHAPES_NOTE


def metric_table() -> list[MetricRow]:
    """Active metrics with their counts, in the order of their making."""
    counts: dict[int, dict[str, int]] = {}
    for model in (Score, SetScore):
        grouped = model.objects.order_by().values("metric", "state").annotate(n=Count("pk"))
        for row in grouped:
            counts.setdefault(row["metric"], dict(NO_COUNTS))[row["state"]] += row["n"]
    active = Metric.objects.filter(active=True).order_by("id")
    return [MetricRow(metric, counts.get(metric.pk, dict(NO_COUNTS))) for metric in active]


@dataclass
class Lack:
    """Weights that are absent, with everything that waits for them."""

    reason: str
    command: str
    labels: list[str] = field(default_factory=list)
    waiting: int = 0


def lacks(rows: list[MetricRow]) -> list[Lack]:
    found: dict[tuple[str, str], Lack] = {}
    for row in rows:
        if reason := row.metric.unavailable_reason:
            command = row.metric.unavailable_command
            lack = found.setdefault((reason, command), Lack(reason, command))
            lack.labels.append(row.metric.label)
            lack.waiting += row.counts[ScoreState.UNAVAILABLE]
    return list(found.values())


def totals(rows: list[MetricRow]) -> dict[str, int]:
    return {state: sum(row.counts[state] for row in rows) for state in ScoreState.values}


def parked_scores() -> QuerySet[Score]:
    return Score.objects.filter(state=ScoreState.PARKED).select_related(
        "metric", "image__study", "image__prompt", "image__generator"
    )


def parked_set_scores() -> QuerySet[SetScore]:
    return SetScore.objects.filter(state=ScoreState.PARKED).select_related("metric", "study", "generator")


def scores(
    *, study: Study | None = None, metric: str = "", state: str = "", any_version: bool = False
) -> QuerySet[Score]:
    """Scores by the active version of each metric, or by all versions."""
    found = Score.objects.select_related("metric", "image__prompt", "image__generator", "image__study")
    if not any_version:
        found = found.filter(metric__active=True)
    if study is not None:
        found = found.filter(image__study=study)
    if metric:
        found = found.filter(metric__name=metric)
    if state:
        found = found.filter(state=state)
    return found.order_by("id")


def score_values(*, study: Study) -> Iterator[dict[str, Any]]:
    """Finished scores of a study as plain rows, for charts and exports: one per image and active metric."""
    fields = {
        "image": "image__public_id",
        "generator": "image__generator__name",
        "prompt": "image__prompt__key",
        "category": "image__prompt__category",
        "metric": "metric__name",
        "version": "metric__version",
        "extractor": "metric__extractor",
        "weights_sha256": "metric__weights_sha256",
        "value": "value",
        "computed_at": "computed_at",
    }
    done = scores(study=study, state=ScoreState.DONE).values_list(*fields.values())
    for row in done.iterator(chunk_size=2000):
        yield dict(zip(fields, row, strict=True))


def set_scores(*, study: Study | None = None) -> QuerySet[SetScore]:
    found = SetScore.objects.select_related("study", "generator", "metric", "reference_set")
    if study is not None:
        found = found.filter(study=study)
    return found.order_by("-id")


def reference_sets() -> QuerySet[ReferenceSet]:
    return ReferenceSet.objects.annotate(picture_count=Count("pictures")).order_by("name")
