"""Votes on pairs under any link, with covariates: d = θ_left − θ_right + γ + (left − right)·effects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from .arrays import BoolArray, FloatArray, IntArray
from .blas import one_thread
from .data import BOTH_BAD, LEFT, RIGHT, TIE, PairwiseData
from .davidson import blocks_of
from .errors import NoFiniteMaximumError
from .graph import GraphDiagnosis, diagnose
from .link_model import ClusterCells, LinkModel, grouped, without_gaps
from .links import CumulativeLink, DavidsonLink, Link
from .newton import Gauge, Maximum, maximise
from .scores import ClusterScores
from .strengths import StrengthFit, TieModel

# Logits: a strength beyond this is on its way to infinity.
FAR = 20.0
# Outcomes as ordered categories: right, tie (or both bad), left.
_ORDERED = np.zeros(4, dtype=np.int64)
_ORDERED[RIGHT], _ORDERED[TIE], _ORDERED[BOTH_BAD], _ORDERED[LEFT] = 0, 1, 1, 2


@dataclass(frozen=True, eq=False)
class LinkedFit:
    """A fit with its likelihood, from which scores and information of clusters are computed."""

    fit: StrengthFit
    model: LinkModel
    cells: ClusterCells

    def scores(self) -> ClusterScores:
        """s_r, shape (R, p)."""
        return self.model.cluster_scores(self.fit.parameters, self.cells)

    def information(self) -> FloatArray:
        """Information of each cluster, shape (R, p, p)."""
        return self.model.cluster_information(self.fit.parameters, self.cells)


@dataclass(frozen=True, eq=False)
class PairRows:
    """Votes as rows of a likelihood.

    Attributes
    ----------
    left, right : int array, shape (n,)
    outcome : int array, shape (n,)
        Ordered from "right is much better" to "left is much better".
    covariates : float array, shape (n, C)
        Left minus right.
    rater : int array, shape (n,)
        Codes without gaps; ``clusters`` of them, also those whose votes a filter took away.
    weight : float array, shape (n,), or None
    K : int
        Generators.
    """

    left: IntArray
    right: IntArray
    outcome: IntArray
    covariates: FloatArray
    rater: IntArray
    weight: FloatArray | None
    clusters: int
    K: int

    @classmethod
    def of(cls, data: PairwiseData, covariates: FloatArray | None = None) -> PairRows:
        """From votes with the outcomes right, tie (also both bad), left."""
        rater, clusters = without_gaps(data.rater.astype(np.int64))
        return cls(
            left=data.left.astype(np.int64),
            right=data.right.astype(np.int64),
            outcome=_ORDERED[data.outcome],
            covariates=np.empty((data.n_rows, 0)) if covariates is None else covariates,
            rater=rater,
            weight=data.weight,
            clusters=clusters,
            K=data.n_generators,
        )

    def where(self, keep: BoolArray) -> PairRows:
        return replace(
            self,
            left=self.left[keep],
            right=self.right[keep],
            outcome=self.outcome[keep],
            covariates=self.covariates[keep],
            rater=self.rater[keep],
            weight=None if self.weight is None else self.weight[keep],
        )

    def model(self, link: Link, block: IntArray, *, position: bool) -> tuple[LinkModel, ClusterCells]:
        """Columns: θ (K), γ, the link's first parameter, its others, covariates (C)."""
        K, C, A = self.K, self.covariates.shape[1], link.size
        keys = [self.left, self.right, self.outcome]
        keys += [np.unique(column, return_inverse=True)[1].astype(np.int64) for column in self.covariates.T]
        first, cell, count = grouped(keys, self.weight)
        m, extra = first.size, max(A - 1, 0)
        values = [np.ones((m, 1)), -np.ones((m, 1))]
        columns = [self.left[first, None], self.right[first, None]]
        if position:
            values.append(np.ones((m, 1)))
            columns.append(np.full((m, 1), K))
        values.append(self.covariates[first])
        columns.append(np.tile(K + 2 + extra + np.arange(C), (m, 1)))
        width = 2 + int(position) + C
        design = csr_matrix(
            (np.hstack(values).ravel(), np.hstack(columns).ravel(), np.arange(m + 1) * width),
            shape=(m, K + 2 + extra + C),
        )
        active = np.r_[block >= 0, position, A > 0, np.ones(extra + C, dtype=np.bool_)]
        gauges = tuple(Gauge(np.flatnonzero(block == b)) for b in np.unique(block[block >= 0]))
        model = LinkModel(
            design=design,
            outcome=self.outcome[first],
            count=count,
            link=link,
            ancillary=K + 1 + np.arange(A),
            active=active,
            gauges=gauges,
        )
        return model, ClusterCells.of(self.rater, cell, self.weight, self.clusters)


