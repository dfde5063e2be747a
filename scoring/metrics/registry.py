"""Registry of metrics: what can be measured, on what, and by which function.

`METRICS` lists them in the order in which pages show them. Adding one is one entry here, one function and one
test. A version changes whenever the same picture would get another value; old values keep the old version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.metrics.clip_score import clip_scores
from scoring.metrics.decode import Picture
from scoring.metrics.extractors import SHAPES_NOTE
from scoring.metrics.filters import FilterLimits, Finding, check_picture, perceptual_hash
from scoring.metrics.frechet import frechet_set_score
from scoring.metrics.pixels import PixelStatistics, pixel_statistics
from scoring.metrics.sets import SetResult

Detail = dict[str, Any]


@dataclass
class PictureFacts:
    """A picture whose statistics, findings and hash are computed once, however many metrics ask."""

    picture: Picture
    limits: FilterLimits

    @cached_property
    def statistics(self) -> PixelStatistics:
        """Pixel statistics."""
        return pixel_statistics(self.picture)

    @cached_property
    def findings(self) -> list[Finding]:
        """Hard filters not passed."""
        return check_picture(self.picture, self.limits)

    @cached_property
    def phash(self) -> str:
        """Perceptual hash; empty for a blank picture, whose hash is noise."""
        blank = any(finding.rule == "blank" for finding in self.findings)
        return "" if blank else perceptual_hash(self.picture)


@dataclass(frozen=True)
class Measured:
    """A value with what stands behind it, as plain data."""

    value: float
    detail: Detail


@dataclass(frozen=True)
class PictureMetric:
    """A metric of a picture alone.

    Attributes
    ----------
    name, version, label, note : str
        `label` with unit for pages, `note` says what the number means and does not mean.
    higher_is_better : bool or None
        None for a description that is good or bad only in context.
    measure : callable
        `PictureFacts` to `Measured`.
    """

    name: str
    version: str
    label: str
    note: str
    higher_is_better: bool | None
    measure: Callable[[PictureFacts], Measured]


@dataclass(frozen=True)
class PromptMetric:
    """A metric of a picture against its prompt, on features of one extractor.

    Attributes
    ----------
    extractor : str
        Role in `extractors.available_extractors`.
    measure : callable
        Picture features (n, d) and prompt features (n, d) to n values.
    """

    name: str
    version: str
    label: str
    note: str
    higher_is_better: bool | None
    extractor: str
    measure: Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[np.float64]]


@dataclass(frozen=True)
class SetMetric:
    """A metric of a generator's pictures against a reference set, on features of one extractor.

    Attributes
    ----------
    measure : callable
        Features (n, d) and reference features (m, d) to `SetResult`.
    """

    name: str
    version: str
    label: str
    note: str
    higher_is_better: bool | None
    extractor: str
    measure: Callable[[npt.NDArray[Any], npt.NDArray[Any]], SetResult]


AnyMetric = PictureMetric | PromptMetric | SetMetric


def measure_filters(facts: PictureFacts) -> Measured:
    """1 when every hard filter passes, 0 otherwise; the detail lists the findings and keeps the hash."""
    findings = [finding.as_dict() for finding in facts.findings]
    return Measured(0.0 if findings else 1.0, {"findings": findings, "phash": facts.phash})


def _statistic(name: str) -> Callable[[PictureFacts], Measured]:
    def measure(facts: PictureFacts) -> Measured:
        return Measured(float(getattr(facts.statistics, name)), {})

    return measure


def _clipping(facts: PictureFacts) -> Measured:
    found = facts.statistics
    return Measured(found.clipped, {"shadows": found.shadows, "highlights": found.highlights})


_SHAPES = f"shapes-clip {SHAPES_NOTE}: on any other picture this number means little."

METRICS: Mapping[str, AnyMetric] = {
    metric.name: metric
    for metric in (
        PictureMetric(
            "hard_filters",
            "1",
            "Hard filters passed (1 or 0)",
            "Size, aspect, blankness, exact copies within the study, near copies by the same generator.",
            True,
            measure_filters,
        ),
        PictureMetric(
            "sharpness",
            "1",
            "Sharpness (variance of the Laplacian)",
            "Squared grey levels at the picture's own size; noise raises it as well as detail.",
            None,
            _statistic("sharpness"),
        ),
        PictureMetric(
            "clipping",
            "1",
            "Clipped pixels (share)",
            "Pixels that are all black or all white; a white background counts too.",
            False,
            _clipping,
        ),
        PictureMetric(
            "saturation",
            "1",
            "Saturation (mean, 0 to 1)",
            "Mean HSV saturation; a description, not a quality.",
            None,
            _statistic("saturation"),
        ),
        PictureMetric(
            "luminance",
            "1",
            "Brightness (mean, 0 to 1)",
            "Mean luma of the sRGB values; a description, not a quality.",
            None,
            _statistic("luminance"),
        ),
        PictureMetric(
            "contrast",
            "1",
            "Contrast (RMS, 0 to 0.5)",
            "Standard deviation of the luma; a description, not a quality.",
            None,
            _statistic("contrast"),
        ),
        PromptMetric(
            "clip_score_shapes",
            "1",
            "CLIP score by shapes-clip (100·cosine)",
            _SHAPES,
            True,
            "shapes-clip",
            clip_scores,
        ),
        PromptMetric(
            "clip_score",
            "1",
            "CLIP score (100·cosine)",
            "Fit of picture and prompt; comparable only between pictures scored by the same model.",
            True,
            "open-clip",
            clip_scores,
        ),
        SetMetric(
            "fd_clip_shapes",
            "1",
            "Fréchet distance on shapes-clip features",
            _SHAPES,
            False,
            "shapes-clip",
            frechet_set_score,
        ),
        SetMetric(
            "fd_clip",
            "1",
            "Fréchet distance on CLIP features",
            "Distance of the generator's pictures from the reference set; comparable only at equal n.",
            False,
            "open-clip",
            frechet_set_score,
        ),
    )
}
