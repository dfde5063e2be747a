"""Is the position effect the same for all generators?

The model of `davidson.fit` with a position effect of its own for every generator,

    d = θ_left − θ_right + γ + (δ_left + δ_right) / 2,   Σ δ = 0,

so that γ_k = γ + δ_k is the side effect among comparisons with generator k. A striking generator may be
looked at first wherever it stands, and then sides matter less for it.

References
----------
Davidson & Beaver (1977), Biometrics 33, 693-702; Liang & Zeger (1986), Biometrika 73, 13-22.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import f as fisher_f
from scipy.stats import t as student

from .arrays import FloatArray, IntArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import DavidsonFit
from .result import Undefined
from .scores import cluster_codes

_STEPS = 50
_TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False)
class PositionByGenerator:
    """γ_k of every generator with its interval, and a test that all are equal.

    Attributes
    ----------
    frame : DataFrame
        Columns generator, votes, position (γ_k, logits; above 0 favours the left), se, low, high.
    statistic, df, p : float, int, float
        Clustered Wald test of δ = 0; p by Hotelling's T², T²(R − q)/(q(R − 1)) ~ F(q, R − q) for q effects.
    method : str
    """

    frame: pd.DataFrame
    statistic: float
    df: int
    p: float
    confidence: float
    method: str

    def to_frame(self) -> pd.DataFrame:
        return self.frame.copy()


@one_thread()
def position_by_generator(
    data: PairwiseData, fitted: DavidsonFit, *, confidence: float = 0.95
) -> PositionByGenerator | Undefined:
    """Position effects by generator, intervals and test clustered by rater.

    Parameters
    ----------
    data : PairwiseData
    fitted : DavidsonFit
        Of ``data``, with position effect and Davidson ties; where Newton's method starts.

    Returns
    -------
    PositionByGenerator
    Undefined
        ``no_position``, ``parts`` (more than one scale), ``too_few_raters`` (no more raters than effects),
        ``not_identified``.
    """
    K = data.n_generators
    if not fitted.has_position or fitted.half_win:
        return Undefined("no_position", "The fitted model has no position effect with Davidson ties.")
    if (fitted.block != 0).any():
        return Undefined("parts", "Not all generators are on one scale.")
    if K < 3:
        return Undefined("not_identified", "With two generators there is one position effect only.")
    cluster = cluster_codes(data, "rater")
    R = int(cluster.max()) + 1
    if K >= R:
        return Undefined("too_few_raters", f"{R} raters cannot tell {K} position effects apart.")
    X = _design(data)
    found = _maximise(X, data, fitted)
    if found is None:
        return Undefined("not_identified", "The position effects cannot be told apart by these votes.")
    beta, inverse = found
    scores = _scores(X, data, beta, cluster, with_ties=fitted.has_ties)
    half = scores @ inverse
    V = half.T @ half * (R / (R - 1))
    return _result(data, beta, V, R, confidence)


def _design(data: PairwiseData) -> FloatArray:
    """Derivatives of d per ordered pair by (θ_2 … θ_K, γ_1 … γ_K), shape (P, 2K − 1).

    Σ δ = 0 makes γ the mean of γ_k, and d's side part (γ_left + γ_right)/2.
    """
    cells, K = data.cells, data.n_generators
    P = cells.left.size
    rows = np.arange(P)
    X = np.zeros((P, 2 * K))
    X[rows, cells.left] += 1
    X[rows, cells.right] -= 1
    X[rows, K + cells.left] += 0.5
    X[rows, K + cells.right] += 0.5
    return X[:, 1:]


def _moments(
    X: FloatArray, beta: FloatArray, *, with_ties: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """P(left) − P(right), P(left) + P(right), P(tie) per ordered pair."""
    a = np.exp(np.clip(X @ beta[:-1], -60, 60) / 2)
    b = 1 / a
    nu = np.exp(beta[-1]) if with_ties else 0.0
    D = a + b + nu
    return (a - b) / D, (a + b) / D, nu / D


def _maximise(X: FloatArray, data: PairwiseData, fitted: DavidsonFit) -> tuple[FloatArray, FloatArray] | None:
    """(θ_2 … θ_K, γ_1 … γ_K, log ν) and inverse information; None when singular or running away."""
    K = data.n_generators
    counts = data.cells.counts
    lead, n, ties = (counts[:, 0] - counts[:, 1]) / 2, data.cells.n, data.cells.ties
    beta = np.concatenate([fitted.theta[1:] - fitted.theta[0], np.full(K, fitted.position), [fitted.log_nu]])
    last = -1 if fitted.has_ties else 0
    inverse = np.zeros((2 * K, 2 * K))
    for _ in range(_STEPS):
        gap, decided, tie = _moments(X, beta, with_ties=fitted.has_ties)
        score = np.append(X.T @ (lead - n * gap / 2), (ties - n * tie).sum())
        H = np.zeros((2 * K, 2 * K))
        H[:-1, :-1] = (X * (n * (decided - gap**2) / 4)[:, None]).T @ X
        H[:-1, -1] = H[-1, :-1] = -X.T @ (n * gap * tie / 2)
        H[-1, -1] = (n * tie * (1 - tie)).sum()
        active = slice(None) if fitted.has_ties else slice(0, last - 1)
        block = H[active, active]
        if np.linalg.cond(block) > 1e10:
            return None
        inverse[:] = 0
        inverse[active, active] = np.linalg.inv(block)
        step = inverse @ score
        largest = float(np.abs(step).max())
        beta = beta + step * min(1.0, 2.0 / max(largest, 1e-300))
        if largest <= _TOLERANCE:
            return beta, inverse
    return None


def _scores(
    X: FloatArray, data: PairwiseData, beta: FloatArray, cluster: IntArray, *, with_ties: bool
) -> FloatArray:
    """Scores summed within raters, shape (R, 2K)."""
    gap, _, tie = _moments(X, beta, with_ties=with_ties)
    outcome = np.minimum(data.outcome, 2)
    weight = np.ones(data.n_rows) if data.weight is None else data.weight
    by_d = (np.array([0.5, -0.5, 0.0])[outcome] - gap[data.row_pair] / 2) * weight
    by_eta = ((outcome == 2) - tie[data.row_pair]) * weight * with_ties
    P, R = X.shape[0], int(cluster.max()) + 1
    per_pair = np.bincount(cluster * P + data.row_pair, by_d, R * P).reshape(R, P)
    return np.column_stack([per_pair @ X, np.bincount(cluster, by_eta, R)])


def _result(
    data: PairwiseData, beta: FloatArray, V: FloatArray, R: int, confidence: float
) -> PositionByGenerator:
    K = data.n_generators
    at = slice(K - 1, 2 * K - 1)
    gamma, cov = beta[at], V[at, at]
    se = np.sqrt(np.maximum(np.diag(cov), 0))
    half = float(student.ppf((1 + confidence) / 2, R - 1)) * se
    frame = pd.DataFrame(
        {
            "generator": list(data.generators),
            "votes": data.tallies()["n"].to_numpy(),
            "position": gamma,
            "se": se,
            "low": gamma - half,
            "high": gamma + half,
        }
    )
    contrast = np.eye(K)[1:] - np.eye(K)[:1]
    delta = contrast @ gamma
    statistic = float(delta @ np.linalg.solve(contrast @ cov @ contrast.T, delta))
    words = f"Davidson model with position effects by generator, clustered by rater ({R} raters)"
    # With few more raters than effects, V is itself uncertain: Hotelling's T² with R − 1 degrees, not χ².
    p = float(fisher_f.sf(statistic * (R - K + 1) / ((K - 1) * (R - 1)), K - 1, R - K + 1))
    return PositionByGenerator(frame, statistic, K - 1, p, confidence, words)
