"""Pair accuracy that gives credit for ties, with the metric's own ties calibrated.

People call pictures equal; a metric hardly ever does, and plain accuracy then either ignores people's ties or
counts them against it. With C concordant and D discordant votes, T_h ties of people alone, T_m of the metric
alone, and T_hm of both,

    acc_eq = (C + T_hm) / (C + D + T_h + T_m + T_hm).

The metric is said to call a tie where its scores differ by at most ε, and ε is the value with the highest
acc_eq. Chosen on the votes that it is judged by, that is optimistic, so the cross-fitted figure stands beside
it: prompts are dealt into folds, and each fold is judged with the ε of the others.

References
----------
Deutsch, Foster & Freitag (2023), Ties matter: meta-evaluating modern metrics with pairwise accuracy and tie
calibration, EMNLP, 12914-12929.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .arrays import BoolArray, FloatArray
from .human_metric import clustered_share
from .metric_votes import metric_votes
from .result import Estimate, Undefined


@dataclass(frozen=True, eq=False)
class TieCalibration:
    """Accuracy with ties.

    Attributes
    ----------
    accuracy : Estimate or Undefined
        Cross-fitted acc_eq with its interval, clustered by prompt or rater.
    best : float
        acc_eq at ``epsilon`` on the same votes (the published definition).
    epsilon : float
        Largest difference of scores that counts as a tie.
    uncalibrated : float
        acc_eq at ε = 0.
    n, n_ties : int
        Scored votes, and people's ties among them.
    n_without_score : int
    """

    accuracy: Estimate | Undefined
    best: float
    epsilon: float
    uncalibrated: float
    n: int
    n_ties: int
    n_without_score: int

    def to_dict(self) -> dict[str, Any]:
        return self.__dict__ | {"accuracy": self.accuracy.to_dict()}

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([self.to_dict()])


def tie_calibrated_accuracy(
    df: pd.DataFrame,
    *,
    score_left: str = "score_left",
    score_right: str = "score_right",
    higher_is_better: bool = True,
    folds: int = 5,
    seed: int = 0,
    confidence: float = 0.95,
) -> TieCalibration:
    """acc_eq with calibrated ties.

    Parameters
    ----------
    df : DataFrame
        As `metric_votes` takes it.
    folds : int
        Of prompts (of raters, of votes) for the cross-fitted figure.
    """
    votes = metric_votes(
        df, score_left=score_left, score_right=score_right, higher_is_better=higher_is_better
    )
    n = votes.gap.size
    ties = int((~votes.decided).sum())
    if not n:
        reason = Undefined("no_votes", "No vote has scores for both pictures.")
        return TieCalibration(reason, np.nan, np.nan, np.nan, 0, 0, votes.n_without_score)
    order = np.argsort(np.abs(votes.gap), kind="stable")
    gap, side = votes.gap[order], votes.side[order]
    size, agrees, tied = np.abs(gap), gap * side > 0, side == 0
    epsilon, best = _calibrate(size, agrees, tied)
    cluster = votes.clusters(np.ones(n, dtype=np.bool_))
    count = int(cluster.max()) + 1
    accuracy: Estimate | Undefined
    if count < 2:
        accuracy = Undefined("one_cluster", f"One {votes.cluster_name} cannot be divided into folds.")
    else:
        fold = np.random.default_rng(seed).permutation(count)[cluster[order]] % min(folds, count)
        hit = np.empty(n)
        for f in range(min(folds, count)):
            inside = fold == f
            chosen, _ = _calibrate(size[~inside], agrees[~inside], tied[~inside])
            hit[order[inside]] = _hits(size[inside], agrees[inside], tied[inside], chosen)
        accuracy = clustered_share(votes.frame, hit, confidence)
    return TieCalibration(
        accuracy=accuracy,
        best=best,
        epsilon=epsilon,
        uncalibrated=float(_hits(size, agrees, tied, 0.0).mean()),
        n=n,
        n_ties=ties,
        n_without_score=votes.n_without_score,
    )


def _hits(size: FloatArray, agrees: BoolArray, tied: BoolArray, epsilon: float) -> FloatArray:
    """1 where people and metric say the same, with the metric's ties up to ε."""
    return np.where(size <= epsilon, tied, agrees).astype(np.float64)


def _calibrate(size: FloatArray, agrees: BoolArray, tied: BoolArray) -> tuple[float, float]:
    """The ε (0 or a size that occurs) of highest acc_eq, the smallest of equals, and that acc_eq.

    ``size`` is ascending.
    """
    sizes = np.r_[0.0, size]
    # Votes up to the k-th count as metric ties, the rest as decided.
    right = np.r_[0, np.cumsum(tied)] + agrees.sum() - np.r_[0, np.cumsum(agrees)]
    last = np.r_[sizes[1:] != sizes[:-1], True]  # all votes of equal size go together
    place = np.flatnonzero(last)
    best = place[int(np.argmax(right[place]))]
    return float(sizes[best]), float(right[best]) / size.size
