"""The e-process of `sequential` as votes came in: what every look would have shown, and when it was decided.

Each rater counts once per pair, at the moment of the first decided vote on it; at every look the evidence of
every pair is that of `sequential.log_e_value`. Because the bound holds over all looks at once, showing the
whole path costs nothing.

References
----------
As in `sequential`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import FloatArray, IntArray
from .data import LEFT, RIGHT, PairwiseData
from .errors import OptionError
from .sequential import DEFAULT_PRIOR, log_e_value


@dataclass(frozen=True, eq=False)
class EvidencePath:
    """Evidence by look and pair.

    Attributes
    ----------
    looks : int array, shape (L,)
        Votes at each look.
    pairs : tuple of (str, str)
        M pairs on which somebody decided.
    log_e : float array, shape (L, M)
    threshold : float
        Of E: K(K−1)/2 / α.
    alpha : float
    """

    looks: IntArray
    pairs: tuple[tuple[str, str], ...]
    log_e: FloatArray
    threshold: float
    alpha: float

    @property
    def decided_at(self) -> FloatArray:
        """Votes at the first look at which a pair was decided, shape (M,); NaN where it never was."""
        hit = self.log_e >= math.log(self.threshold)
        first = np.where(hit.any(axis=0), hit.argmax(axis=0), -1)
        return np.where(first >= 0, self.looks[first] if self.looks.size else 0, np.nan)

    @property
    def any_decided(self) -> bool:
        return bool(np.isfinite(self.decided_at).any())

    def to_frame(self) -> pd.DataFrame:
        """One row per look and pair: votes, first, second, log_e."""
        L, M = self.log_e.shape
        return pd.DataFrame(
            {
                "votes": np.repeat(self.looks, M),
                "first": [a for a, _ in self.pairs] * L,
                "second": [b for _, b in self.pairs] * L,
                "log_e": self.log_e.ravel(),
            }
        )


def evidence_path(
    data: PairwiseData, *, every: int = 20, alpha: float = 0.05, prior: float = DEFAULT_PRIOR
) -> EvidencePath:
    """Evidence at every ``every``-th vote, rows in the order in which votes came.

    Parameters
    ----------
    data : PairwiseData
        n votes of weight 1, in order.
    every : int
        Votes between looks; the last look is at the last vote.
    alpha, prior : float
        As in `sequential_evidence`.

    Raises
    ------
    OptionError
        When ``every`` is below 1, or votes come with weights (their order is then unknown).
    """
    if every < 1:
        raise OptionError(f"A look every {every} votes is impossible.", mend="Choose 1 or more.")
    if data.weight is not None:
        raise OptionError("Grouped votes have no order.", mend="Pass single votes in the order they came.")
    K, n = data.n_generators, data.n_rows
    row, pair, won = _increments(data)
    keys, code = np.unique(pair, return_inverse=True)
    looks = np.unique(np.r_[np.arange(every, n + 1, every), n])
    look = np.searchsorted(looks, row + 1)  # first look that sees the vote
    shape = (looks.size, keys.size)
    size = np.bincount(look * keys.size + code, minlength=shape[0] * shape[1]).reshape(shape)
    wins = np.bincount(look * keys.size + code, won, shape[0] * shape[1]).reshape(shape)
    log_e = log_e_value(
        np.cumsum(wins, axis=0).astype(np.float64), np.cumsum(size, axis=0).astype(np.float64), prior=prior
    )
    names = tuple((data.generators[key // K], data.generators[key % K]) for key in keys)
    return EvidencePath(looks, names, log_e, K * (K - 1) / 2 / alpha, alpha)


def _increments(data: PairwiseData) -> tuple[IntArray, IntArray, FloatArray]:
    """Row of each rater's first decided vote per pair, in order; the pair's code; 1 where its first won."""
    K = data.n_generators
    rows = np.flatnonzero((data.outcome == LEFT) | (data.outcome == RIGHT))
    left, right = data.left[rows].astype(np.int64), data.right[rows].astype(np.int64)
    pair = np.minimum(left, right) * K + np.maximum(left, right)
    _, first = np.unique(data.rater[rows].astype(np.int64) * (K * K) + pair, return_index=True)
    first = np.sort(first)
    won = (data.outcome[rows] == LEFT) == (left < right)
    return rows[first].astype(np.int64), pair[first], won[first].astype(np.float64)
