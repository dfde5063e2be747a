"""One set of strengths for several studies of pairs: the scale that shared generators link.

Each study s keeps a position effect γ_s and a tie parameter ν_s of its own; strengths θ are common to all:

    d = θ_left − θ_right + γ_s,  P(left) = e^{d/2}/D,  P(right) = e^{−d/2}/D,  P(tie) = ν_s/D,
    D = e^{d/2} + e^{−d/2} + ν_s.

Generators that two studies share carry the scale from one to the other, so that generators never shown in
the same study compare. The model holds if no strength changed between studies: `drift` tests that.

References
----------
Davidson & Beaver (1977), Biometrics 33, 693-702; Ford (1957), Am. Math. Monthly 64, 28-33 (connection);
Kolen & Brennan (2014), Test Equating, Scaling, and Linking, 3rd ed., ch. 6 (concurrent calibration).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arrays import BoolArray, FloatArray, IntArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import DavidsonFit, blocks_of
from .errors import NoFiniteMaximumError
from .graph import GraphDiagnosis, diagnose
from .likelihood import (
    PairCounts,
    assemble_information,
    assemble_score,
    information_terms,
    log_likelihood,
    probabilities,
    score_terms,
)
from .newton import Evaluation, Gauge, maximise
from .scores import ClusterScores, cluster_information, cluster_scores
from .strengths import StrengthFit


@dataclass(frozen=True, eq=False)
class OwnFit:
    """A study's votes with the fit of them alone.

    Attributes
    ----------
    name : str
    data : PairwiseData
        In the study's own codes.
    fit : DavidsonFit
        Of ``data``.
    """

    name: str
    data: PairwiseData
    fit: DavidsonFit


@dataclass(frozen=True, eq=False)
class LinkedFit:
    """The common strengths and what their intervals need.

    Attributes
    ----------
    fit : StrengthFit
        ``extra`` holds γ and log ν of each study in turn.
    data : PairwiseData
        All votes, raters of different studies being different raters.
    parts : tuple of (DavidsonFit, PairwiseData)
        Each study at the common maximum, in common codes.
    """

    fit: StrengthFit
    data: PairwiseData
    parts: tuple[tuple[DavidsonFit, PairwiseData], ...]

    def scores(self) -> ClusterScores:
        """s_r of the raters of all studies, shape (R, K + 2 + 2S)."""
        K, size, blocks, votes = len(self.fit.generators), self.fit.parameters.size, [], []
        for s, (part, data) in enumerate(self.parts):
            own = cluster_scores(part, data)
            wide = np.zeros((own.count, size))
            wide[:, :K] = own.scores[:, :K]
            wide[:, _place(K, s)] = own.scores[:, K:]
            blocks.append(wide)
            votes.append(own.votes)
        return ClusterScores(np.concatenate(blocks), np.concatenate(votes), "rater")

    def information(self) -> FloatArray:
        """Information of each rater's votes, shape (R, K + 2 + 2S, K + 2 + 2S)."""
        K, size, out = len(self.fit.generators), self.fit.parameters.size, []
        for s, (part, data) in enumerate(self.parts):
            own = cluster_information(part, data)
            at = np.r_[np.arange(K), np.arange(size)[_place(K, s)]]
            wide = np.zeros((own.shape[0], size, size))
            wide[:, at[:, None], at[None, :]] = own
            out.append(wide)
        return np.concatenate(out)


def _place(K: int, s: int) -> slice:
    """Where γ and log ν of study s stand among the parameters."""
    return slice(K + 2 + 2 * s, K + 4 + 2 * s)


@one_thread()
def fit_linked(studies: Sequence[OwnFit]) -> LinkedFit:
    """Common strengths by maximum likelihood.

    Parameters
    ----------
    studies : sequence of OwnFit
        S of them, K generators in all. A study has the position effect and the tie parameter that its own
        fit has.

    Returns
    -------
    LinkedFit
        Where the studies together fall apart into unconnected or separated groups, each group has a scale
        of its own, as in `davidson.fit`.

    Raises
    ------
    NoFiniteMaximumError
        When position effects or tie parameters run away.
    """
    names = tuple(sorted({name for study in studies for name in study.data.generators}))
    datas = [recoded(study.data, names) for study in studies]
    everything = union(datas, names)
    diagnosis = diagnose(everything, position=False, ties="half")
    scale = diagnosis.group_of
    pairs = []
    for study, data in zip(studies, datas, strict=True):
        cells = data.cells
        counts = PairCounts.of(cells, len(names), half_win=study.fit.half_win)
        pairs.append(counts.masked((scale[cells.left] == scale[cells.right]).astype(np.float64)))
    model = _LinkedModel(
        pairs=tuple(pairs),
        block=blocks_of(scale),
        position=np.array([study.fit.has_position for study in studies]),
        ties=np.array([bool(counts.ties.any()) for counts in pairs]),
    )
    found = maximise(model, model.start([study.fit for study in studies]))
    if found is None:
        raise NoFiniteMaximumError(
            "The studies together have no finite estimate.",
            mend="Leave out the study with the fewest votes, or collect more votes.",
            details={"obstacle": "separation"},
        )
    block = model.block
    theta = np.where(block >= 0, found.beta[: len(names)], np.nan)
    parts = tuple(
        (_as_davidson(study.fit, names, theta, model, s, found.beta, diagnosis), data)
        for s, (study, data) in enumerate(zip(studies, datas, strict=True))
    )
    fit = StrengthFit(
        generators=names,
        theta=theta,
        block=block,
        position=0.0,
        has_position=False,
        tie=0.0,
        tie_model="none",
        extra=found.beta[len(names) + 2 :],
        names=tuple(f"{what} of {study.name}" for study in studies for what in ("position", "log ν")),
        covariance=found.inverse,
        n=sum(float(counts.n.sum()) for counts in pairs),
        log_likelihood=found.value,
        converged=found.converged,
        iterations=found.iterations,
        finite_maximum=diagnosis.finite_maximum,
        diagnosis=diagnosis,
        method="Bradley-Terry with Davidson ties; common strengths, ties and position effect by study",
    )
    return LinkedFit(fit, everything, parts)


