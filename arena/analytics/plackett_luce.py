"""Strengths from rankings and best-of-N choices: Plackett-Luce by choix, intervals clustered by rater.

A ranking is a row of choices, best first: item i is chosen out of itself and all that rank below it, with
probability e^{θ_i} / Σ_j e^{θ_j}. A best-of-N answer is the first of these choices. Items of equal rank
are each chosen over what ranks strictly below, and say nothing about one another.

References
----------
Luce (1959); Plackett (1975), Applied Statistics 24, 193-202; Maystre & Grossglauser (2015), NeurIPS 28
(choix).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import choix
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.stats import t as student

from .arrays import CodeArray, FloatArray, IntArray
from .blas import one_thread
from .encoding import encode
from .errors import MissingColumnError, UnknownLabelError
from .result import Undefined
from .scale import BASE_POINTS, POINTS_PER_LOGIT


@dataclass(frozen=True, eq=False)
class RankingsFit:
    """Strengths in logits, mean 0, arrays of shape (K,).

    ``low``/``high`` are clustered by rater (NaN with fewer than two raters); ``se_ballot`` takes ballots as
    independent. ``covariance`` is H⁺, shape (K, K).
    """

    generators: tuple[str, ...]
    theta: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    se_ballot: FloatArray
    covariance: FloatArray
    confidence: float
    ballots: int
    choices: int
    raters: int
    converged: bool
    method: str

    def to_frame(self) -> pd.DataFrame:
        """Best first, in points (400/ln 10 per logit, mean 1000)."""
        frame = pd.DataFrame(
            {
                "generator": list(self.generators),
                "points": BASE_POINTS + POINTS_PER_LOGIT * self.theta,
                "low": BASE_POINTS + POINTS_PER_LOGIT * self.low,
                "high": BASE_POINTS + POINTS_PER_LOGIT * self.high,
            }
        )
        return frame.sort_values(["points", "generator"], ascending=[False, True], ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        rows = self.to_frame().replace({np.nan: None}).to_dict("records")
        return {
            "rows": rows,
            "ballots": self.ballots,
            "choices": self.choices,
            "raters": self.raters,
            "confidence": self.confidence,
            "converged": self.converged,
            "method": self.method,
        }


@one_thread()
def fit_rankings(df: pd.DataFrame, *, confidence: float = 0.95) -> RankingsFit | Undefined:
    """Plackett-Luce strengths of generators.

    Parameters
    ----------
    df : DataFrame
        One row per ranked picture: ``ballot``, ``generator``, ``rank`` (1 is best; equal ranks allowed; empty
        for pictures shown but not ranked, which then stand below all ranked ones), optional ``rater``
        (otherwise each ballot is a rater of its own).
    confidence : float

    Returns
    -------
    RankingsFit
    Undefined
        ``no_choices``; ``disconnected`` or ``no_finite_maximum`` when the choices do not link all generators
        both ways (Ford's condition), so that some strength would be infinite.

    Raises
    ------
    MissingColumnError, UnknownLabelError
        The latter when a generator stands twice on one ballot.
    """
    missing = [name for name in ("ballot", "generator", "rank") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Rankings need ballot, generator and rank."
        )
    if df.empty:
        return Undefined("no_choices", "There are no rankings.")
    ballot, ballots = encode(df["ballot"], "ballot")
    item, generators = encode(df["generator"], "generator")
    _refuse_twice(df, ballot, item, len(generators))
    rank = pd.to_numeric(df["rank"], errors="coerce").fillna(np.inf).to_numpy(dtype=np.float64)
    choices = _choices(ballot, item, rank)
    if not choices:
        return Undefined("no_choices", "No ranking sets one generator above another.")
    obstacle = _obstacle(choices, generators)
    if obstacle is not None:
        return obstacle
    rater = encode(df["rater"], "rater")[0] if "rater" in df.columns else ballot
    rater_of = np.zeros(len(ballots), dtype=np.int64)
    rater_of[ballot] = rater
    return _estimate(choices, tuple(generators), rater_of, len(ballots), confidence)


# One choice: ballot, chosen item, items it was chosen over.
Choice = tuple[int, int, tuple[int, ...]]


def _choices(ballot: CodeArray, item: CodeArray, rank: FloatArray) -> list[Choice]:
    order = np.lexsort((rank, ballot))
    starts = np.flatnonzero(np.r_[True, np.diff(ballot[order]) > 0, True])
    out: list[Choice] = []
    for start, stop in pairwise(starts.tolist()):
        rows = order[start:stop]
        ranks, items = rank[rows], item[rows].tolist()
        below = np.searchsorted(ranks, ranks, side="right")
        for place, first_below in enumerate(below.tolist()):
            if first_below < len(items):
                out.append((int(ballot[rows[0]]), items[place], tuple(items[first_below:])))
    return out


def _refuse_twice(df: pd.DataFrame, ballot: CodeArray, item: CodeArray, K: int) -> None:
    again = pd.Series(ballot.astype(np.int64) * K + item).duplicated().to_numpy()
    if again.any():
        row = int(np.flatnonzero(again)[0])
        name = str(df["generator"].iloc[row])
        raise UnknownLabelError(
            f"Row {row + 1}: {name!r} stands twice on one ballot.",
            mend="Give each generator one rank per ballot.",
            details={"row": row + 1, "field": "generator", "value": name},
        )


def _obstacle(choices: list[Choice], generators: list[str]) -> Undefined | None:
    above = np.repeat([c[1] for c in choices], [len(c[2]) for c in choices])
    below = np.concatenate([c[2] for c in choices])
    K = len(generators)
    graph = csr_matrix((np.ones(above.size), (above, below)), shape=(K, K))
    if connected_components(graph, directed=False)[0] > 1:
        return Undefined(
            "disconnected", "The rankings fall into unconnected parts, which share no scale of strengths."
        )
    count, label = connected_components(graph, directed=True, connection="strong")
    if count > 1:
        smallest = np.flatnonzero(label == np.argmin(np.bincount(label)))
        names = ", ".join(generators[i] for i in smallest[:5])
        return Undefined(
            "no_finite_maximum",
            f"Some generators are always above or always below the rest (for example {names}): "
            "their strengths have no finite estimate. More rankings are needed.",
        )
    return None


def _estimate(
    choices: list[Choice], generators: tuple[str, ...], rater_of: IntArray, ballots: int, confidence: float
) -> RankingsFit:
    K = len(generators)
    theta, converged = _by_choix(choices, K)
    offered = _Offered.of(choices, K)
    # choix stops at its tolerance; one Newton step from there is exact to rounding.
    p = offered.probabilities(theta)
    inverse = offered.inverse(p)
    step = inverse @ offered.score(p).sum(axis=0)
    converged = converged and float(np.abs(step).max()) < 1e-4
    theta = theta + step
    p = offered.probabilities(theta)
    inverse, contributions = offered.inverse(p), offered.score(p)
    cluster = np.unique(rater_of[[c[0] for c in choices]], return_inverse=True)[1]
    raters = int(cluster.max()) + 1
    se_ballot = np.sqrt(np.maximum(np.diag(inverse), 0))
    words = "Plackett-Luce by choix"
    if raters < 2:
        nan = np.full(K, np.nan)
        se, half, words = nan, nan, f"{words}; one rater: no interval"
    else:
        sums = csr_matrix((np.ones(cluster.size), (cluster, np.arange(cluster.size)))) @ contributions
        moved = np.asarray(sums) @ inverse
        se = np.sqrt((moved**2).sum(axis=0) * raters / (raters - 1))
        half = float(student.ppf((1 + confidence) / 2, raters - 1)) * se
        words = f"{words}; sandwich clustered by rater ({raters} clusters)"
    return RankingsFit(
        generators=generators,
        theta=theta,
        se=se,
        low=theta - half,
        high=theta + half,
        se_ballot=se_ballot,
        covariance=inverse,
        confidence=confidence,
        ballots=ballots,
        choices=len(choices),
        raters=raters,
        converged=converged,
        method=words,
    )


def _by_choix(choices: list[Choice], K: int) -> tuple[FloatArray, bool]:
    try:
        theta = choix.ilsr_top1(K, [(c[1], c[2]) for c in choices], max_iter=500, tol=1e-6 * K)
    except RuntimeError:  # choix's word for "not converged"
        return np.zeros(K), False
    return np.asarray(theta - theta.mean(), dtype=np.float64), True


@dataclass(frozen=True, eq=False)
class _Offered:
    """Which items each choice was among, as a sparse 0/1 matrix of shape (C, K), and who was chosen."""

    among: csr_matrix
    chosen: csr_matrix

    @classmethod
    def of(cls, choices: list[Choice], K: int) -> _Offered:
        C = len(choices)
        chosen = np.array([c[1] for c in choices])
        rows = np.repeat(np.arange(C), [1 + len(c[2]) for c in choices])
        columns = np.concatenate([(c[1], *c[2]) for c in choices])
        return cls(
            csr_matrix((np.ones(rows.size), (rows, columns)), shape=(C, K)),
            csr_matrix((np.ones(C), (np.arange(C), chosen)), shape=(C, K)),
        )

    def probabilities(self, theta: FloatArray) -> csr_matrix:
        weighted = self.among.multiply(np.exp(theta - theta.max()))
        total = np.asarray(weighted.sum(axis=1)).ravel()
        return csr_matrix(weighted.multiply((1 / total)[:, None]))

    def score(self, p: csr_matrix) -> FloatArray:
        """Contribution of every choice, shape (C, K)."""
        return np.asarray((self.chosen - p).toarray(), dtype=np.float64)

    def inverse(self, p: csr_matrix) -> FloatArray:
        """Pseudo-inverse of the information Σ diag(p) − p pᵀ."""
        K = p.shape[1]
        H = np.diag(np.asarray(p.sum(axis=0)).ravel()) - np.asarray((p.T @ p).toarray())
        mean = np.full((K, K), 1 / K)
        c = float(np.trace(H)) / K
        return np.asarray(np.linalg.inv(H + c * mean) - mean / c, dtype=np.float64)
