"""Does a metric agree with people? Pair accuracy at image level, rank correlation at generator level.

References
----------
Bonett & Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman correlations,
Psychometrika 65, 23-28 (intervals).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, norm, spearmanr

from .arrays import FloatArray
from .cluster_mean import cluster_mean
from .data import OUTCOMES
from .encoding import encode_fixed
from .errors import MissingColumnError
from .proportions import wilson
from .result import Estimate, Undefined

MIN_GENERATORS = 5
FEW_GENERATORS = 10


@dataclass(frozen=True)
class PairAccuracy:
    """How often the metric prefers the picture that the rater preferred.

    Attributes
    ----------
    accuracy : Estimate or Undefined
        Over decided votes; an equal metric score counts one half. Chance is 0.5.
    n_decided, n_tied_votes, n_equal_scores, n_without_score : int
    """

    accuracy: Estimate | Undefined
    n_decided: int
    n_tied_votes: int
    n_equal_scores: int
    n_without_score: int

    def to_dict(self) -> dict[str, Any]:
        return self.__dict__ | {"accuracy": self.accuracy.to_dict()}

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([self.to_dict()])


def pair_accuracy(
    df: pd.DataFrame,
    *,
    score_left: str = "score_left",
    score_right: str = "score_right",
    higher_is_better: bool = True,
    confidence: float = 0.95,
) -> PairAccuracy:
    """Share of decided votes in which the metric's preferred side is the rater's.

    Parameters
    ----------
    df : DataFrame
        Columns ``outcome`` (left, right, tie, both_bad) and the scores of both pictures; optional ``prompt``
        and ``rater``. Rows without a score are counted and left out.
    higher_is_better : bool

    Notes
    -----
    The interval is clustered by prompt and by rater, whichever is wider (votes on one prompt share its
    pictures' scores; votes of one rater share a taste); Wilson's when neither column is present.
    """
    missing = [name for name in ("outcome", score_left, score_right) if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.",
            mend="Pair accuracy needs outcome and both scores.",
            details={"missing": missing},
        )
    if len(df) == 0:
        return PairAccuracy(Undefined("no_votes", "There are no votes."), 0, 0, 0, 0)
    gap = (df[score_left] - df[score_right]).to_numpy(dtype=np.float64) * (1 if higher_is_better else -1)
    outcome = encode_fixed(df["outcome"], OUTCOMES, "outcome")
    scored = np.isfinite(gap)
    use = scored & (outcome < 2)
    side = np.where(outcome[use] == 0, 1.0, -1.0)
    hit = np.where(gap[use] == 0, 0.5, (np.sign(gap[use]) == side).astype(np.float64))
    return PairAccuracy(
        accuracy=clustered_share(df[use], hit, confidence),
        n_decided=int(use.sum()),
        n_tied_votes=int((scored & (outcome >= 2)).sum()),
        n_equal_scores=int((gap[use] == 0).sum()),
        n_without_score=int((~scored).sum()),
    )


def clustered_share(df: pd.DataFrame, hit: FloatArray, confidence: float) -> Estimate | Undefined:
    """Mean of ``hit`` (0 to 1), clustered by prompt or rater, whichever is wider; Wilson without either."""
    if not hit.size:
        return Undefined("no_decided_votes", "No decided vote has scores for both pictures.")
    candidates = []
    for by in ("prompt", "rater"):
        if by in df.columns:
            code, _ = pd.factorize(df[by])
            candidates.append(cluster_mean(hit, code.astype(np.int64), confidence=confidence, by=by))
    usable = [c for c in candidates if c.has_interval]
    if usable:
        widest = max(usable, key=lambda c: c.high - c.low)
        return Estimate(
            widest.value,
            max(0.0, widest.low),
            min(1.0, widest.high),
            confidence,
            widest.n,
            widest.method,
            widest.note,
        )
    return candidates[0] if candidates else wilson(float(hit.sum()), hit.size, confidence=confidence)


@dataclass(frozen=True)
class GeneratorCorrelation:
    """Rank correlation of people's strengths with a metric over generators."""

    spearman: Estimate | Undefined
    kendall: Estimate | Undefined
    n_generators: int
    warning: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "spearman": self.spearman.to_dict(),
            "kendall": self.kendall.to_dict(),
            "n_generators": self.n_generators,
            "warning": self.warning,
        }

    def to_frame(self) -> pd.DataFrame:
        rows = [
            {"measure": "spearman"} | self.spearman.to_dict(),
            {"measure": "kendall"} | self.kendall.to_dict(),
        ]
        return pd.DataFrame(rows)


def generator_correlation(
    strengths: Mapping[str, float], metric: Mapping[str, float], *, confidence: float = 0.95
) -> GeneratorCorrelation:
    """Spearman's ρ and Kendall's τ_b between strengths and metric over the generators that have both.

    Intervals by Fisher's z with standard errors √((1 + ρ²/2)/(n − 3)) and √(0.437/(n − 4)).
    Fewer than 5 generators are refused in words: with 4, chance alone gives |ρ| = 1 once in 12 cases.
    """
    names = [g for g in strengths if g in metric and _finite(strengths[g]) and _finite(metric[g])]
    x, y = np.array([strengths[g] for g in names]), np.array([metric[g] for g in names])
    n = len(names)
    if n < MIN_GENERATORS:
        reason = Undefined(
            "too_few_generators",
            f"{n} generators are too few for a rank correlation; {MIN_GENERATORS} are the least.",
        )
        return GeneratorCorrelation(reason, reason, n, reason.reason)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        reason = Undefined("constant", "All generators have the same value, so there is no order to compare.")
        return GeneratorCorrelation(reason, reason, n, reason.reason)
    rho, tau = float(spearmanr(x, y).statistic), float(kendalltau(x, y).statistic)
    warning = "" if n >= FEW_GENERATORS else f"Only {n} generators: the interval is rough and wide."
    return GeneratorCorrelation(
        spearman=_fisher(rho, math.sqrt((1 + rho**2 / 2) / (n - 3)), n, confidence, "Spearman's ρ", warning),
        kendall=_fisher(tau, math.sqrt(0.437 / (n - 4)), n, confidence, "Kendall's τ_b", warning),
        n_generators=n,
        warning=warning,
    )


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _fisher(value: float, se: float, n: int, confidence: float, name: str, note: str) -> Estimate:
    method = f"{name}, Fisher's z interval (Bonett & Wright)"
    if abs(value) >= 1:
        words = f"{note} A perfect order leaves no interval by Fisher's z.".strip()
        return Estimate(value, math.nan, math.nan, confidence, n, method, words)
    z = math.atanh(value)
    half = float(norm.ppf((1 + confidence) / 2)) * se
    return Estimate(value, math.tanh(z - half), math.tanh(z + half), confidence, n, method, note)
