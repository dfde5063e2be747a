"""Circular triads: A beats B, B beats C, C beats A. In one rater a sign of guessing, in the crowd of no one
scale.

For every rater (and for the crowd) each pair of generators has a direction where one side won more votes than
the other; a triad counts when all three of its pairs have one. With c of T triads circular, a rater who flips
coins has c with mean T/4 and variance 3T/16, whatever pairs were compared (triads that share a pair are
uncorrelated under coins). When all pairs of K generators are decided, Kendall's coefficient of consistence is

    ζ = 1 − c / c_max,   c_max = (K³ − K)/24 for odd K, (K³ − 4K)/24 for even K.

A cycle of the crowd is proved when each of its three majorities is: p is the largest of the three one-sided
p-values (intersection-union), corrected by Holm over all triads.

References
----------
Kendall & Babington Smith (1940), Biometrika 31, 324-345; Moran (1947), Biometrika 34, 363-365 (moments);
Berger (1982), Technometrics 24, 295-300 (intersection-union).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import binom, norm

from .arrays import BoolArray, FloatArray
from .collusion import holm
from .data import LEFT, RIGHT, PairwiseData
from .result import Undefined

_CHUNK = 20_000_000
_EXACT_PAIRS = 12
_DRAWS = 2000
# Above so many triads the normal law will do.
_NORMAL = 40


@dataclass(frozen=True, eq=False)
class CircularTriads:
    """Triads by rater, and of the crowd.

    Attributes
    ----------
    raters : DataFrame
        Columns rater, pairs (decided), triads, circular, share, zeta (NaN unless all pairs are decided), p
        (of as few circular triads in a rater who flips coins). Raters without a triad are left out.
    triads, circular : int
        Of the crowd's majorities.
    zeta : float
        Of the crowd; NaN unless all pairs are decided.
    pooled : float or Undefined
        Share of circular triads over all raters' triads: 0 for perfect order, 1/4 for coins.
    pooled_p : float
        Of as few circular triads if all raters flipped coins; NaN when undefined.
    cycles : DataFrame
        The crowd's cycles: first, second, third (each beats the next, the last beats the first), weakest (the
        smallest of the three shares of decided votes), p, p_adjusted; most convincing first.
    """

    raters: pd.DataFrame
    triads: int
    circular: int
    zeta: float
    pooled: float | Undefined
    pooled_p: float
    cycles: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        return self.raters.copy()


def circular_triads(data: PairwiseData, *, seed: int = 0) -> CircularTriads:
    """Count circular triads.

    Parameters
    ----------
    data : PairwiseData
        n votes on K generators; ties and both-bad decide nothing.
    seed : int
        Of the coin flips by which raters with more than 12 pairs in at most 40 triads are judged.
    """
    K = data.n_generators
    won = _wins(data)
    crowd = won.sum(axis=0)
    frame = _by_rater(data, won, seed)
    total = int(frame["triads"].sum())
    pooled: float | Undefined = Undefined(
        "no_triads", "No rater has decided all pairs of any three generators."
    )
    pooled_p = math.nan
    if total:
        circular = int(frame["circular"].sum())
        pooled = circular / total
        pooled_p = float(norm.cdf((circular + 0.5 - total / 4) / math.sqrt(3 * total / 16)))
    triads, circular_crowd = (int(x[0]) for x in _count((crowd > crowd.T)[None]))
    decided = int((crowd > crowd.T).sum())
    return CircularTriads(
        raters=frame,
        triads=triads,
        circular=circular_crowd,
        zeta=_zeta(circular_crowd, decided, K),
        pooled=pooled,
        pooled_p=pooled_p,
        cycles=_cycles(crowd, data.generators),
    )


def _wins(data: PairwiseData) -> FloatArray:
    """Wins of row over column by rater, shape (R, K, K)."""
    K, R = data.n_generators, data.n_clusters if data.has_raters else 1
    rater = data.rater.astype(np.int64) if data.has_raters else np.zeros(data.n_rows, dtype=np.int64)
    decided = (data.outcome == LEFT) | (data.outcome == RIGHT)
    winner = np.where(data.outcome == LEFT, data.left, data.right)[decided]
    loser = np.where(data.outcome == LEFT, data.right, data.left)[decided]
    weight = None if data.weight is None else data.weight[decided]
    key = (rater[decided] * K + winner) * K + loser
    return np.bincount(key, weight, R * K * K).astype(np.float64).reshape(R, K, K)


def _count(beats: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Triads and circular ones of tournaments, shapes (R,); ``beats`` (R, K, K) of booleans."""
    R, K, _ = beats.shape
    triads, circular = np.empty(R), np.empty(R)
    step = max(1, _CHUNK // (K * K))
    for start in range(0, R, step):
        A = beats[start : start + step].astype(np.float64)
        G = A + A.transpose(0, 2, 1)
        triads[start : start + step] = np.einsum("rij,rji->r", G @ G, G) / 6
        circular[start : start + step] = np.einsum("rij,rji->r", A @ A, A) / 3
    return np.round(triads), np.round(circular)


def _zeta(circular: float, decided: int, K: int) -> float:
    if K < 3 or decided != K * (K - 1) // 2:
        return math.nan
    most = (K**3 - K) / 24 if K % 2 else (K**3 - 4 * K) / 24
    return 1 - circular / most


def _by_rater(data: PairwiseData, won: FloatArray, seed: int) -> pd.DataFrame:
    beats = won > won.transpose(0, 2, 1)
    triads, circular = _count(beats)
    names = data.raters if data.has_raters else ()
    rng = np.random.default_rng(seed)
    rows = []
    for r in np.flatnonzero(triads > 0) if names else ():
        pairs = int(beats[r].sum())
        rows.append(
            {
                "rater": names[r],
                "pairs": pairs,
                "triads": int(triads[r]),
                "circular": int(circular[r]),
                "share": circular[r] / triads[r],
                "zeta": _zeta(float(circular[r]), pairs, data.n_generators),
                "p": _p_of_coins(beats[r], float(triads[r]), float(circular[r]), rng),
            }
        )
    return pd.DataFrame(rows, columns=["rater", "pairs", "triads", "circular", "share", "zeta", "p"])


def _p_of_coins(beats: BoolArray, triads: float, circular: float, rng: np.random.Generator) -> float:
    """Chance that coins give as few circular triads: all orientations, many, or the normal law."""
    if triads > _NORMAL:
        return float(norm.cdf((circular + 0.5 - triads / 4) / math.sqrt(3 * triads / 16)))
    edge = np.triu(beats | beats.T, k=1)
    number = np.cumsum(edge.ravel()).reshape(edge.shape) - 1
    three = [
        (number[i, j], number[j, k], number[i, k])
        for i, j in np.argwhere(edge)
        for k in np.flatnonzero(edge[i] & edge[j])
    ]
    # Only pairs that are part of a triad matter.
    used, index = np.unique(np.array(three), return_inverse=True)
    index = index.reshape(-1, 3)
    exact = used.size <= _EXACT_PAIRS
    if exact:
        flips = (np.arange(2**used.size)[:, None] >> np.arange(used.size)) & 1
    else:
        flips = rng.integers(0, 2, (_DRAWS, used.size))
    # i beats j, j beats k and not i beats k; or all three the other way.
    found = (
        (flips[:, index[:, 0]] == flips[:, index[:, 1]]) & (flips[:, index[:, 0]] != flips[:, index[:, 2]])
    ).sum(axis=1)
    as_few = int((found <= circular).sum())
    return as_few / flips.shape[0] if exact else (1 + as_few) / (1 + _DRAWS)


def _cycles(crowd: FloatArray, names: tuple[str, ...]) -> pd.DataFrame:
    """The crowd's cycles with the p-value of each, Holm over all decided triads."""
    n = crowd + crowd.T
    ahead = crowd > crowd.T
    with np.errstate(invalid="ignore", divide="ignore"):
        p_ahead = np.asarray(binom.sf(np.round(crowd) - 1, np.round(n), 0.5), dtype=np.float64)
        share = crowd / n
    rows, p = [], []
    for a, b, c in combinations(range(len(names)), 3):
        if not all(ahead[x, y] or ahead[y, x] for x, y in ((a, b), (b, c), (a, c))):
            continue
        order = (a, b, c) if ahead[a, b] else (a, c, b)
        steps = list(zip(order, (*order[1:], order[0]), strict=True))
        cyclic = all(ahead[x, y] for x, y in steps)
        p.append(max(float(p_ahead[x, y]) for x, y in steps) if cyclic else 1.0)
        weakest = min(float(share[x, y]) for x, y in steps)
        rows.append((*(names[x] for x in order), weakest, cyclic))
    frame = pd.DataFrame(rows, columns=["first", "second", "third", "weakest", "cyclic"])
    frame["p"] = np.array(p, dtype=np.float64)
    frame["p_adjusted"] = holm(frame["p"].to_numpy(dtype=np.float64))
    cyclic_rows = frame["cyclic"].to_numpy(dtype=np.bool_)
    return frame[cyclic_rows].drop(columns="cyclic").sort_values("p", kind="stable", ignore_index=True)
