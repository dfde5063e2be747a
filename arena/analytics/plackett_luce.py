"""Strengths from choices and rankings: Plackett-Luce, with the place on the page and with worst choices.

Of the items that are open, item i at place a is chosen as the best with probability

    P(i) = e^{θ_i + γ_a} / Σ_j e^{θ_j + γ_{a(j)}},

and as the worst with the same formula in −(θ + γ). A best-of-N answer is one choice; a ranking is a row of
them; best and worst together are the sequential best-worst model.

References
----------
Luce (1959), Individual Choice Behavior; Plackett (1975), Applied Statistics 24, 193-202; Marley & Louviere
(2005), J. Mathematical Psychology 49, 464-480 (best-worst); Maystre & Grossglauser (2015), NeurIPS 28 (the
spectral start, by choix).
"""

from __future__ import annotations

from dataclasses import dataclass

import choix
import numpy as np
from scipy.sparse import csr_matrix

from .arrays import BoolArray, FloatArray, IntArray
from .blas import one_thread
from .choice_data import ChoiceData
from .davidson import blocks_of
from .errors import NoFiniteMaximumError, NoVotesError
from .graph import diagnose_edges
from .newton import Evaluation, Gauge, Maximum, maximise
from .scores import ClusterScores
from .strengths import StrengthFit

# choix walks through choices one by one; beyond this many the start at 0 is faster.
_CHOIX_CHOICES = 2_000
# Logits: a place effect beyond this is on its way to infinity.
_FAR = 15.0
_DENSE_COLUMNS, _SLICE = 64, 20_000


@one_thread()
def fit_choices(data: ChoiceData, *, places: bool = True, max_iter: int = 100) -> StrengthFit:
    """Strengths (and effects of places) by maximum likelihood.

    Parameters
    ----------
    data : ChoiceData
        C choices among K generators.
    places : bool
        Estimate an effect of each place when places are known; left out when it cannot be told from
        strength, or has no finite estimate.
    max_iter : int

    Returns
    -------
    StrengthFit
        ``extra`` holds the place effects, mean 0, named ``place …``. Where some generators were always above
        or always below others, each group is fitted on its own scale (the limit of the likelihood); a
        generator alone has NaN.

    Raises
    ------
    NoVotesError
        When no ballot sets one generator above another.
    """
    winner, loser = data.edges()
    if not winner.size:
        raise NoVotesError(
            "No ballot sets one generator above another.", mend="Collect choices, or widen the filter."
        )
    diagnosis = diagnose_edges(data.generators, winner, loser)
    block = blocks_of(diagnosis.group_of)
    with_places = places and len(data.places) > 1
    model = ChoiceModel.of(data, block, diagnosis.group_of, places=with_places)
    found = _maximised(model, data, max_iter) if with_places else None
    if found is not None and (not found.converged or np.abs(model.place_effects(found.beta)).max() > _FAR):
        found = None
    if found is None:
        model = ChoiceModel.of(data, block, diagnosis.group_of, places=False)
        found = _maximised(model, data, max_iter)
    if found is None:
        raise NoFiniteMaximumError(
            "The information matrix is singular: some strengths cannot be told apart.",
            mend="Collect more choices between the generators that are rarely shown together.",
        )
    K, kept = len(data.generators), model.n_places
    return StrengthFit(
        generators=data.generators,
        theta=np.where(block >= 0, found.beta[:K], np.nan),
        block=block,
        position=0.0,
        has_position=False,
        tie=0.0,
        tie_model="none",
        extra=model.place_effects(found.beta),
        names=tuple(f"place {name}" for name in data.places[:kept]),
        covariance=found.inverse,
        n=data.ballots,
        log_likelihood=found.value,
        converged=found.converged,
        iterations=found.iterations,
        finite_maximum=diagnosis.finite_maximum,
        diagnosis=diagnosis,
        method="Plackett-Luce, " + ("effects of places" if kept else "no effect of places"),
    )


def _maximised(model: ChoiceModel, data: ChoiceData, max_iter: int) -> Maximum | None:
    start = np.concatenate([_start(data, model.block), np.zeros(2 + model.n_places)])
    return maximise(model, start, max_iter=max_iter)


def choice_scores(fit: StrengthFit, data: ChoiceData) -> ClusterScores:
    """Scores summed within raters, shape (R, K + 2 + places)."""
    model = ChoiceModel.fitted(fit, data)
    weight = np.bincount(data.rater, data.weight).astype(np.float64)
    present = np.bincount(data.rater) > 0
    scores = model.cluster_scores(fit.parameters, data.rater, present.size)
    return ClusterScores(scores[present], weight[present], "rater")


def choice_information(fit: StrengthFit, data: ChoiceData) -> FloatArray:
    """Information of each rater's choices, shape (R, p, p). For few raters only."""
    model = ChoiceModel.fitted(fit, data)
    p = model.probabilities(fit.parameters)
    present = np.unique(data.rater)
    return np.stack([model.information(p, data.weight * (data.rater == r)) for r in present])


