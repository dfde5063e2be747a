"""The likelihood of answers with one linear predictor and a link, with rater effects where wanted.

Row i has the predictor d_i = x_i·β + b_{r(i)} and the chances of its link. Rater effects b are normal with
mean 0 and a given standard deviation; they are taken out row by row of the information (Schur complement), so
thousands of raters cost no more than a few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from .arrays import BoolArray, FloatArray, IntArray
from .links import Link, Terms
from .newton import Evaluation, Gauge
from .scores import ClusterScores


@dataclass(frozen=True, eq=False)
class LinkModel:
    """Answers grouped by equal predictor and outcome.

    Attributes
    ----------
    design : sparse, shape (m, p)
        x of each cell; 0 in the columns of ancillary parameters.
    outcome : int array, shape (m,)
    count : float array, shape (m,)
    link : Link
    ancillary : int array, shape (A,)
        Which of the p parameters belong to the link.
    active : bool array, shape (p,)
    gauges : tuple of Gauge
    rater : int array, shape (m,), or None
        Whose effect is in the predictor; ``None`` for a model without rater effects.
    rater_sd : float
        Standard deviation of the rater effects, logits.
    """

    design: csr_matrix
    outcome: IntArray
    count: FloatArray
    link: Link
    ancillary: IntArray
    active: BoolArray
    gauges: tuple[Gauge, ...]
    rater: IntArray | None = None
    rater_sd: float = 0.0

    def start(self) -> FloatArray:
        """0, and ancillary parameters that match the overall shares of outcomes."""
        beta = np.zeros(self.design.shape[1])
        count = np.bincount(self.outcome, self.count, self.link.outcomes).astype(np.float64)
        beta[self.ancillary] = self.link.start(count)
        return beta

    def evaluate(self, beta: FloatArray) -> Evaluation:
        effects = self.rater_effects(beta)
        terms = self._terms(beta, effects)
        with np.errstate(invalid="ignore"):
            value = float(self.count @ terms.log_p)
        if effects is not None:
            value -= float(effects @ effects) / (2 * self.rater_sd**2)
        return Evaluation(value, self._score(terms), self._information(terms, self.count))

    def rater_effects(self, beta: FloatArray, max_iter: int = 50) -> FloatArray | None:
        """b that maximises likelihood times prior at β, shape (R,)."""
        if self.rater is None:
            return None
        R = int(self.rater.max()) + 1
        b: FloatArray = np.zeros(R)
        fixed = np.asarray(self.design @ beta, dtype=np.float64)
        for _ in range(max_iter):
            by_d, dd = self.link.curve(fixed + b[self.rater], self.outcome, beta[self.ancillary])
            slope = np.bincount(self.rater, self.count * by_d, R) - b / self.rater_sd**2
            curve = np.bincount(self.rater, self.count * dd, R) + 1 / self.rater_sd**2
            step = np.clip(slope / curve, -2, 2)
            b = np.asarray(b + step, dtype=np.float64)
            if float(np.abs(step).max()) < 1e-9:
                break
        return b

    def rater_precision(self, beta: FloatArray) -> FloatArray:
        """Information about each rater's effect, prior included, shape (R,)."""
        assert self.rater is not None
        terms = self._terms(beta, self.rater_effects(beta))
        own = np.bincount(self.rater, self.count * terms.dd).astype(np.float64)
        return own + 1 / self.rater_sd**2

    def cluster_scores(self, beta: FloatArray, cells: ClusterCells) -> ClusterScores:
        """Scores summed within clusters, shape (R, p)."""
        terms = self._terms(beta, self.rater_effects(beta))
        share = csr_matrix(
            (cells.weight * terms.by_d[cells.cell], (cells.cluster, cells.cell)),
            shape=(cells.size, self.count.size),
        )
        out = np.asarray((share @ self.design).toarray(), dtype=np.float64)
        for k, column in enumerate(self.ancillary):
            u = cells.weight * terms.by_a[cells.cell, k]
            out[:, column] = np.bincount(cells.cluster, u, cells.size)
        out[:, ~self.active] = 0
        votes = np.bincount(cells.cluster, cells.weight, cells.size).astype(np.float64)
        return ClusterScores(out, votes, "rater")

    def cluster_information(self, beta: FloatArray, cells: ClusterCells) -> FloatArray:
        """Information of each cluster, shape (R, p, p). For few clusters only."""
        terms = self._terms(beta, self.rater_effects(beta))
        out = np.empty((cells.size, beta.size, beta.size))
        keep = np.outer(self.active, self.active)
        for r in range(cells.size):
            mine = cells.cluster == r
            count = np.bincount(cells.cell[mine], cells.weight[mine], self.count.size)
            out[r] = self._information(terms, count.astype(np.float64)) * keep
        return out

    def _terms(self, beta: FloatArray, effects: FloatArray | None) -> Terms:
        d = np.asarray(self.design @ beta, dtype=np.float64)
        if effects is not None and self.rater is not None:
            d = d + effects[self.rater]
        return self.link.terms(d, self.outcome, beta[self.ancillary])

    def _score(self, terms: Terms) -> FloatArray:
        out = np.asarray(self.design.T @ (self.count * terms.by_d), dtype=np.float64)
        out[self.ancillary] = self.count @ terms.by_a
        return out * self.active

    def _information(self, terms: Terms, count: FloatArray) -> FloatArray:
        X, a = self.design, self.ancillary
        H = self._crossed(X, count * terms.dd)
        cross = np.asarray(X.T @ (count[:, None] * terms.da))
        H[:, a] += cross
        H[a, :] += cross.T
        H[np.ix_(a, a)] += np.einsum("n,nij->ij", count, terms.aa)
        if self.rater is None:
            return H
        # Σ over a rater's cells of w·∂²/∂d∂β, and what the rater's own effect takes away.
        R = int(self.rater.max()) + 1
        spread = csr_matrix((count * terms.dd, (self.rater, np.arange(count.size))), shape=(R, count.size))
        G = np.asarray((spread @ X).toarray(), dtype=np.float64)
        for k, column in enumerate(a):
            G[:, column] += np.bincount(self.rater, count * terms.da[:, k], R)
        own = np.bincount(self.rater, count * terms.dd, R) + 1 / self.rater_sd**2
        out: FloatArray = H - G.T @ (G / own[:, None])
        return out

    @staticmethod
    def _crossed(X: csr_matrix, weight: FloatArray) -> FloatArray:
        """Xᵀ diag(w) X, dense."""
        scaled = csr_matrix(
            (X.data * np.repeat(weight, np.diff(X.indptr)), X.indices, X.indptr), shape=X.shape
        )
        return np.asarray((X.T @ scaled).toarray(), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class ClusterCells:
    """How much each cluster put into each cell, in coordinates: arrays of shape (e,); ``size`` clusters."""

    cluster: IntArray
    cell: IntArray
    weight: FloatArray
    size: int

    @classmethod
    def of(cls, cluster: IntArray, cell: IntArray, weight: FloatArray | None, size: int) -> ClusterCells:
        """From one entry per answer, with cluster codes below ``size``."""
        return cls(cluster, cell, np.ones(cell.size) if weight is None else weight, size)


def without_gaps(code: IntArray) -> tuple[IntArray, int]:
    """Codes renumbered so that each of the ``size`` numbers occurs, and ``size``."""
    present = np.bincount(code) > 0
    return (np.cumsum(present) - 1)[code].astype(np.int64), int(present.sum())


def grouped(keys: list[IntArray], weight: FloatArray | None) -> tuple[IntArray, IntArray, FloatArray]:
    """Equal rows of ``keys`` joined: first row of each group (m,), group of each row (n,), weights (m,)."""
    code = keys[0].astype(np.int64)
    for key in keys[1:]:
        code = code * (int(key.max(initial=0)) + 1) + key
        if int(code.max(initial=0)) > 2**40:
            code = pd.factorize(code, sort=True)[0].astype(np.int64)
    # Hashing beats sorting a million rows; only the groups are sorted.
    cell, groups = pd.factorize(code, sort=True)
    first = np.empty(len(groups), dtype=np.int64)
    first[cell[::-1]] = np.arange(cell.size - 1, -1, -1)
    total = np.bincount(cell, weight, first.size).astype(np.float64)
    return first, cell.astype(np.int64), total
