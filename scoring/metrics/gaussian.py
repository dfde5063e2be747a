"""Partial sums of features that merge, so that workers share the work of a distribution metric."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.metrics.errors import ShapeError
from scoring.metrics.files import replace_file

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GaussianSums:
    """Count, mean and scatter of feature vectors: all that a Fréchet distance needs to know of a set.

    Carries the information of (n, Σx, Σxxᵀ) as (n, x̄, Σ(x−x̄)(x−x̄)ᵀ): subtracting n·x̄x̄ᵀ from Σxxᵀ would
    lose digits where means are large beside deviations, as they are for the features of most networks.

    Attributes
    ----------
    n : int
        Number of vectors.
    mean : numpy.ndarray
        Shape (d,), float64.
    scatter : numpy.ndarray
        Shape (d, d), float64, symmetric.

    References
    ----------
    Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
    """

    n: int
    mean: Array
    scatter: Array

    @classmethod
    def empty(cls, dim: int) -> "GaussianSums":
        """Sums of no vectors of `dim` entries: the neutral element of `merge`."""
        return cls(0, np.zeros(dim), np.zeros((dim, dim)))

    @classmethod
    def of(cls, features: npt.NDArray[Any]) -> "GaussianSums":
        """Sums over the rows of `features`, in float64.

        Parameters
        ----------
        features : numpy.ndarray
            Shape (n, d).

        Raises
        ------
        ShapeError
            When it is no matrix, or holds values that are not finite.
        """
        rows = as_features(features)
        if not len(rows):
            return cls.empty(rows.shape[1])
        mean = rows.mean(axis=0)
        centred = rows - mean
        return cls(len(rows), mean, centred.T @ centred)

    @property
    def dim(self) -> int:
        """Entries of a feature vector."""
        return len(self.mean)

    @property
    def covariance(self) -> Array:
        """Unbiased sample covariance, scatter / (n − 1), shape (d, d).

        Raises
        ------
        ShapeError
            With fewer than 2 vectors.
        """
        if self.n < 2:
            raise ShapeError(f"a covariance wants at least 2 vectors, there are {self.n}")
        return self.scatter / (self.n - 1)

    def merge(self, other: "GaussianSums") -> "GaussianSums":
        """Sums over the union of two disjoint sets.

        Raises
        ------
        ShapeError
            When the dimensions differ.
        """
        if self.dim != other.dim:
            raise ShapeError(f"features of {self.dim} and of {other.dim} entries do not merge")
        n = self.n + other.n
        if n == 0:
            return self
        shift = other.mean - self.mean
        mean = self.mean + shift * (other.n / n)
        scatter = self.scatter + other.scatter + np.outer(shift, shift) * (self.n * other.n / n)
        return GaussianSums(n, mean, scatter)

    def save(self, path: Path) -> None:
        """Write to an `.npz` file, whole or not at all."""
        replace_file(path, lambda handle: np.savez(handle, n=self.n, mean=self.mean, scatter=self.scatter))

    @classmethod
    def load(cls, path: Path) -> "GaussianSums":
        """Read what `save` wrote.

        Raises
        ------
        OSError, ValueError
            When the file is absent or damaged.
        """
        with np.load(path, allow_pickle=False) as stored:
            try:
                return cls(int(stored["n"]), stored["mean"], stored["scatter"])
            except KeyError as error:
                raise ValueError(f"{path.name} holds no sums: {error}") from error


def as_features(features: npt.NDArray[Any]) -> Array:
    """A float64 matrix of features, checked.

    Raises
    ------
    ShapeError
        When it is no (n, d) matrix with d ≥ 1, or holds values that are not finite.
    """
    rows = np.asarray(features, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ShapeError(f"features are a matrix (n, d), not of shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ShapeError("features hold values that are not finite")
    return rows