@one_thread()
def fit_pairs(
    data: PairwiseData,
    *,
    ties: TieModel = "rao_kupper",
    position: bool = True,
    covariates: FloatArray | None = None,
    names: tuple[str, ...] = (),
    max_iter: int = 100,
) -> LinkedFit:
    """Strengths by maximum likelihood under Rao and Kupper's or Davidson's model of ties, with covariates.

    Rao-Kupper: P(left) = 1/(1 + κe^{−d}), P(right) = 1/(1 + κe^{d}), a tie is the rest; κ ≥ 1.

    Parameters
    ----------
    data : PairwiseData
        n votes.
    ties : {"rao_kupper", "davidson"}
    position : bool
        Estimate γ; left out by itself when it cannot be told from strength.
    covariates : float array, shape (n, C), optional
        Left minus right, added to d with an effect each.
    names : tuple of str
        Names of the covariates.
    max_iter : int

    Returns
    -------
    LinkedFit
        Groups of generators that one-sided votes separate are fitted on a scale each, as by `davidson.fit`.

    Raises
    ------
    NoFiniteMaximumError
        As `davidson.fit`; also when a covariate separates the outcomes, or cannot be told from strength.

    References
    ----------
    Rao & Kupper (1967), Ties in paired-comparison experiments, JASA 62, 194-204.
    """
    diagnosis = diagnose(data, position=position)
    if diagnosis.obstacle not in ("none", "groups"):
        raise NoFiniteMaximumError(
            " ".join(diagnosis.words),
            mend="Collect more votes, or ask for a Firth-penalised estimate.",
            details={"obstacle": diagnosis.obstacle},
        )
    block = blocks_of(diagnosis.group_of)
    rows = PairRows.of(data, covariates)
    rows = rows.where(diagnosis.group_of[rows.left] == diagnosis.group_of[rows.right])
    link, rows = _link(ties, rows)
    with_position = position and diagnosis.position_identified
    model, cells = rows.model(link, block, position=with_position)
    found = maximise(model, model.start(), max_iter=max_iter)
    if found is None or float(np.abs(found.beta).max()) > FAR:
        what = f", or the effects of {', '.join(names)}," if names else ""
        raise NoFiniteMaximumError(
            f"The strengths{what} have no finite estimate: the votes separate too cleanly, or an effect "
            "cannot be told from strength.",
            mend="Collect more votes, or leave covariates out.",
            details={"obstacle": "covariates" if names else "separation"},
        )
    words = {"rao_kupper": "Rao-Kupper ties", "davidson": "Davidson ties", "none": "no ties"}[ties]
    side = "position effect" if with_position else "no position effect"
    control = f", controlled for {', '.join(names)}" if names else ""
    fit = strength_fit(
        data.generators,
        found,
        block,
        diagnosis,
        link=link,
        position=with_position,
        tie_model=ties,
        names=names,
        n=float(model.count.sum()),
        method=f"Bradley-Terry, {words}, {side}{control}, maximum likelihood",
    )
    return LinkedFit(fit, model, cells)


def _link(ties: TieModel, rows: PairRows) -> tuple[Link, PairRows]:
    """The link, and outcomes coded for it: without ties Rao-Kupper has two outcomes."""
    tied = rows.outcome == 1
    if rows.weight is not None:
        tied &= rows.weight > 0
    if ties == "davidson":
        return DavidsonLink(bool(tied.any())), rows
    if tied.any():
        return CumulativeLink.symmetric(3), rows
    return CumulativeLink.symmetric(2), replace(rows, outcome=rows.outcome // 2)


def strength_fit(
    generators: tuple[str, ...],
    found: Maximum,
    block: IntArray,
    diagnosis: GraphDiagnosis,
    *,
    link: Link,
    position: bool,
    tie_model: TieModel,
    names: tuple[str, ...],
    n: float,
    method: str,
) -> StrengthFit:
    """The maximum in the common layout (θ, γ, tie, extra)."""
    K = len(generators)
    none = -np.inf if tie_model == "davidson" else 0.0
    return StrengthFit(
        generators=generators,
        theta=np.where(block >= 0, found.beta[:K], np.nan),
        block=block,
        position=float(found.beta[K]),
        has_position=position,
        tie=float(found.beta[K + 1]) if link.size else none,
        tie_model=tie_model,
        extra=found.beta[K + 2 :],
        names=names,
        covariance=found.inverse,
        n=n,
        log_likelihood=found.value,
        converged=found.converged,
        iterations=found.iterations,
        finite_maximum=diagnosis.finite_maximum,
        diagnosis=diagnosis,
        method=method,
    )