@dataclass(frozen=True, eq=False)
class ChoiceModel:
    """The likelihood of choices; parameters (θ, 0, 0, places), θ and places with mean 0 each."""

    choice: IntArray
    item: IntArray
    place: IntArray
    chosen: BoolArray
    sign: FloatArray
    weight: FloatArray
    block: IntArray
    n_places: int

    @classmethod
    def of(cls, data: ChoiceData, block: IntArray, group: IntArray, *, places: bool) -> ChoiceModel:
        """Only items of the chosen one's group stay open: the others' chances are 0 in the limit."""
        own = np.zeros(data.n_choices, dtype=np.int64)
        own[data.choice[data.chosen]] = group[data.item[data.chosen]]
        keep = group[data.item] == own[data.choice]
        return cls(
            choice=data.choice[keep],
            item=data.item[keep],
            place=data.place[keep],
            chosen=data.chosen[keep],
            sign=data.sign,
            weight=data.weight,
            block=block,
            n_places=len(data.places) if places else 0,
        )

    @classmethod
    def fitted(cls, fit: StrengthFit, data: ChoiceData) -> ChoiceModel:
        return cls.of(data, fit.block, fit.diagnosis.group_of, places=fit.extra.size > 0)

    @property
    def active(self) -> BoolArray:
        out: BoolArray = np.r_[self.block >= 0, False, False, np.ones(self.n_places, dtype=np.bool_)]
        return out

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        sets = [Gauge(np.flatnonzero(self.block == b)) for b in np.unique(self.block[self.block >= 0])]
        if self.n_places:
            sets.append(Gauge(self.block.size + 2 + np.arange(self.n_places)))
        return tuple(sets)

    def evaluate(self, beta: FloatArray) -> Evaluation:
        p = self.probabilities(beta)
        with np.errstate(divide="ignore"):
            value = float(self.weight[self.choice[self.chosen]] @ np.log(p[self.chosen]))
        one = np.zeros(self.sign.size, dtype=np.int64)
        score = self._summed(p, one, 1)[0]
        return Evaluation(value, score, self.information(p, self.weight))

    def place_effects(self, beta: FloatArray) -> FloatArray:
        return beta[self.block.size + 2 :]

    def probabilities(self, beta: FloatArray) -> FloatArray:
        """Chance of each entry in its choice, shape (E,)."""
        lean = beta[self.item]
        if self.n_places:
            lean = lean + self.place_effects(beta)[self.place]
        lean = lean * self.sign[self.choice]
        top = np.full(self.sign.size, -np.inf)
        np.maximum.at(top, self.choice, lean)
        e = np.exp(lean - top[self.choice])
        total = np.bincount(self.choice, e, self.sign.size)
        out: FloatArray = e / total[self.choice]
        return out

    def cluster_scores(self, beta: FloatArray, cluster: IntArray, R: int) -> FloatArray:
        """Score summed within clusters of choices (``cluster`` of shape (C,)), shape (R, p)."""
        return self._summed(self.probabilities(beta), cluster, R)

    def _summed(self, p: FloatArray, cluster: IntArray, R: int) -> FloatArray:
        u = (self.weight * self.sign)[self.choice] * (self.chosen - p)
        K, at = self.block.size, cluster[self.choice]
        out = np.zeros((R, K + 2 + self.n_places))
        out[:, :K] = np.bincount(at * K + self.item, u, R * K).reshape(R, K)
        if self.n_places:
            N = self.n_places
            out[:, K + 2 :] = np.bincount(at * N + self.place, u, R * N).reshape(R, N)
        out[:, :K][:, self.block < 0] = 0
        return out

    def information(self, p: FloatArray, weight: FloatArray) -> FloatArray:
        """Σ_c w_c (Σ p x xᵀ − (Σ p x)(Σ p x)ᵀ), shape (p, p)."""
        K, N = self.block.size, self.n_places
        size = K + 2 + N
        columns, values = self.item, p
        if N:
            columns = np.stack([self.item, K + 2 + self.place], axis=1).ravel()
            values = np.repeat(p, 2)
        starts = np.searchsorted(self.choice, np.arange(self.sign.size + 1)) * (2 if N else 1)
        expected = csr_matrix((values, columns, starts), shape=(self.sign.size, size))
        weighted = weight[self.choice] * p
        out = np.diag(np.bincount(self.item, weighted, size))
        if N:
            cross = np.bincount(self.item * N + self.place, weighted, K * N).reshape(K, N)
            out[:K, K + 2 :] = cross
            out[K + 2 :, :K] = cross.T
            out[K + 2 :, K + 2 :] = np.diag(np.bincount(self.place, weighted, N))
        return out - _square(expected, weight)


def _square(A: csr_matrix, weight: FloatArray) -> FloatArray:
    """Aᵀ diag(w) A; by dense slices where rows are short, which BLAS does many times faster."""
    C, size = A.shape
    if size > _DENSE_COLUMNS:
        scaled = csr_matrix(
            (A.data * np.repeat(weight, np.diff(A.indptr)), A.indices, A.indptr), shape=A.shape
        )
        return np.asarray((A.T @ scaled).toarray(), dtype=np.float64)
    out = np.zeros((size, size))
    for start in range(0, C, _SLICE):
        part = A[start : start + _SLICE].toarray()
        out += part.T @ (weight[start : start + _SLICE, None] * part)
    return out


def _start(data: ChoiceData, block: IntArray) -> FloatArray:
    """choix's spectral estimate where it applies, otherwise 0."""
    K = len(data.generators)
    plain = (block == 0).all() and data.n_choices <= _CHOIX_CHOICES and (data.sign > 0).all()
    if not plain or not (data.weight > 0).all():
        return np.zeros(K)
    picked = data.item[data.chosen].tolist()
    stops = np.flatnonzero(np.diff(data.choice[~data.chosen])) + 1
    rest = [part.tolist() for part in np.split(data.item[~data.chosen], stops)]
    return np.asarray(choix.lsr_top1(K, list(zip(picked, rest, strict=True))), dtype=np.float64)
