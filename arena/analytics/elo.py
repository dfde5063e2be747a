"""Elo ratings: offered because people know them, with what they depend on said aloud.

A sequential rating depends on the order of votes; averaging over random orders takes most of that out.

References
----------
Elo, A. (1978), The Rating of Chessplayers, Past and Present. Boubdir et al. (2023), Elo uncovered,
arXiv:2311.17295 (dependence on order).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import CodeArray, FloatArray
from .data import LEFT, RIGHT, PairwiseData

# Votes of all orders looked up at once.
_STEPS = 4096


@dataclass(frozen=True, eq=False)
class EloRatings:
    """Ratings of shape (K,), and their spread over random orders (NaN for a single order).

    ``spread`` is the standard deviation over permutations: what order alone does, not an interval.
    """

    generators: tuple[str, ...]
    rating: FloatArray
    spread: FloatArray
    permutations: int
    method: str

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame(
            {"generator": list(self.generators), "rating": self.rating, "spread": self.spread}
        )


def expected_score(rating: float, opponent: float, *, scale: float = 400.0, base: float = 10.0) -> float:
    """1 / (1 + base^((opponent − rating)/scale))."""
    return float(1.0 / (1.0 + base ** ((opponent - rating) / scale)))


def left_scores(data: PairwiseData) -> FloatArray:
    """1 for a left win, 0 for a right win, 0.5 for a tie or both bad, shape (n,)."""
    table = np.full(4, 0.5)
    table[LEFT], table[RIGHT] = 1.0, 0.0
    out: FloatArray = table[data.outcome]
    return out


def sequential(
    data: PairwiseData, *, init: float = 1000.0, k: float = 4.0, scale: float = 400.0, base: float = 10.0
) -> EloRatings:
    """Elo in the order of rows: R ← R + K·w·(S − E), E from `expected_score`.

    Parameters
    ----------
    data : PairwiseData
        A weight w multiplies K; rows are taken in order.
    init, k, scale, base : float
        Starting rating, step, and the logistic scale.
    """
    rating = [init] * data.n_generators
    weight = [1.0] * data.n_rows if data.weight is None else data.weight.tolist()
    rows = zip(data.left.tolist(), data.right.tolist(), left_scores(data).tolist(), weight, strict=True)
    factor = np.log(base) / scale
    exp = np.exp
    for i, j, score, w in rows:
        change = k * w * (score - 1.0 / (1.0 + exp(factor * (rating[j] - rating[i]))))
        rating[i] += change
        rating[j] -= change
    method = f"Elo in the order of votes, K={k:g}, start {init:g}, scale {scale:g}, base {base:g}"
    return EloRatings(data.generators, np.array(rating), np.full(data.n_generators, np.nan), 1, method)


def permuted(
    data: PairwiseData,
    *,
    permutations: int | None = None,
    seed: int = 0,
    init: float = 1000.0,
    k: float = 4.0,
    scale: float = 400.0,
    base: float = 10.0,
) -> EloRatings:
    """Mean of `sequential` over random orders of the votes.

    All orders advance together, one vote each per step: n steps on arrays of length ``permutations``, about
    eight seconds for a million votes. By default there are 100 orders, and fewer (20 at least) beyond 200,000
    votes, so that they fit into memory.
    """
    rng = np.random.default_rng(seed)
    if permutations is None:
        permutations = min(100, max(20, 20_000_000 // data.n_rows))
    order = np.empty((data.n_rows, permutations), dtype=np.int32)
    for lane in range(permutations):
        order[:, lane] = rng.permutation(data.n_rows)
    rating = np.full((permutations, data.n_generators), init)
    _advance(rating, data, order, k, float(np.log(base) / scale))
    orders = f"Elo averaged over {permutations} random orders"
    method = f"{orders}, K={k:g}, start {init:g}, scale {scale:g}, base {base:g}"
    spread = rating.std(axis=0, ddof=1) if permutations > 1 else np.full(data.n_generators, np.nan)
    return EloRatings(data.generators, rating.mean(axis=0), spread, permutations, method)


def _advance(rating: FloatArray, data: PairwiseData, order: CodeArray, k: float, factor: float) -> None:
    """Takes every row of ``rating`` (permutations, K) through the votes in its own order, in place.

    What a step needs is looked up for many steps at once, and ratings by one flat index.
    """
    flat, start = rating.reshape(-1), np.arange(rating.shape[0]) * rating.shape[1]
    score = left_scores(data)
    weight = k * (np.ones(data.n_rows) if data.weight is None else data.weight)
    for first in range(0, data.n_rows, _STEPS):
        pick = order[first : first + _STEPS]
        steps = zip(start + data.left[pick], start + data.right[pick], score[pick], weight[pick], strict=True)
        for i, j, won, by in steps:
            left, right = flat[i], flat[j]
            change = by * (won - 1.0 / (1.0 + np.exp(factor * (right - left))))
            flat[i] = left + change
            flat[j] = right - change
