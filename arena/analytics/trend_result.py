"""What studies of the same generators say over time, fit for a page, an export, or a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .drift import DriftTest
from .ranking_result import RankingResult
from .result import Undefined

METHOD = (
    "Each study by Bradley-Terry with ties (Davidson) and a position effect of its own; linked by least "
    "squares on shared generators; intervals clustered by rater"
)


@dataclass(frozen=True, eq=False)
class TrendResult:
    """What several studies say of their generators.

    Attributes
    ----------
    studies : tuple of str
        That take part, in the order given (that of time).
    results : tuple of RankingResult
        Each study ranked by itself.
    parts : tuple of tuple of str
        Studies on one scale each; points compare within a part only.
    anchors : tuple of str
        Shared generators that carry the scale; their mean is at 1000 points.
    strengths : DataFrame
        One row per study and generator with a finite strength there: generator, study, part (0: the largest),
        points, low, high, se (clustered by rater; NaN with one rater), anchor, shared, votes.
    drift : DriftTest or Undefined
    by_generator : DataFrame
        See `drift.drift_by_generator`; empty where nothing can be tested.
    pooled : RankingResult
        All votes of all studies with strengths common to them: right when there is no drift.
    likelihood_ratio, likelihood_ratio_p : float
        Twice the gain in log-likelihood when every study has strengths of its own, and its p value by χ² as
        if all votes were independent, hence too small where raters differ; NaN where the two models do not
        nest (a study without a finite estimate, or in parts).
    warnings : tuple of str
    """

    studies: tuple[str, ...]
    results: tuple[RankingResult, ...]
    parts: tuple[tuple[str, ...], ...]
    anchors: tuple[str, ...]
    strengths: pd.DataFrame
    drift: DriftTest | Undefined
    by_generator: pd.DataFrame
    pooled: RankingResult
    likelihood_ratio: float
    likelihood_ratio_p: float
    warnings: tuple[str, ...]
    confidence: float = 0.95
    method: str = METHOD

    @property
    def shared(self) -> tuple[str, ...]:
        """Generators of two studies at the least."""
        return tuple(self.strengths.loc[self.strengths["shared"], "generator"].drop_duplicates())

    def to_frame(self) -> pd.DataFrame:
        """One row per study and generator."""
        return self.strengths.copy()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "studies": list(self.studies),
            "parts": [list(part) for part in self.parts],
            "anchors": list(self.anchors),
            "shared": list(self.shared),
            "strengths": _records(self.strengths),
            "drift": self.drift.to_dict(),
            "by_generator": _records(self.by_generator),
            "pooled": self.pooled.to_dict(),
            "likelihood_ratio": _plain(self.likelihood_ratio),
            "likelihood_ratio_p": _plain(self.likelihood_ratio_p),
            "confidence": self.confidence,
            "method": self.method,
            "warnings": list(self.warnings),
        }


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.astype(object).where(frame.notna(), None).to_dict("records")
