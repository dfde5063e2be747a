"""Reads about niches: what a version is made of, how its calibration stands, composites of images."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import Count, Prefetch, QuerySet

from annotations.models import Image, Study
from scoring.metrics.composite import Term, composites
from scoring.models import Metric, MetricKind, Niche, NicheTerm, NicheVersion, Score, ScoreState, StudyNiche

# A percentile among fewer says too little.
LEAST_POPULATION = 10
# From here on a percentile step is a point at most.
GOOD_POPULATION = 100
FILTERS = "hard_filters"
EVERYTHING = "all studies here"
_WHY = {
    ScoreState.PENDING: "still being computed",
    ScoreState.CLAIMED: "still being computed",
    ScoreState.UNAVAILABLE: "waiting for absent weights",
    ScoreState.PARKED: "failed three times",
    "": "never asked for by this version of the metric",
}


def _versions() -> QuerySet[NicheVersion]:
    return NicheVersion.objects.select_related(
        "niche__reference_set", "niche__owner", "population"
    ).prefetch_related(Prefetch("terms", NicheTerm.objects.defer("grid").select_related("metric")))


def niches() -> list[Niche]:
    """By name, each with its newest version as `latest` and the number of studies that show it."""
    found = list(Niche.objects.select_related("owner", "reference_set").order_by("name"))
    latest: dict[int, NicheVersion] = {}
    for version in _versions().order_by("number"):
        latest[version.niche_id] = version
    shown = dict(
        StudyNiche.objects.order_by()
        .values_list("version__niche")
        .annotate(n=Count("pk"))
        .values_list("version__niche", "n")
    )
    for niche in found:
        niche.latest, niche.study_count = latest.get(niche.pk), shown.get(niche.pk, 0)
    return [niche for niche in found if niche.latest is not None]


def versions_of(niche: Niche) -> list[NicheVersion]:
    """The newest first."""
    return list(_versions().filter(niche=niche).order_by("-number"))


def version_of(niche: Niche, number: int | None = None) -> NicheVersion | None:
    """A version by number; the newest without."""
    found = _versions().filter(niche=niche)
    return found.filter(number=number).first() if number else found.order_by("-number").first()


def attached(study: Study) -> NicheVersion | None:
    """The version whose composite stands beside this study's points."""
    return _versions().filter(studies__study=study).first()


def offered_metrics() -> list[Metric]:
    """Active metrics of single images, those with a better direction first."""
    found = Metric.objects.filter(active=True, kind=MetricKind.IMAGE).order_by("id")
    return sorted(
        found, key=lambda metric: (metric.name != FILTERS, metric.higher_is_better is None, metric.pk)
    )


@dataclass(frozen=True)
class Standing:
    """Scores of the population by one metric: done, failed for good, and still to come."""

    metric: Metric
    done: int
    failed: int
    open: int


def standing(version: NicheVersion) -> list[Standing]:
    """How far the population of a version that is not calibrated yet is scored."""
    terms = [term for term in version.terms.all() if term.weight]
    images = Image.objects.all() if version.of_all else Image.objects.filter(study=version.population)
    total = images.count() if version.of_all or version.population_id else 0
    counts: Counter[tuple[int, str]] = Counter()
    scores = Score.objects.filter(metric__in=[term.metric_id for term in terms])
    if not version.of_all:
        scores = scores.filter(image__study=version.population)
    for metric, state, n in (
        scores.order_by()
        .values_list("metric", "state")
        .annotate(n=Count("pk"))
        .values_list("metric", "state", "n")
    ):
        counts[metric, state] = n
    found = []
    for term in terms:
        done, failed = counts[term.metric_id, ScoreState.DONE], counts[term.metric_id, ScoreState.PARKED]
        found.append(Standing(term.metric, done, failed, max(0, total - done - failed)))
    return found


