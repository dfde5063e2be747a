"""Composite of several scores of an image: a weighted sum of percentiles, with limits that nothing buys back.

Percentiles are taken within a frozen population, so a composite does not move when other images arrive. The
scale is 0 to 100: 50 is the middle of the population, whatever the metrics' own units.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.metrics.errors import MetricError

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
# Ranks kept of a larger population: percentiles are then right to a tenth of a point.
GRID = 1001
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Term:
    """One metric's part in a composite.

    Attributes
    ----------
    weight : float
        0 to 1; 0 for a metric that only bars.
    higher_is_better : bool
    grid : numpy.ndarray or None
        Ascending raw scores of the population as `quantile_grid` returns them; may be None without weight.
    limit : float or None
        The worst raw score that passes, in the metric's unit: least where higher is better, most where lower
        is. None bars nothing.
    """

    weight: float
    higher_is_better: bool
    grid: Array | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Composites:
    """Composites of n images.

    Attributes
    ----------
    value : numpy.ndarray
        Shape (n,), 0 to 100. 0 for a barred image, NaN where a score is missing.
    barred : numpy.ndarray
        Shape (n,): some limit is not kept.
    missing : numpy.ndarray
        Shape (n, k): which terms had no score. A barred image is barred whatever else is missing.
    """

    value: Array
    barred: Bools
    missing: Bools


def quantile_grid(values: npt.NDArray[Any], *, size: int = GRID) -> Array:
    """The scores of a population at evenly spread ranks, for freezing.

    The i-th of m kept values is the ⌈(i + ½)·n/m⌉-th smallest of n, i = 0 … m − 1. Kept values are values of
    the population, so ties stay ties and every increasing transformation of scores transforms the grid.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n,), raw scores in the metric's unit.
    size : int
        Most values to keep. A population of no more than that is kept whole.

    Returns
    -------
    numpy.ndarray
        Shape (min(n, size),), ascending.

    Raises
    ------
    MetricError
        When there is no value, or one is not finite.
    """
    scores = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if not scores.size:
        raise MetricError("a population without scores calibrates nothing")
    if not np.isfinite(scores).all():
        raise MetricError("a score of the population is not finite")
    if scores.size <= size:
        return scores
    rank = np.ceil((np.arange(size) + 0.5) * scores.size / size).astype(np.int64)
    return np.asarray(scores[rank - 1])


def percentiles(values: npt.NDArray[Any], grid: Array, *, higher_is_better: bool = True) -> Array:
    """Share of the population that is worse, ties counted half (mid-rank).

    p(x) = 100 · (#{g < x} + ½ #{g = x}) / m over the m values of the grid; 100 − p(x) where lower is better.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n,), raw scores; NaN stays NaN.
    grid : numpy.ndarray
        Shape (m,), ascending.

    Returns
    -------
    numpy.ndarray
        Shape (n,), 0 to 100.

    Raises
    ------
    MetricError
        When the grid is empty or not ascending.
    """
    if not grid.size or bool(np.any(np.diff(grid) < 0)):
        raise MetricError("a calibration is a list of ascending scores")
    scores = np.asarray(values, dtype=np.float64)
    below = np.searchsorted(grid, scores, side="left") + np.searchsorted(grid, scores, side="right")
    share = 50.0 * below / grid.size
    found = share if higher_is_better else 100.0 - share
    return np.where(np.isnan(scores), np.nan, found)


def composites(scores: npt.NDArray[Any], terms: Sequence[Term]) -> Composites:
    """Σ w_j p_j(x_j) for each image, 0 for one that breaks a limit, NaN for one that lacks a score.

    Weights are never spread over what is there: a missing score leaves the composite undefined. A limit is
    kept or not, whatever the weights: no other score makes up for it.

    Parameters
    ----------
    scores : numpy.ndarray
        Shape (n, k), raw scores, a column per term; NaN where there is none.
    terms : sequence of Term
        k of them, with weights that sum to 1.

    Returns
    -------
    Composites

    Raises
    ------
    MetricError
        When shapes do not pair up, weights are negative or do not sum to 1, or a term with weight has no
        calibration.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(terms):
        raise MetricError(f"scores of shape {table.shape} do not pair up with {len(terms)} terms")
    _check(terms)
    missing = np.isnan(table)
    barred = np.zeros(len(table), dtype=np.bool_)
    value = np.zeros(len(table))
    for column, term in zip(table.T, terms, strict=True):
        if term.limit is not None:
            barred |= column < term.limit if term.higher_is_better else column > term.limit
        if term.weight > 0 and term.grid is not None:
            value += term.weight * percentiles(column, term.grid, higher_is_better=term.higher_is_better)
    value[missing.any(axis=1)] = np.nan
    value[barred] = 0.0
    return Composites(np.minimum(value, 100.0), barred, missing)


def _check(terms: Sequence[Term]) -> None:
    weights = [term.weight for term in terms]
    if not all(weight >= 0 for weight in weights):
        raise MetricError("a weight is negative or not a number")
    if abs(math.fsum(weights) - 1) > TOLERANCE:
        raise MetricError(f"weights sum to {math.fsum(weights):.6g}, not to 1")
    if any(term.weight > 0 and term.grid is None for term in terms):
        raise MetricError("a term with weight has no calibration")
