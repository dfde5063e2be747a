"""From a fitted model and its cluster scores to all arrays that a ranking shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .arrays import FloatArray
from .bootstrap import multiplier_bootstrap, probability_best
from .intervals import design_effect, generator_intervals, model_covariance, sandwich
from .ranking_rows import Numbers
from .ranks import rank_sets
from .scores import ClusterScores
from .strengths import Strengths

ONE_RATER = (
    "All votes come from one rater: how much raters differ cannot be estimated, so there are no intervals."
)

ALIKE = (
    "All raters voted alike: how much raters differ cannot be estimated from votes without a difference, so "
    "there are no intervals."
)
# Clustered variance below this share of that of single votes is rounding.
_NOTHING = 1e-12


def numbers_of(
    fit: Strengths,
    scores: ClusterScores,
    information: Callable[[], FloatArray],
    *,
    confidence: float,
    draws: int,
    seed: int,
    anchor: str | None,
) -> Numbers:
    """Intervals, rank sets and probability of being best; none of them with fewer than two clusters, or where
    all clusters pull the same way: `Numbers.silent` says which.

    Parameters
    ----------
    fit : Strengths
        p parameters.
    scores : ClusterScores
        s_r, shape (R, p).
    information : function
        Information of each cluster, shape (R, p, p); called only below 40 clusters.
    confidence, draws, seed, anchor
        As for `ranking.rank`.
    """
    vote_level = model_covariance(fit)
    vote_intervals = generator_intervals(fit, vote_level, confidence=confidence, anchor=anchor)
    if scores.count < 2:
        return Numbers(fit, None, vote_level, None, vote_intervals, None, None, None, ONE_RATER)
    covariance = sandwich(fit, scores, information)
    if float(np.trace(covariance.matrix)) <= _NOTHING * float(np.trace(vote_level.matrix)):
        return Numbers(fit, None, vote_level, None, vote_intervals, None, None, None, ALIKE)
    drawn = multiplier_bootstrap(fit, scores, draws=draws, seed=seed) if draws > 0 else None
    return Numbers(
        fit=fit,
        covariance=covariance,
        vote_level=vote_level,
        intervals=generator_intervals(fit, covariance, confidence=confidence, anchor=anchor),
        vote_intervals=vote_intervals,
        ranks=None if drawn is None else rank_sets(fit, covariance, drawn, confidence=confidence),
        best=None if drawn is None else probability_best(drawn, fit),
        design_effect=design_effect(fit, covariance),
    )
