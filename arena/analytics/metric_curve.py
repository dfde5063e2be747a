"""How well the difference of a metric's scores tells who wins: AUC, and a calibration curve.

**AUC.** With t the difference seen from the winner (positive where the metric agrees), sides play no part in

    AUC = P(t_i + t_j > 0) + ½ P(t_i + t_j = 0)   over pairs of decided votes:

the area under the curve of "left wins" against the difference when every vote is also counted mirrored. The
variance is that of the U-statistic's projection, clustered by prompt.

**Calibration.** The share of votes won by the picture with the higher score, in bins of equal numbers of
votes by the size of the difference, with Wilson intervals; the monotone regression through all votes; and the
slope b of P(win) = 1 / (1 + e^{−b·difference/sd}), clustered by prompt.

References
----------
Hanley & McNeil (1982), Radiology 143, 29-36; DeLong et al. (1988), Biometrics 44, 837-845; Obuchowski (1997),
Biometrics 53, 567-578 (clusters); Ayer et al. (1955), Annals of Mathematical Statistics 26, 641-647
(monotone).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression
from scipy.special import expit
from scipy.stats import t as student

from .arrays import FloatArray, IntArray
from .cluster_mean import cluster_mean
from .metric_votes import MetricVotes
from .proportions import wilson_bounds
from .result import Estimate, Undefined

_POINTS = 60


def score_auc(votes: MetricVotes, *, confidence: float = 0.95) -> Estimate | Undefined:
    """AUC of the score difference; 0.5 is chance, below it the metric prefers what people reject.

    Parameters
    ----------
    votes : MetricVotes
        n decided votes; ties take no part.
    """
    t = votes.towards
    if not t.size:
        return Undefined("no_decided_votes", "No decided vote has scores for both pictures.")
    order = np.argsort(t)
    ordered = t[order]
    # Ascending queries keep to the cache: many times faster than random ones.
    queries = -ordered[::-1]
    below = np.searchsorted(ordered, queries, side="left")[::-1]
    upto = np.searchsorted(ordered, queries, side="right")[::-1]
    projection = np.empty(t.size)
    projection[order] = 1 - (below + upto) / (2 * t.size)
    found = cluster_mean(
        projection, votes.clusters(votes.decided), confidence=confidence, by=votes.cluster_name
    )
    value, half = found.value, 2 * (found.high - found.value)
    method = f"AUC of the score difference, clustered by {votes.cluster_name}"
    if not math.isfinite(half):
        return replace(found, method=method)
    if not 0 < value < 1:
        note = "The metric agrees (or disagrees) with every vote, which leaves no interval."
        return Estimate(value, math.nan, math.nan, confidence, t.size, method, note)
    # On the logit scale, where the law of a share near 1 is not cut off.
    centre, half = math.log(value / (1 - value)), half / (value * (1 - value))
    low, high = (float(expit(centre + side * half)) for side in (-1, 1))
    return Estimate(value, low, high, confidence, t.size, f"{method}, logit interval")


@dataclass(frozen=True, eq=False)
class CalibrationCurve:
    """How often the higher-scored picture wins.

    Attributes
    ----------
    bins : DataFrame
        Columns gap_low, gap_high, gap (mean), n, wins, share, low, high (Wilson): by size of the difference.
    monotone : DataFrame
        Columns gap, share: the monotone regression at up to 60 points.
    slope : Estimate or Undefined
        b, per standard deviation of the difference; 0 means that the difference tells nothing.
    sd : float
        That standard deviation.
    """

    bins: pd.DataFrame
    monotone: pd.DataFrame
    slope: Estimate | Undefined
    sd: float

    def to_frame(self) -> pd.DataFrame:
        return self.bins.copy()


def calibration_curve(
    votes: MetricVotes, *, bins: int = 10, confidence: float = 0.95
) -> CalibrationCurve | Undefined:
    """Chance of winning by difference of scores, decided votes only."""
    t = votes.towards
    if not t.size:
        return Undefined("no_decided_votes", "No decided vote has scores for both pictures.")
    size = np.abs(t)
    win = np.where(t == 0, 0.5, (t > 0).astype(np.float64))
    order = np.argsort(size, kind="stable")
    sd = float(np.sqrt((t**2).mean()))
    if sd == 0:
        return Undefined("constant", "The metric gives both pictures the same score in every vote.")
    smooth = np.asarray(isotonic_regression(win[order]).x, dtype=np.float64)
    pick = np.unique(np.linspace(0, t.size - 1, min(_POINTS, t.size)).round().astype(np.int64))
    monotone = pd.DataFrame({"gap": size[order][pick], "share": smooth[pick]})
    slope = _slope(t / sd, votes.clusters(votes.decided), votes.cluster_name, confidence)
    return CalibrationCurve(_bins(size, win, order, bins, confidence), monotone, slope, sd)


def _bins(size: FloatArray, win: FloatArray, order: IntArray, bins: int, confidence: float) -> pd.DataFrame:
    """Bins of equal numbers; votes of equal size stay together."""
    ranked = size[order]
    edge = np.unique(np.searchsorted(ranked, ranked[np.arange(0, size.size, max(1, size.size // bins))]))
    group = np.searchsorted(edge, np.arange(size.size), side="right") - 1
    n = np.bincount(group).astype(np.float64)
    wins = np.bincount(group, win[order]).astype(np.float64)
    low, high = wilson_bounds(wins, n, confidence=confidence)
    ends = np.r_[edge[1:] - 1, size.size - 1]
    return pd.DataFrame(
        {
            "gap_low": ranked[edge],
            "gap_high": ranked[ends],
            "gap": np.bincount(group, ranked) / n,
            "n": n.astype(np.int64),
            "wins": wins,
            "share": wins / n,
            "low": low,
            "high": high,
        }
    )


def _slope(t: FloatArray, cluster: IntArray, by: str, confidence: float) -> Estimate | Undefined:
    """b by Newton's method, with a clustered sandwich."""
    if (t >= 0).all() or (t <= 0).all():
        return Undefined("separated", "The metric agrees (or disagrees) with every vote: no finite slope.")
    R = int(cluster.max()) + 1
    if R < 2:
        return Undefined("one_cluster", f"All votes come from one {by}, so there is no interval.")
    b = 0.0
    for _ in range(100):
        p = expit(b * t)
        step = float((t * (1 - p)).sum() / (t * t * p * (1 - p)).sum())
        b += max(-1.0, min(1.0, step))
        if abs(step) < 1e-10:
            break
    p = expit(b * t)
    information = float((t * t * p * (1 - p)).sum())
    scores = np.bincount(cluster, t * (1 - p))
    se = math.sqrt(float((scores**2).sum()) * R / (R - 1)) / information
    half = float(student.ppf((1 + confidence) / 2, R - 1)) * se
    method = f"logistic slope per standard deviation, clustered by {by} ({R} clusters)"
    return Estimate(b, b - half, b + half, confidence, t.size, method)
