"""Scores beside votes: what each metric says of each generator, and whether it agrees with people."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from django.db.models import Count, F, Max

from annotations.models import Protocol, Study
from arena.analytics.cluster_mean import cluster_mean
from arena.analytics.human_metric import (
    GeneratorCorrelation,
    PairAccuracy,
    generator_correlation,
    pair_accuracy,
)
from arena.analytics.result import Estimate
from arena.results.cache import remembered
from arena.results.filters import FilterRefused, Filters, block_of
from arena.results.frames import pair_frame
from arena.results.rankings import ranking
from arena.results.selection import select
from scoring.models import Metric, MetricKind, Score, ScoreState, SetScore
from scoring.selectors import knows_shapes_only, shapes_note

POINTS_DRAWN = 2000


@dataclass(frozen=True)
class GeneratorScores:
    """Distribution of one metric over one generator's images."""

    generator: str
    n: int
    mean: Estimate
    p5: float
    q25: float
    median: float
    q75: float
    p95: float


@dataclass(frozen=True)
class AgainstPeople:
    """One row of `comparisons` per comparison: score difference, and how often the first was preferred."""

    accuracy: PairAccuracy
    correlation: GeneratorCorrelation
    comparisons: pd.DataFrame
    total: int


@dataclass(frozen=True)
class MetricView:
    metric: Metric
    generators: list[GeneratorScores]
    people: AgainstPeople | None
    counts: dict[str, int]
    shapes_note: str


def image_metrics(study: Study) -> list[Metric]:
    """Metrics of images with a finished score in this study; CLIP scores first, then as they were made."""
    with_scores = Score.objects.filter(image__study=study, state=ScoreState.DONE, value__isnull=False)
    metrics = Metric.objects.filter(
        active=True, kind=MetricKind.IMAGE, id__in=with_scores.values("metric")
    ).order_by("id")
    return sorted(metrics, key=lambda metric: (not metric.name.startswith("clip_score"), metric.pk))


def chosen_metric(name: str, offered: list[Metric]) -> Metric | None:
    if not name:
        return offered[0] if offered else None
    for metric in offered:
        if metric.name == name:
            return metric
    known = ", ".join(metric.name for metric in offered) or "none"
    raise FilterRefused(f"This study has no scores by “{name[:60]}”.", mend=f"Choose one of: {known}.")


def score_states(study: Study) -> dict[str, int]:
    """Scores of the study's images per state, by active metrics."""
    rows = Score.objects.filter(image__study=study, metric__active=True).order_by().values("state")
    return {row["state"]: row["n"] for row in rows.annotate(n=Count("id"))}


def metric_view(study: Study, metric: Metric, filters: Filters) -> MetricView:
    """Cached while votes, raters, filter and the scores of this metric stay what they were."""
    scores = Score.objects.filter(image__study=study, metric=metric)
    mark = scores.aggregate(n=Count("value"), last=Max("computed_at"))
    counted = replace(filters, method="davidson")
    return remembered(
        "metric",
        study,
        counted,
        lambda: _metric_view(study, metric, counted),
        metric.pk,
        mark["n"],
        mark["last"],
    )


def _metric_view(study: Study, metric: Metric, filters: Filters) -> MetricView:
    scores = Score.objects.filter(image__study=study, metric=metric)
    counts = {row["state"]: row["n"] for row in scores.order_by().values("state").annotate(n=Count("id"))}
    values = _values(study, metric, filters)
    return MetricView(
        metric=metric,
        generators=_by_generator(values),
        people=_against_people(study, metric, filters, values)
        if block_of(study, filters).protocol == Protocol.PAIRWISE
        else None,
        counts=counts,
        shapes_note=(metric.note or shapes_note()) if knows_shapes_only(metric) else "",
    )


