"""Fréchet distance between two sets of features, taken as Gaussians: FID, FD-CLIP, FD-DINOv2 are this on
features of different networks."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy  # its linear algebra is loaded when first used: every process starts with this module

from scoring.metrics.errors import ShapeError
from scoring.metrics.gaussian import Array, GaussianSums, as_features
from scoring.metrics.sets import SetResult, half_sample_interval, small_sample_warnings


def frechet_distance(a: GaussianSums, b: GaussianSums) -> float:
    """Squared Fréchet (2-Wasserstein) distance between the Gaussians of two sets.

    d² = ‖μ₁ − μ₂‖² + tr S₁ + tr S₂ − 2 tr (S₁S₂)^½

    With S = A Aᵀ the last trace is the nuclear norm of A₁ᵀA₂. Where both covariances have full rank it is
    the sum of the square roots of the eigenvalues of LᵀS₂L with S₁ = LLᵀ (Cholesky), a symmetric problem;
    otherwise A comes from eigendecompositions without the null space and the singular values are summed, so
    that no square root is taken of rounding noise. A complex square root of a matrix is never needed.

    Parameters
    ----------
    a, b : GaussianSums
        Each over at least 2 vectors of the same dimension.

    Returns
    -------
    float
        In squared feature units, at least 0 up to rounding.

    Raises
    ------
    ShapeError
        When dimensions differ or a set has fewer than 2 vectors.

    References
    ----------
    Dowson & Landau 1982; Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", NeurIPS 2017.
    """
    if a.dim != b.dim:
        raise ShapeError(f"features of {a.dim} and of {b.dim} entries cannot be compared")
    first, second = a.covariance, b.covariance
    shift = a.mean - b.mean
    trace = float(np.trace(first) + np.trace(second))
    return float(shift @ shift) + trace - 2.0 * _root_trace(a, b, first, second)


def frechet_from_features(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> float:
    """`frechet_distance` from features; exact also where a set has fewer vectors than dimensions.

    Parameters
    ----------
    x, y : numpy.ndarray
        Shapes (n, d) and (m, d), n and m at least 2.

    Raises
    ------
    ShapeError
        As `frechet_distance`, and for values that are not finite.
    """
    x, y = as_features(x), as_features(y)
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"features of {x.shape[1]} and of {y.shape[1]} entries cannot be compared")
    if min(len(x), len(y)) > x.shape[1]:
        return frechet_distance(GaussianSums.of(x), GaussianSums.of(y))
    return _distance_to(x, _centre(y), y.mean(axis=0))


def frechet_set_score(
    features: npt.NDArray[Any], reference: npt.NDArray[Any], *, draws: int = 40, seed: int = 0
) -> SetResult:
    """Fréchet distance of a generator's features from a reference set, with interval and warnings.

    The interval is the delete-half jackknife: the spread of the distance over random halves of the
    generator's pictures estimates the standard error at n, and the centre stays at the full-sample value (a
    bootstrap would be biased upwards, since repeated pictures lower the rank). The reference set is taken
    as given.

    Parameters
    ----------
    features, reference : numpy.ndarray
        Shapes (n, d) and (m, d).
    draws : int
        Random halves drawn.
    seed : int
        Of the draws.

    Returns
    -------
    SetResult

    Raises
    ------
    ShapeError
        As `frechet_from_features`.

    References
    ----------
    Shao & Wu, "A General Theory for Jackknife Variance Estimation", Annals of Statistics 1989;
    Chong & Forsyth, "Effectively Unbiased FID", CVPR 2020 (on the bias at small n).
    """
    x, y = as_features(features), as_features(reference)
    value = max(frechet_from_features(x, y), 0.0)  # a set against itself is 0, not −1e-12
    mean = y.mean(axis=0)
    # The reference stands still, so its factor is computed once, and never with more rows than dimensions.
    factor = _centre(y) if len(y) <= y.shape[1] else _factor(GaussianSums.of(y).covariance).T
    low, high, method = half_sample_interval(
        x, lambda half: _distance_to(half, factor, mean), value=value, draws=draws, seed=seed, lowest=0.0
    )
    return SetResult(
        value=value,
        n=len(x),
        n_reference=len(y),
        low=low,
        high=high,
        method=method,
        warnings=small_sample_warnings(len(x), len(y), reliable=reliable_size(x.shape[1])),
    )


def reliable_size(dim: int) -> int:
    """Pictures per set from which a Fréchet distance in `dim` dimensions is customarily trusted: 5·d.

    For Inception's 2,048 dimensions this is the customary 10,000; below, the bias of order 1/n dominates.
    """
    return 5 * dim


def _root_trace(a: GaussianSums, b: GaussianSums, first: Array, second: Array) -> float:
    """tr (S₁S₂)^½."""
    if min(a.n, b.n) > a.dim:
        try:
            lower = scipy.linalg.cholesky(first, lower=True, check_finite=False)
        except scipy.linalg.LinAlgError:
            pass  # Full rank by count but not by content: a constant or a copied feature.
        else:
            product = scipy.linalg.eigvalsh(lower.T @ second @ lower, check_finite=False)
            return float(np.sqrt(np.clip(product, 0.0, None)).sum())
    return _nuclear_norm(_factor(first).T @ _factor(second))


def _factor(covariance: Array) -> Array:
    """A with A Aᵀ = S, without the null space: shape (d, rank)."""
    values, vectors = scipy.linalg.eigh(covariance, check_finite=False)
    kept = values > values[-1] * len(values) * np.finfo(np.float64).eps
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


def _centre(rows: Array) -> Array:
    """Rows R with RᵀR = S, straight from the features: no eigendecomposition, no noise in the null space."""
    if len(rows) < 2:
        raise ShapeError(f"a covariance wants at least 2 vectors, there are {len(rows)}")
    return np.asarray((rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1))


def _distance_to(x: Array, factor: Array, mean: Array) -> float:
    """Squared distance of the rows of `x` from a Gaussian given by its mean and rows R with RᵀR = S."""
    own = _centre(x)
    if len(own) > own.shape[1]:
        # (d, d) instead of (n, d): same Gram matrix, fewer rows for the singular values below.
        own = _factor(own.T @ own).T
    shift = x.mean(axis=0) - mean
    trace = float((own * own).sum() + (factor * factor).sum())
    return float(shift @ shift) + trace - 2.0 * _nuclear_norm(own @ factor.T)


def _nuclear_norm(matrix: Array) -> float:
    return float(scipy.linalg.svdvals(matrix, check_finite=False).sum())
