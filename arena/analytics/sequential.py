"""Looking at any time without paying for it: an e-process per pair of generators.

Under "both are equally preferred" the evidence E_n is a non-negative martingale with start 1, so the chance
that it ever exceeds 1/α is at most α (Ville), however often one looks. With w wins of the first in n
decided votes and a Beta(a, a) mixture over the true share,

    E_n = 2ⁿ · B(a + w, a + n − w) / B(a, a).

Votes of one rater hang together, so an increment is a rater, not a vote: each rater counts once per pair, by
the first decided vote on it. Sides must be assigned at random, as the platform does; a side effect then
leaves the chances of two equal generators even.

References
----------
Ville (1939); Robbins (1970), Annals of Mathematical Statistics 41, 1397-1409;
Ramdas, Grünwald, Vovk & Shafer (2023), Statistical Science 38, 576-601; Wang & Ramdas (2022), JRSS B 84,
822-852 (false discovery control with e-values).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaln

from .arrays import FloatArray, IntArray
from .data import LEFT, RIGHT, PairwiseData
from .errors import OptionError

DEFAULT_PRIOR = 10.0


def log_e_value(wins: FloatArray, n: FloatArray, *, prior: float = DEFAULT_PRIOR) -> FloatArray:
    """log E_n for w of n, any shape.

    Parameters
    ----------
    wins, n : array
        0 ≤ wins ≤ n.
    prior : float
        a of Beta(a, a): large for shares expected near one half, small for clear ones.
    """
    w, n = np.asarray(wins, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if prior <= 0 or np.any(w < 0) or np.any(w > n):
        raise OptionError("An e-value needs 0 ≤ wins ≤ n and a prior above 0.", mend="Check the counts.")
    evidence: FloatArray = betaln(prior + w, prior + n - w) - betaln(prior, prior) + n * math.log(2)
    return evidence


def e_value(wins: float, n: float, *, prior: float = DEFAULT_PRIOR) -> float:
    """E_n for w of n; see the module for the formula."""
    return float(np.exp(log_e_value(np.array([wins]), np.array([n]), prior=prior)[0]))


@dataclass(frozen=True)
class PairEvidence:
    """Evidence on one pair: raters for each side, E, and whether it may be called decided."""

    first: str
    second: str
    raters_first: int
    raters_second: int
    raters_even: int
    log_e: float
    decided: bool

    @property
    def leader(self) -> str:
        return self.first if self.raters_first >= self.raters_second else self.second


@dataclass(frozen=True)
class SequentialResult:
    """All pairs; ``all_decided`` tells that a study may stop. Valid at every look."""

    pairs: tuple[PairEvidence, ...]
    alpha: float
    prior: float
    threshold: float

    @property
    def all_decided(self) -> bool:
        return bool(self.pairs) and all(pair.decided for pair in self.pairs)

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([pair.__dict__ | {"leader": pair.leader} for pair in self.pairs])

    def to_dict(self) -> dict[str, Any]:
        return {
            "alpha": self.alpha,
            "prior": self.prior,
            "threshold": self.threshold,
            "all_decided": self.all_decided,
            "pairs": [pair.__dict__ for pair in self.pairs],
        }


def sequential_evidence(
    data: PairwiseData, *, alpha: float = 0.05, prior: float = DEFAULT_PRIOR
) -> SequentialResult:
    """E-values of every compared pair, corrected for their number.

    Parameters
    ----------
    data : PairwiseData
    alpha : float
        Chance of ever calling any equal pair decided, over all looks and over all K(K−1)/2 pairs (whether
        compared or not, so that the threshold does not move as votes come in).
    prior : float
        a of the Beta(a, a) mixture; fix it before the first look.

    Notes
    -----
    A pair is decided when E ≥ K(K−1)/2 / α (Bonferroni).
    """
    K = data.n_generators
    first, second, sign = _first_votes(data)
    threshold = K * (K - 1) / 2 / alpha
    keys, code = np.unique(first * K + second, return_inverse=True)
    table = np.bincount(code * 3 + sign + 1, minlength=3 * keys.size).reshape(-1, 3)
    log_e = log_e_value(
        table[:, 2].astype(np.float64), (table[:, 0] + table[:, 2]).astype(np.float64), prior=prior
    )
    pairs = [
        PairEvidence(
            first=data.generators[key // K],
            second=data.generators[key % K],
            raters_first=int(won),
            raters_second=int(lost),
            raters_even=int(even),
            log_e=float(evidence),
            decided=bool(evidence >= math.log(threshold)),
        )
        for key, (lost, even, won), evidence in zip(keys, table, log_e, strict=True)
    ]
    return SequentialResult(tuple(pairs), alpha, prior, threshold)


def _first_votes(data: PairwiseData) -> tuple[IntArray, IntArray, IntArray]:
    """Per rater and pair: (first, second, +1 for first, −1 for second, 0 for never decided)."""
    K = data.n_generators
    first = np.minimum(data.left, data.right).astype(np.int64)
    second = np.maximum(data.left, data.right).astype(np.int64)
    as_shown = np.select([data.outcome == LEFT, data.outcome == RIGHT], [1, -1], 0)
    sign = np.where(data.left < data.right, as_shown, -as_shown).astype(np.int64)
    key = (data.rater.astype(np.int64) * K + first) * K + second
    # Decided votes first, in the order of rows; then one per rater and pair.
    order = np.lexsort((np.arange(key.size), sign == 0, key))
    _, start = np.unique(key[order], return_index=True)
    pick = order[start]
    return first[pick], second[pick], sign[pick]
