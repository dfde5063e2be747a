"""Precision, recall, density and coverage: fidelity and variety apart, by nearest neighbours."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.metrics.errors import ShapeError
from scoring.metrics.gaussian import Array, as_features

_BLOCK = 1024


@dataclass(frozen=True)
class Neighbourhoods:
    """What `precision_recall_density_coverage` answers; precision, recall and coverage are shares, 0 to 1,
    density is at least 0 and 1 in expectation for equal distributions."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall_density_coverage(
    generated: npt.NDArray[Any], reference: npt.NDArray[Any], *, k: int = 5
) -> Neighbourhoods:
    """How many generated pictures look like reference ones, and how much of the reference is reached.

    With r_k(z) the distance of z from its k-th nearest neighbour in its own set: precision is the share of
    generated x within r_k(y) of some reference y; recall the share of reference y within r_k(x) of some
    generated x; density the mean number of reference balls around x, over k; coverage the share of
    reference y whose own ball holds a generated x.

    Parameters
    ----------
    generated, reference : numpy.ndarray
        Shapes (n, d) and (m, d), both with more than `k` rows.
    k : int
        Which neighbour draws the ball.

    Returns
    -------
    Neighbourhoods

    Raises
    ------
    ShapeError
        When dimensions differ, a set has no more than `k` rows, or values are not finite.

    References
    ----------
    Kynkäänniemi et al., NeurIPS 2019; Naeem et al., "Reliable Fidelity and Diversity Metrics", ICML 2020.
    """
    x, y = as_features(generated), as_features(reference)
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"features of {x.shape[1]} and of {y.shape[1]} entries cannot be compared")
    if k < 1 or min(len(x), len(y)) <= k:
        raise ShapeError(
            f"neighbour {k} wants sets of more than {k} vectors, there are {len(x)} and {len(y)}"
        )
    own, other = _radii(x, k), _radii(y, k)
    in_reference_balls = np.zeros(len(x))
    recalled = np.zeros(len(y), dtype=bool)
    nearest = np.full(len(y), np.inf)
    for start in range(0, len(x), _BLOCK):
        rows = slice(start, start + _BLOCK)
        distance = _distances(x[rows], y)
        in_reference_balls[rows] = (distance < other[None, :]).sum(axis=1)
        recalled |= (distance < own[rows, None]).any(axis=0)
        nearest = np.minimum(nearest, distance.min(axis=0))
    return Neighbourhoods(
        precision=float((in_reference_balls > 0).mean()),
        recall=float(recalled.mean()),
        density=float(in_reference_balls.mean() / k),
        coverage=float((nearest < other).mean()),
    )


def _radii(rows: Array, k: int) -> Array:
    """Distance of every row from its k-th nearest other row."""
    found = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        # Place 0 of the sorted distances is the row itself.
        found[part] = np.partition(_distances(rows[part], rows), k, axis=1)[:, k]
    return found


def _distances(x: Array, y: Array) -> Array:
    squared = (x * x).sum(1)[:, None] + (y * y).sum(1)[None, :] - 2.0 * (x @ y.T)
    return np.asarray(np.sqrt(np.clip(squared, 0.0, None)))