def _values(study: Study, metric: Metric, filters: Filters) -> pd.DataFrame:
    done = Score.objects.filter(
        image__study=study, metric=metric, state=ScoreState.DONE, value__isnull=False
    ).annotate(
        generator=F("image__generator__name"),
        prompt=F("image__prompt_id"),
        category=F("image__prompt__category"),
    )
    if filters.category:
        done = done.filter(image__prompt__category=filters.category)
    rows = done.order_by("image_id").values_list("image_id", "generator", "prompt", "value")
    return pd.DataFrame(list(rows), columns=["image", "generator", "prompt", "value"])


def _by_generator(values: pd.DataFrame) -> list[GeneratorScores]:
    found = []
    for name, part in values.groupby("generator", sort=True):
        numbers = part["value"].to_numpy(dtype=np.float64)
        prompts, _ = pd.factorize(part["prompt"])
        p5, q25, median, q75, p95 = np.quantile(numbers, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist()
        found.append(
            GeneratorScores(
                generator=str(name),
                n=numbers.size,
                # Images of one prompt resemble each other, so the interval counts prompts.
                mean=cluster_mean(numbers, prompts.astype(np.int64), by="prompt"),
                p5=p5,
                q25=q25,
                median=median,
                q75=q75,
                p95=p95,
            )
        )
    return sorted(found, key=lambda row: (-row.mean.value, row.generator))


def _against_people(
    study: Study, metric: Metric, filters: Filters, values: pd.DataFrame
) -> AgainstPeople | None:
    frame = pair_frame(study, select(study, filters), filters.criterion)
    if frame.empty or values.empty:
        return None
    score = values.set_index("image")["value"]
    frame["score_left"] = score.reindex(frame["image_left"]).to_numpy()
    frame["score_right"] = score.reindex(frame["image_right"]).to_numpy()
    higher = metric.higher_is_better is not False
    strengths = {
        row.generator: row.points for row in ranking(study, filters).result.rows if row.points is not None
    }
    sign = 1 if higher else -1
    means = {row.generator: sign * row.mean.value for row in _by_generator(values)}
    comparisons = _comparisons(frame)
    return AgainstPeople(
        accuracy=pair_accuracy(frame, higher_is_better=higher),
        correlation=generator_correlation(strengths, means),
        comparisons=_drawn(comparisons),
        total=len(comparisons),
    )


def _comparisons(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per comparison, sides taken out: the generator earlier in the alphabet comes first."""
    scored = frame[frame["score_left"].notna() & frame["score_right"].notna()]
    left, right = scored["left"].astype(str), scored["right"].astype(str)
    straight = left < right
    point = scored["outcome"].astype(str).map({"left": 1.0, "right": 0.0, "tie": 0.5, "both_bad": 0.5})
    gap = scored["score_left"] - scored["score_right"]
    table = pd.DataFrame(
        {
            "comparison": scored["comparison"],
            "first": left.where(straight, right),
            "second": right.where(straight, left),
            "gap": gap.where(straight, -gap),
            "preferred": point.where(straight, 1 - point),
            "category": scored["category"].astype(str),
            "prompt": scored["prompt"].astype(str),
        }
    )
    grouped = table.groupby("comparison", sort=True)
    out = grouped.first()
    out["preferred"] = grouped["preferred"].mean()
    out["votes"] = grouped.size()
    return out.reset_index(drop=True)


def _drawn(comparisons: pd.DataFrame) -> pd.DataFrame:
    """At most as many as a chart can show; the same ones each time."""
    if len(comparisons) <= POINTS_DRAWN:
        return comparisons
    return comparisons.sample(POINTS_DRAWN, random_state=0).sort_index()


def set_scores(study: Study) -> list[SetScore]:
    """The newest score of each generator, metric and reference set."""
    newest: dict[tuple[int, int, int], SetScore] = {}
    rows = SetScore.objects.filter(study=study, metric__active=True).select_related(
        "generator", "metric", "reference_set"
    )
    for row in rows.order_by("id"):
        newest[(row.metric_id, row.reference_set_id, row.generator_id)] = row
    return sorted(
        newest.values(), key=lambda row: (row.metric.name, row.reference_set.name, row.generator.name)
    )
