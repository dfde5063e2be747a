"""Composites beside the points: each generator's mean over its images, by the niche chosen for the study."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import Count, Max

from annotations.models import Image, Study
from arena.analytics.cluster_mean import cluster_mean
from arena.analytics.human_metric import GeneratorCorrelation, generator_correlation
from arena.analytics.ranking_result import RankingResult
from arena.analytics.result import Estimate, Undefined
from arena.results.cache import kept
from arena.results.filters import Filters
from arena.results.labels import number, plural
from scoring.models import NicheVersion, Score
from scoring.selectors import knows_shapes_only, niches, shapes_note

METHOD = (
    "Mean, over all images of a generator (of the category, where one is chosen), of the weighted sum of "
    "percentiles, 0 to 100; a barred image counts as 0. 95 % t intervals clustered by prompt (CR2), cut to "
    "the scale."
)
NOT_PEOPLE = "A composite is made of machines' scores: it is no human preference and enters no point."


@dataclass(frozen=True)
class GeneratorComposite:
    """`images` are all of the generator's, `n` those with a composite, `barred` of these count as 0; `note`
    says what the others lack."""

    generator: str
    mean: Estimate | Undefined
    images: int
    n: int
    barred: int
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        return self.__dict__ | {"mean": self.mean.to_dict()}


@dataclass(frozen=True)
class Composites:
    """`mark` tells one state of niche and scores from another."""

    version: NicheVersion
    category: str
    rows: Mapping[str, GeneratorComposite]
    mark: tuple[object, ...]

    @property
    def name(self) -> str:
        return str(self.version)

    @property
    def is_calibrated(self) -> bool:
        return self.version.calibrated_at is not None

    @property
    def shapes_note(self) -> str:
        """Where a term knows coloured shapes only, the whole does."""
        shapes = any(knows_shapes_only(term.metric) for term in self.version.terms.all() if term.weight)
        said = f"A part of it, shapes-clip, {shapes_note()}: of other pictures it tells little."
        return said if shapes else ""

    def words(self) -> list[str]:
        """What it is made of, for a page, a file or a report."""
        terms = [niches.term_words(term) for term in self.version.terms.all()]
        sealed = f"SHA-256 {self.version.checksum}" if self.version.checksum else "no checksum yet"
        return [self.name, *terms, niches.calibration_words(self.version), sealed]

    def of(self, generator: str) -> GeneratorComposite:
        nothing = Undefined("no_images", f"No images{self._where}.")
        return self.rows.get(generator) or GeneratorComposite(generator, nothing, 0, 0, 0)

    @property
    def _where(self) -> str:
        return f" in the category {self.category}" if self.category else ""

    def against_points(self, result: RankingResult) -> GeneratorCorrelation:
        """Whether the order by composite is the order by votes."""
        points = {row.generator: row.points for row in result.rows if row.points is not None}
        means = {
            row.generator: row.mean.value for row in self.rows.values() if isinstance(row.mean, Estimate)
        }
        return generator_correlation(points, means)

    def to_dict(self, result: RankingResult) -> dict[str, Any]:
        return {
            "definition": niches.definition(self.version),
            "method": METHOD,
            "beware": " ".join(filter(None, [NOT_PEOPLE, self.shapes_note])),
            "generators": [self.of(row.generator).to_dict() for row in result.rows],
            "against_points": self.against_points(result).to_dict(),
        }


def composites(study: Study, filters: Filters) -> Composites | None:
    """None where no niche is chosen. Votes play no part, so a new vote leaves this as it is."""
    version = niches.attached(study)
    if version is None:
        return None
    terms = [term.metric_id for term in version.terms.all()]
    scores = Score.objects.filter(image__study=study, metric__in=terms).order_by()
    states = scores.values_list("metric", "state").annotate(n=Count("pk"), last=Max("computed_at"))
    images = Image.objects.filter(study=study).count()
    mark = (version.pk, version.checksum, filters.category, images, *sorted(states, key=str))
    return kept(
        ("composites", study.public_id, mark), lambda: _composites(study, version, filters.category, mark)
    )


def _composites(study: Study, version: NicheVersion, category: str, mark: tuple[object, ...]) -> Composites:
    empty = Composites(version, category, {}, mark)
    if not empty.is_calibrated:
        waits = Undefined("not_calibrated", f"{niches.calibration_words(version)}.")
        names = Image.objects.filter(study=study).values_list("generator__name").annotate(n=Count("pk"))
        rows = {name: GeneratorComposite(name, waits, n, 0, 0) for name, n in names.order_by()}
        return replace(empty, rows=rows)
    frame = niches.image_composites(study, version)
    if category:
        frame = frame[frame["category"] == category]
    parts = frame.groupby("generator", sort=True)
    return replace(empty, rows={str(name): _generator(str(name), part) for name, part in parts})


def _generator(name: str, part: pd.DataFrame) -> GeneratorComposite:
    there = part[part["value"].notna()]
    lacking = Counter(part.loc[part["value"].isna(), "why"])
    note = ""
    if lacking:
        said = "; ".join(f"{why} ({number(n)})" for why, n in lacking.most_common())
        note = f"{number(lacking.total())} of {plural(len(part), 'image')} without a composite: {said}."
    mean: Estimate | Undefined
    if there.empty:
        mean = Undefined("no_scores", note)
    elif lacking and there["barred"].any():
        # One that breaks a limit is known before the others are scored: alone, it would stand for them all.
        mean = Undefined("incomplete", f"{note} Barred images count as 0, so the mean waits for the others.")
    else:
        mean = _mean(there)
    return GeneratorComposite(name, mean, len(part), len(there), int(there["barred"].sum()), note)


def _mean(there: pd.DataFrame) -> Estimate:
    """Images of one prompt resemble each other, so the interval counts prompts."""
    values = there["value"].to_numpy(dtype=np.float64)
    prompts, _ = pd.factorize(there["prompt"])
    found = cluster_mean(values, prompts.astype(np.int64), by="prompt")
    if values.size > 1 and np.ptp(values) == 0:
        note = "All images have the same composite, so there is no interval."
        return replace(found, low=math.nan, high=math.nan, note=note)
    if not found.has_interval:
        return found
    return replace(found, low=max(0.0, found.low), high=min(100.0, found.high))
