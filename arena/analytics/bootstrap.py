"""One-step multiplier cluster bootstrap: a thousand draws without a single refit.

    θ* = θ̂ + H⁺ Σ_r (ξ_r − 1) s_r

is one Newton step of the estimate towards the data in which rater r counts ξ_r times (mean 1, variance 1).

References
----------
Kline & Santos (2012), J. Econometric Methods 1, 23-41 (score bootstrap); Rubin (1981), Annals of Statistics
9, 130-134 (exponential weights: the Bayesian bootstrap).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from .arrays import FloatArray
from .blas import one_thread
from .errors import TooFewRatersError, require
from .scores import ClusterScores
from .strengths import Strengths

Multiplier = Literal["exponential", "poisson", "normal", "rademacher", "multinomial"]
_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class BootstrapDraws:
    """Draws of (θ, γ, log ν).

    Attributes
    ----------
    deviations : float array, shape (B, K + 2)
        θ* − θ̂.
    theta : float array, shape (K,)
        θ̂.
    seed : int
    multiplier : str
        ``multinomial`` for clusters drawn again and fitted to the end (see `exact_bootstrap`).
    clusters : int
    generators : tuple of str
    unbounded : int
        Draws without a finite maximum, left out.
    """

    deviations: FloatArray
    theta: FloatArray
    seed: int
    multiplier: Multiplier
    clusters: int
    generators: tuple[str, ...]
    unbounded: int = 0

    @property
    def draws(self) -> int:
        return int(self.deviations.shape[0])

    @property
    def strengths(self) -> FloatArray:
        """θ*, shape (B, K)."""
        out: FloatArray = self.theta + self.deviations[:, : self.theta.size]
        return out

    def to_frame(self) -> pd.DataFrame:
        """One row per draw, one column per generator (logits)."""
        return pd.DataFrame(self.strengths, columns=list(self.generators))


@one_thread()
def multiplier_bootstrap(
    fit: Strengths,
    scores: ClusterScores,
    *,
    draws: int = 1000,
    seed: int = 0,
    multiplier: Multiplier = "exponential",
) -> BootstrapDraws:
    """Draws of the estimate under resampling of clusters.

    Parameters
    ----------
    fit : Strengths
    scores : ClusterScores
        s_r of shape (R, K + 2).
    draws : int
        B.
    seed : int
        The same seed gives the same draws.
    multiplier : {"exponential", "poisson", "normal", "rademacher"}
        Law of ξ − 1. Poisson is the ordinary bootstrap in the limit; Rademacher suits few clusters.
        ``normal`` draws from the exact law of Σ (ξ_r − 1) s_r, which needs no per-cluster numbers.

    Raises
    ------
    TooFewRatersError
        With fewer than two clusters.
    """
    require(multiplier, ("exponential", "poisson", "normal", "rademacher"), "multiplier")
    if scores.count < 2:
        raise TooFewRatersError(
            "A cluster bootstrap needs at least two raters.", mend="Collect votes from more raters."
        )
    R = scores.count
    influence = scores.scores @ fit.covariance
    if multiplier == "normal":
        rng = np.random.default_rng(seed)
        values, vectors = np.linalg.eigh(influence.T @ influence)
        root = vectors * np.sqrt(np.maximum(values, 0))
        deviations = rng.standard_normal((draws, root.shape[1])) @ root.T
    else:
        deviations = np.empty((draws, influence.shape[1]))
        start = 0
        for drawn in _all_multipliers(seed, draws, R, multiplier):
            deviations[start : start + len(drawn)] = drawn @ influence
            start += len(drawn)
    deviations *= np.sqrt(R / (R - 1))
    return BootstrapDraws(deviations, fit.theta, seed, multiplier, R, fit.generators)


def _all_multipliers(seed: int, draws: int, clusters: int, kind: Multiplier) -> Iterable[FloatArray]:
    """ξ − 1 of all draws, in pieces of bounded size."""
    if draws * clusters <= _CHUNK:
        return [_one_piece(seed, draws, clusters, kind)]
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // clusters)
    sizes = (min(step, draws - start) for start in range(0, draws, step))
    return (_multipliers(rng, (size, clusters), kind) for size in sizes)


# Rankings of parts, and the next look, ask for the same numbers again.
@lru_cache(maxsize=2)
def _one_piece(seed: int, draws: int, clusters: int, kind: Multiplier) -> FloatArray:
    found = _multipliers(np.random.default_rng(seed), (draws, clusters), kind)
    found.flags.writeable = False
    return found


def _multipliers(rng: np.random.Generator, size: tuple[int, int], kind: Multiplier) -> FloatArray:
    """ξ − 1: mean 0, variance 1."""
    if kind == "exponential":
        return rng.standard_exponential(size) - 1
    if kind == "poisson":
        return np.asarray(rng.poisson(1.0, size) - 1.0, dtype=np.float64)
    return np.asarray(rng.integers(0, 2, size) * 2.0 - 1.0, dtype=np.float64)


def probability_best(draws: BootstrapDraws, fit: Strengths) -> FloatArray:
    """Share of draws in which a generator leads its block, shape (K,); NaN where it has no estimate."""
    strengths = draws.strengths
    out = np.full(fit.theta.size, np.nan)
    for value in np.unique(fit.block[fit.block >= 0]):
        member = np.flatnonzero(fit.block == value)
        winner = member[np.argmax(strengths[:, member], axis=1)]
        out[member] = np.bincount(winner, minlength=fit.theta.size)[member] / draws.draws
    return out
