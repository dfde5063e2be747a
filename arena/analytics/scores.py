"""Score contributions per cluster: the raw material of every robust interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix

from .arrays import FloatArray, IntArray
from .data import BOTH_BAD, LEFT, RIGHT, TIE, PairwiseData
from .davidson import DavidsonFit
from .errors import MissingColumnError
from .likelihood import assemble_information, information_terms, probabilities

By = Literal["rater", "prompt", "rater_prompt", "vote"]


@dataclass(frozen=True, eq=False)
class ClusterScores:
    """Summed score per cluster.

    Attributes
    ----------
    scores : float array, shape (R, K + 2)
        s_r = Σ of the votes' score contributions in cluster r, order (θ, γ, log ν).
    votes : float array, shape (R,)
        Votes per cluster.
    by : str
    """

    scores: FloatArray
    votes: FloatArray
    by: By

    @property
    def count(self) -> int:
        return int(self.scores.shape[0])

    @property
    def effective(self) -> float:
        """(Σ n_r)² / Σ n_r²: how many equally busy clusters these amount to."""
        return float(self.votes.sum() ** 2 / np.square(self.votes).sum())


def cluster_codes(data: PairwiseData, by: By) -> IntArray:
    """Cluster index of every row, without gaps, shape (n,)."""
    if by == "vote":
        return np.arange(data.n_rows, dtype=np.int64)
    raw = data.rater.astype(np.int64)
    if by != "rater":
        if data.prompt is None:
            raise MissingColumnError(
                "The votes carry no prompt, so they cannot be clustered by prompt.",
                mend="Add a prompt column.",
                details={"missing": ["prompt"]},
            )
        prompt = data.prompt.astype(np.int64)
        raw = prompt if by == "prompt" else raw * (int(prompt.max()) + 1) + prompt
        if by == "rater_prompt":
            return np.asarray(np.unique(raw, return_inverse=True)[1], dtype=np.int64)
    present = np.bincount(raw) > 0
    if present.all():
        return raw
    compact: IntArray = (np.cumsum(present) - 1)[raw].astype(np.int64)
    return compact


def outcome_scores(fit: DavidsonFit, data: PairwiseData) -> tuple[FloatArray, FloatArray]:
    """Score of one vote by d and by log ν, per ordered pair and outcome, each of shape (P, 4)."""
    p = probabilities(fit.pairs, fit.beta)
    base = np.zeros(4)
    base[LEFT], base[RIGHT] = 0.5, -0.5
    by_d = base[None, :] - ((p.left - p.right) / 2)[:, None]
    by_eta = np.zeros_like(by_d)
    if fit.has_ties:
        tied = np.zeros(4)
        tied[TIE] = tied[BOTH_BAD] = 1.0
        by_eta = tied[None, :] - p.tie[:, None]
    informative = (fit.pairs.n > 0)[:, None]
    return by_d * informative, by_eta * informative


def cluster_scores(fit: DavidsonFit, data: PairwiseData, by: By = "rater") -> ClusterScores:
    """Scores summed within clusters.

    Parameters
    ----------
    fit : DavidsonFit
        Fitted on ``data``.
    data : PairwiseData
        n votes.
    by : {"rater", "prompt", "rater_prompt", "vote"}

    Returns
    -------
    ClusterScores
        With Σ_r s_r = 0 at a maximum of the likelihood.
    """
    cluster = cluster_codes(data, by)
    R, K = int(cluster.max()) + 1, data.n_generators
    by_d, by_eta = outcome_scores(fit, data)
    key = data.row_pair * 4 + data.outcome
    u = by_d.ravel()[key]
    v = by_eta.ravel()[key] if fit.has_ties else None
    if data.weight is not None:
        u = u * data.weight
        v = None if v is None else v * data.weight
    out = np.zeros((R, K + 2))
    at = cluster * K
    out[:, :K] = np.bincount(at + data.left, u, R * K).reshape(R, K)
    out[:, :K] -= np.bincount(at + data.right, u, R * K).reshape(R, K)
    if fit.has_position:
        out[:, K] = np.bincount(cluster, u, R)
    if v is not None:
        out[:, K + 1] = np.bincount(cluster, v, R)
    out[:, :K][:, fit.block < 0] = 0
    if fit.firth:
        # The penalty's share of the score belongs to no cluster; without it the mean is not zero.
        out -= out.mean(axis=0)
    votes = np.bincount(cluster, weights=data.weight, minlength=R).astype(np.float64)
    return ClusterScores(scores=out, votes=votes, by=by)


def score_square(fit: DavidsonFit, data: PairwiseData, by: By) -> tuple[FloatArray, int]:
    """Σ_r s_r s_rᵀ, shape (K + 2, K + 2), and the number of clusters; for clusters as many as votes.

    A cluster of a few votes knows a few generators: without the zeros of `cluster_scores` a million of them
    fit into memory.
    """
    cluster = cluster_codes(data, by)
    R, K = int(cluster.max()) + 1, data.n_generators
    by_d, by_eta = outcome_scores(fit, data)
    key = data.row_pair * 4 + data.outcome
    weight = 1.0 if data.weight is None else data.weight
    u, v = by_d.ravel()[key] * weight, by_eta.ravel()[key] * weight
    known = fit.block >= 0
    values = [u * known[data.left], -u * known[data.right]]
    columns = [data.left, data.right]
    for extra, column, present in ((u, K, fit.has_position), (v, K + 1, fit.has_ties)):
        if present:
            values.append(extra)
            columns.append(np.full(data.n_rows, column, dtype=np.int32))
    places = (np.tile(cluster, len(values)), np.concatenate(columns))
    scores = csr_matrix((np.concatenate(values), places), shape=(R, K + 2))
    square = np.asarray((scores.T @ scores).toarray(), dtype=np.float64)
    if fit.firth:
        mean = np.asarray(scores.sum(axis=0), dtype=np.float64).ravel() / R
        square -= R * np.outer(mean, mean)
    return square, R


def cluster_information(fit: DavidsonFit, data: PairwiseData, by: By = "rater") -> FloatArray:
    """Fisher information of each cluster's votes, shape (R, K + 2, K + 2). For few clusters only."""
    cluster = cluster_codes(data, by)
    R, K, P = int(cluster.max()) + 1, data.n_generators, data.cells.left.size
    n = np.bincount(cluster * P + data.row_pair, data.weight, R * P).reshape(R, P)
    terms = information_terms(probabilities(fit.pairs, fit.beta))
    informative = fit.pairs.n > 0
    active = np.concatenate([fit.block >= 0, [fit.has_position, fit.has_ties]])
    keep = np.outer(active, active)
    out = np.empty((R, K + 2, K + 2))
    for r in range(R):
        out[r] = assemble_information(fit.pairs, n[r] * informative, terms) * keep
    return out
