"""Kernel distances between two sets of features: KID and CMMD, both squared maximum mean discrepancies."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.metrics.errors import ShapeError
from scoring.metrics.gaussian import Array, as_features

_BLOCK = 2048  # rows per block: memory stays at 32 MB however large the sets are

Kernel = Callable[[Array, Array], Array]


def kernel_distance(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> float:
    """Kernel Inception Distance: unbiased squared MMD with the cubic kernel k(a, b) = (aᵀb/d + 1)³.

    mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) − 2 mean k(xᵢ, yⱼ)

    Parameters
    ----------
    x, y : numpy.ndarray
        Shapes (n, d) and (m, d), n and m at least 2.

    Returns
    -------
    float
        Without unit; unbiased, so it may be below 0.

    Raises
    ------
    ShapeError
        When dimensions differ, a set has fewer than 2 rows, or values are not finite.

    References
    ----------
    Bińkowski et al., "Demystifying MMD GANs", ICLR 2018.
    """
    x, y = _pair(x, y)
    dim = x.shape[1]

    def cubic(a: Array, b: Array) -> Array:
        return np.asarray((a @ b.T / dim + 1.0) ** 3)

    n, m = len(x), len(y)
    own = (_total(x, x, cubic) - _diagonal(x, dim)) / (n * (n - 1))
    other = (_total(y, y, cubic) - _diagonal(y, dim)) / (m * (m - 1))
    return own + other - 2.0 * _total(x, y, cubic) / (n * m)


def cmmd(x: npt.NDArray[Any], y: npt.NDArray[Any], *, sigma: float = 10.0, normalise: bool = True) -> float:
    """CLIP Maximum Mean Discrepancy: 1000 times the biased squared MMD with a Gaussian kernel.

    k(a, b) = exp(−‖a − b‖² / 2σ²); all pairs count, also i = j.

    Parameters
    ----------
    x, y : numpy.ndarray
        CLIP image features, shapes (n, d) and (m, d).
    sigma : float
        Kernel width, in units of the features.
    normalise : bool
        Bring every row to length 1 first, as the method prescribes.

    Returns
    -------
    float
        Without unit, at least 0 up to rounding.

    Raises
    ------
    ShapeError
        As `kernel_distance`, and for a row of zeros when `normalise`.

    References
    ----------
    Jayasumana et al., "Rethinking FID: Towards a Better Evaluation Metric for Image Generation", CVPR 2024.
    """
    x, y = _pair(x, y)
    if normalise:
        x, y = _unit(x), _unit(y)

    def gaussian(a: Array, b: Array) -> Array:
        squared = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * (a @ b.T)
        return np.asarray(np.exp(-np.clip(squared, 0.0, None) / (2.0 * sigma**2)))

    n, m = len(x), len(y)
    own = _total(x, x, gaussian) / n**2
    other = _total(y, y, gaussian) / m**2
    return 1000.0 * (own + other - 2.0 * _total(x, y, gaussian) / (n * m))


def _pair(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> tuple[Array, Array]:
    x, y = as_features(x), as_features(y)
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"features of {x.shape[1]} and of {y.shape[1]} entries cannot be compared")
    if min(len(x), len(y)) < 2:
        raise ShapeError(f"both sets want at least 2 vectors, there are {len(x)} and {len(y)}")
    return x, y


def _total(x: Array, y: Array, kernel: Kernel) -> float:
    blocks = range(0, len(x), _BLOCK), range(0, len(y), _BLOCK)
    return float(
        sum(kernel(x[i : i + _BLOCK], y[j : j + _BLOCK]).sum() for i in blocks[0] for j in blocks[1])
    )


def _diagonal(x: Array, dim: int) -> float:
    return float((((x * x).sum(1) / dim + 1.0) ** 3).sum())


def _unit(x: Array) -> Array:
    length = np.linalg.norm(x, axis=1, keepdims=True)
    if not length.all():
        raise ShapeError("a feature vector of zeros has no direction")
    return np.asarray(x / length)