def recoded(data: PairwiseData, generators: tuple[str, ...]) -> PairwiseData:
    """The same votes with codes into ``generators``, which hold all of the data's."""
    at = np.array([generators.index(name) for name in data.generators], dtype=np.int32)
    return replace(data, generators=generators, left=at[data.left], right=at[data.right])


def union(datas: Sequence[PairwiseData], generators: tuple[str, ...]) -> PairwiseData:
    """All votes in one; raters of different studies stay different raters."""
    raters: list[str] = []
    codes, named = [], any(data.has_raters for data in datas)
    at = 0
    for s, data in enumerate(datas):
        codes.append(data.rater + np.int32(at))
        at += data.n_clusters
        if named:
            own = data.raters or tuple(str(row) for row in range(data.n_rows))
            raters += [f"{s}:{name}" for name in own]
    weights = None
    if any(data.weight is not None for data in datas):
        weights = np.concatenate(
            [np.ones(data.n_rows) if data.weight is None else data.weight for data in datas]
        )
    return PairwiseData(
        generators=generators,
        raters=tuple(raters),
        left=np.concatenate([data.left for data in datas]),
        right=np.concatenate([data.right for data in datas]),
        outcome=np.concatenate([data.outcome for data in datas]),
        rater=np.concatenate(codes),
        weight=weights,
    )


@dataclass(frozen=True, eq=False)
class _LinkedModel:
    """The sum of the studies' log-likelihoods in (θ, 0, 0, γ_1, log ν_1, γ_2, log ν_2, …)."""

    pairs: tuple[PairCounts, ...]
    block: IntArray
    position: BoolArray
    ties: BoolArray

    @property
    def active(self) -> BoolArray:
        further = np.stack([self.position, self.ties], axis=1).ravel()
        return np.concatenate([self.block >= 0, [False, False], further])

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        values = np.unique(self.block[self.block >= 0])
        return tuple(Gauge(np.flatnonzero(self.block == value)) for value in values)

    def start(self, fits: Sequence[DavidsonFit]) -> FloatArray:
        K = self.block.size
        beta = np.zeros(K + 2 + 2 * len(fits))
        for s, fit in enumerate(fits):
            nu = fit.log_nu if self.ties[s] and np.isfinite(fit.log_nu) else 0.0
            beta[_place(K, s)] = [fit.position if self.position[s] else 0.0, nu]
        return beta

    def own(self, s: int, beta: FloatArray) -> FloatArray:
        """(θ, γ_s, log ν_s), shape (K + 2,)."""
        K = self.block.size
        gamma, nu = beta[_place(K, s)]
        return np.concatenate([beta[:K], [gamma, nu if self.ties[s] else -np.inf]])

    def evaluate(self, beta: FloatArray) -> Evaluation:
        K = self.block.size
        value, score, H = 0.0, np.zeros(beta.size), np.zeros((beta.size, beta.size))
        for s, counts in enumerate(self.pairs):
            own, place = self.own(s, beta), _place(K, s)
            p = probabilities(counts, own)
            gradient = assemble_score(counts, *score_terms(counts, p))
            information = assemble_information(counts, counts.n, information_terms(p))
            value += log_likelihood(counts, own)
            score[:K] += gradient[:K]
            score[place] += gradient[K:]
            H[:K, :K] += information[:K, :K]
            H[:K, place] += information[:K, K:]
            H[place, :K] += information[K:, :K]
            H[place, place] += information[K:, K:]
        return Evaluation(value, score * self.active, H)


def _as_davidson(
    fit: DavidsonFit,
    names: tuple[str, ...],
    theta: FloatArray,
    model: _LinkedModel,
    s: int,
    beta: FloatArray,
    diagnosis: GraphDiagnosis,
) -> DavidsonFit:
    """One study at the common maximum, of which scores and information are known how to be taken."""
    own = model.own(s, beta)
    return replace(
        fit,
        generators=names,
        theta=theta,
        block=model.block,
        position=float(own[-2]),
        log_nu=float(own[-1]),
        has_position=bool(model.position[s]),
        has_ties=bool(model.ties[s]),
        pairs=model.pairs[s],
        diagnosis=diagnosis,
    )