def population_scores(version: NicheVersion, metric: Metric) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Raw finite scores of the population at this moment."""
    scores = Score.objects.filter(metric=metric, state=ScoreState.DONE, value__isnull=False)
    if not version.of_all:
        scores = scores.filter(image__study=version.population)
    values = np.array(scores.values_list("value", flat=True), dtype=np.float64)
    return values[np.isfinite(values)]


def term_words(term: NicheTerm) -> str:
    direction = "higher is better" if term.higher_is_better else "lower is better"
    said = [f"weight {plain(term.weight)}" if term.weight else "no weight", direction]
    if term.limit is not None:
        said.append(limit_words(term))
    return f"{term.metric.label}, version {term.metric.version} ({', '.join(said)})"


def limit_words(term: NicheTerm) -> str:
    if term.limit is None:
        return ""
    if term.metric.name == FILTERS:
        return "barred unless it passes"
    return f"barred {'below' if term.higher_is_better else 'above'} {term.limit:g}"


def plain(weight: Any) -> str:
    """0.6000 as 0.6."""
    return f"{weight:f}".rstrip("0").rstrip(".") or "0"


def calibration_words(version: NicheVersion) -> str:
    if version.calibrated_at is None:
        return f"Not calibrated yet; waits for {version.population_name}"
    sizes = sorted({term.grid_n for term in version.terms.all() if term.weight})
    n = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    day = version.calibrated_at.date().isoformat()
    few = f"; so few that one more is {100 / sizes[0]:.1f} points" if sizes[0] < GOOD_POPULATION else ""
    return f"Percentiles among {n} images of {version.population_name}, frozen {day}{few}"


def definition(version: NicheVersion) -> dict[str, Any]:
    """All that makes a composite again, but for the frozen grids, which the checksum covers."""
    return {
        "niche": version.niche.name,
        "version": version.number,
        "checksum": version.checksum or None,
        "population": version.population_name,
        "calibrated_at": version.calibrated_at.isoformat() if version.calibrated_at else None,
        "terms": [
            {
                "metric": term.metric.name,
                "metric_version": term.metric.version,
                "extractor": term.metric.extractor,
                "weights_sha256": term.metric.weights_sha256,
                "higher_is_better": term.higher_is_better,
                "weight": float(term.weight),
                "limit": term.limit,
                "n": term.grid_n,
            }
            for term in version.terms.all()
        ],
    }


def image_composites(study: Study, version: NicheVersion) -> pd.DataFrame:
    """One row per image: image, generator, prompt, category, value (0 to 100, NaN without), barred, why (what
    is missing, in words; empty where nothing is)."""
    rows = Image.objects.filter(study=study).order_by("id")
    frame = pd.DataFrame(
        list(rows.values_list("id", "generator__name", "prompt_id", "prompt__category")),
        columns=["image", "generator", "prompt", "category"],
    )
    terms = list(NicheTerm.objects.filter(version=version).select_related("metric"))
    known = Score.objects.filter(image__study=study, metric__in=[term.metric_id for term in terms])
    done = pd.DataFrame(
        list(known.filter(state=ScoreState.DONE).values_list("image_id", "metric_id", "value")),
        columns=["image", "metric", "value"],
    )
    wide = done.pivot(index="image", columns="metric", values="value").astype(float)
    table = wide.reindex(index=frame["image"], columns=[term.metric_id for term in terms]).to_numpy(
        dtype=float
    )
    table = np.where(np.isfinite(table), table, np.nan)
    found = composites(table, [_term(term) for term in terms])
    states = {
        (image, metric): state
        for image, metric, state in known.exclude(state=ScoreState.DONE).values_list(
            "image_id", "metric_id", "state"
        )
    }
    why = [""] * len(frame)
    for row in np.flatnonzero(found.missing.any(axis=1) & ~found.barred).tolist():
        image = int(frame["image"].iat[row])
        first = terms[int(found.missing[row].argmax())]
        why[row] = f"{first.metric.label} {_WHY[states.get((image, first.metric_id), '')]}"
    return frame.assign(value=found.value, barred=found.barred, why=why)


def _term(term: NicheTerm) -> Term:
    return Term(
        weight=float(term.weight),
        higher_is_better=term.higher_is_better,
        grid=np.array(term.grid, dtype=np.float64) if term.weight else None,
        limit=None if term.limit is None or math.isnan(term.limit) else term.limit,
    )
