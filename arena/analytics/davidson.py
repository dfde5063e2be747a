"""Bradley-Terry strengths with ties (Davidson) and a position effect, by Newton's method on counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from .arrays import BoolArray, FloatArray, IntArray
from .blas import one_thread
from .data import PairwiseData
from .errors import NoFiniteMaximumError, require
from .graph import GraphDiagnosis, diagnose
from .likelihood import (
    PairCounts,
    assemble_information,
    assemble_score,
    firth_terms,
    information_terms,
    log_likelihood,
    probabilities,
    score_terms,
)
from .strengths import chances_of

Ties = Literal["davidson", "half"]


@dataclass(frozen=True, eq=False)
class DavidsonFit:
    """Estimated strengths and all that the intervals need.

    Attributes
    ----------
    generators : tuple of str
    theta : float array, shape (K,)
        Strengths in logits, mean 0 within each block; NaN where no finite estimate exists.
    block : int array, shape (K,)
        Generators of equal block are on one scale; −1 where not estimable.
    position : float
        γ in logits added for the left side; 0 when not in the model.
    log_nu : float
        log ν; −inf without ties (or with ties as half wins).
    has_position, has_ties, half_win, firth : bool
        What the fitted model contains.
    converged : bool
    iterations : int
    max_gradient : float
        Largest absolute element of the (penalised) score at the estimate, per vote.
    log_likelihood : float
        Without multinomial constants and without the penalty.
    covariance : float array, shape (K + 2, K + 2)
        H⁺, pseudo-inverse of the Fisher information in the order (θ, γ, log ν); zero where a parameter is
        not in the model. Under independent votes it is the covariance of the estimate.
    pairs : PairCounts
        The counts that were fitted (votes between separated groups carry no information and are zero).
    diagnosis : GraphDiagnosis
    """

    generators: tuple[str, ...]
    theta: FloatArray
    block: IntArray
    position: float
    log_nu: float
    has_position: bool
    has_ties: bool
    half_win: bool
    firth: bool
    converged: bool
    iterations: int
    max_gradient: float
    log_likelihood: float
    covariance: FloatArray
    pairs: PairCounts
    diagnosis: GraphDiagnosis

    @property
    def finite_maximum(self) -> bool:
        return self.firth or self.diagnosis.finite_maximum

    @property
    def n(self) -> float:
        """Votes that were fitted."""
        return float(self.pairs.n.sum())

    def chances(self, d: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P(win) and P(tie) at a difference of ``d`` logits, without position effect."""
        return chances_of(d, "davidson", self.log_nu)

    @property
    def beta(self) -> FloatArray:
        """(θ, γ, log ν) with 0 for strengths that are not estimable, shape (K + 2,)."""
        return np.concatenate([np.nan_to_num(self.theta), [self.position, self.log_nu]])

    @property
    def method(self) -> str:
        """The model in words."""
        ties = "ties as half wins" if self.half_win else "Davidson ties"
        side = "position effect" if self.has_position else "no position effect"
        how = "Firth-penalised likelihood" if self.firth else "maximum likelihood"
        return f"Bradley-Terry, {ties}, {side}, {how}"

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "generator": list(self.generators),
                "theta": self.theta,
                "se_vote": np.sqrt(np.maximum(np.diag(self.covariance)[: self.theta.size], 0)),
                "block": self.block,
            }
        )


@one_thread()
def fit(
    data: PairwiseData,
    *,
    position: bool = True,
    ties: Ties = "davidson",
    firth: bool = False,
    tol: float = 1e-10,
    max_iter: int = 100,
) -> DavidsonFit:
    """Strengths by maximum (or Firth-penalised) likelihood.

    With d = θ_left − θ_right + γ: P(left) = e^{d/2}/D, P(right) = e^{−d/2}/D, P(tie) = ν/D,
    D = e^{d/2} + e^{−d/2} + ν. ``both_bad`` counts as a tie.

    Parameters
    ----------
    data : PairwiseData
        n votes on K generators.
    position : bool
        Estimate γ. Left out by itself when it cannot be told from strength.
    ties : {"davidson", "half"}
        A parameter ν of their own, or half a win each way (ν absent).
    firth : bool
        Maximise the likelihood times Jeffreys' prior: finite even for undefeated generators, with less
        bias in small samples.
    tol : float
        Newton stops when no parameter moves by more than this (logits).
    max_iter : int
        A fit that needs more is returned with ``converged=False``.

    Returns
    -------
    DavidsonFit
        Where votes fall apart into unconnected or separated groups, each is fitted on its own scale, γ
        and ν shared; a group of one has NaN.

    Raises
    ------
    NoFiniteMaximumError
        When position effect or tie parameter runs away, or every vote is a tie, and ``firth`` is off.

    References
    ----------
    Davidson (1970) JASA 65, 317-328; Davidson & Beaver (1977) Biometrics 33, 693-702; Firth (1993)
    Biometrika 80, 27-38; Albert & Anderson (1984) Biometrika 71, 1-10 for the limits under separation.
    """
    require(ties, ("davidson", "half"), "ties")
    diagnosis = diagnose(data, position=position, ties=ties)
    if not firth and diagnosis.obstacle not in ("none", "groups"):
        raise NoFiniteMaximumError(
            " ".join(diagnosis.words),
            mend="Collect more votes, or ask for a Firth-penalised estimate.",
            details={"obstacle": diagnosis.obstacle},
        )
    scale = diagnosis.component_of if firth else diagnosis.group_of
    cells = data.cells
    pairs = PairCounts.of(cells, data.n_generators, half_win=ties == "half")
    pairs = pairs.masked((scale[cells.left] == scale[cells.right]).astype(np.float64))
    block = blocks_of(scale)
    model = _Model(
        pairs=pairs,
        block=block,
        position=position and diagnosis.position_identified,
        ties=bool(pairs.ties.any()),
        firth=firth,
    )
    beta, inverse, converged, iterations = model.maximise(tol, max_iter)
    K = data.n_generators
    gradient = model.gradient(beta, inverse)[model.active]
    return DavidsonFit(
        generators=data.generators,
        theta=np.where(block >= 0, beta[:K], np.nan),
        block=block,
        position=float(beta[K]),
        log_nu=float(beta[K + 1]),
        has_position=model.position,
        has_ties=model.ties,
        half_win=ties == "half",
        firth=firth,
        converged=converged,
        iterations=iterations,
        max_gradient=float(np.abs(gradient).max(initial=0.0)) / max(data.n_votes, 1.0),
        log_likelihood=log_likelihood(pairs, beta),
        covariance=inverse,
        pairs=pairs,
        diagnosis=diagnosis,
    )


def blocks_of(scale: IntArray) -> IntArray:
    """Block index per generator, −1 for one that stands alone."""
    size = np.bincount(scale)
    return np.where(size[scale] > 1, scale, -1)


@dataclass(frozen=True, eq=False)
class _Model:
    """One likelihood to maximise; θ is pinned to mean 0 within each block."""

    pairs: PairCounts
    block: IntArray
    position: bool
    ties: bool
    firth: bool

    @property
    def active(self) -> BoolArray:
        return np.concatenate([self.block >= 0, [self.position, self.ties]])

    def maximise(self, tol: float, max_iter: int) -> tuple[FloatArray, FloatArray, bool, int]:
        """Newton with step halving; returns (β, H⁺, converged, iterations)."""
        beta = self._start()
        inverse, log_det = self._inverse(beta)
        value = self._objective(beta, log_det)
        for iteration in range(1, max_iter + 1):
            step = inverse @ self.gradient(beta, inverse)
            largest = float(np.abs(step).max(initial=0.0))
            step *= min(1.0, 4.0 / max(largest, 1e-300))
            beta, inverse, value = self._climb(beta, step, value)
            if largest <= tol:
                return self._centred(beta), inverse, True, iteration
        return self._centred(beta), inverse, False, max_iter

    def gradient(self, beta: FloatArray, inverse: FloatArray) -> FloatArray:
        p = probabilities(self.pairs, beta)
        by_d, by_eta = score_terms(self.pairs, p)
        if self.firth:
            more_d, more_eta = firth_terms(self.pairs, p, inverse)
            by_d, by_eta = by_d + more_d, by_eta + more_eta
        return assemble_score(self.pairs, by_d, by_eta) * self.active

    def _start(self) -> FloatArray:
        beta = np.zeros(self.block.size + 2)
        decided = float((self.pairs.wins_left + self.pairs.wins_right).sum())
        beta[-1] = np.log(2 * self.pairs.ties.sum() / max(decided, 1.0)) if self.ties else -np.inf
        return beta

    def _climb(
        self, beta: FloatArray, step: FloatArray, value: float
    ) -> tuple[FloatArray, FloatArray, float]:
        """The first of full, half, quarter … step that does not lower the objective."""
        slack = 1e-12 * max(abs(value), 1.0)
        share = 1.0
        for _ in range(30):
            trial = beta + share * step
            inverse, log_det = self._inverse(trial)
            reached = self._objective(trial, log_det)
            if reached >= value - slack:
                break
            share /= 2
        return trial, inverse, reached

    def _objective(self, beta: FloatArray, log_det: float) -> float:
        penalty = log_det / 2 if self.firth else 0.0
        return log_likelihood(self.pairs, beta) + penalty

    def _inverse(self, beta: FloatArray) -> tuple[FloatArray, float]:
        """Pseudo-inverse and log pseudo-determinant of the information.

        The information is blind to a constant per block; adding c·11ᵀ/size there makes it invertible,
        and taking (1/c)·11ᵀ/size off its inverse gives the pseudo-inverse exactly.
        """
        terms = information_terms(probabilities(self.pairs, beta))
        H = assemble_information(self.pairs, self.pairs.n, terms)
        active = self.active
        H[~active, :] = 0
        H[:, ~active] = 0
        H[~active, ~active] = 1
        K = self.block.size
        gauge = np.zeros((K, K))
        for value in np.unique(self.block[self.block >= 0]):
            member = np.flatnonzero(self.block == value)
            gauge[np.ix_(member, member)] = 1 / member.size
        c = max(float(self.pairs.n.sum()) / K, 1.0)
        H[:K, :K] += c * gauge
        inverse, log_det = _invert(H)
        inverse[:K, :K] -= gauge / c
        inverse[~active, :] = 0
        inverse[:, ~active] = 0
        return inverse, log_det

    def _centred(self, beta: FloatArray) -> FloatArray:
        out = beta.copy()
        K = self.block.size
        for value in np.unique(self.block[self.block >= 0]):
            member = self.block == value
            out[:K][member] -= out[:K][member].mean()
        return out


def _invert(H: FloatArray) -> tuple[FloatArray, float]:
    """Inverse and log determinant of a positive definite matrix.

    numpy's BLAS only: mixing in scipy's wakes a second pool of threads, and on a busy machine the two
    wait for each other many times longer than the work takes.
    """
    try:
        factor = np.linalg.cholesky(H)
        inverse = np.linalg.inv(H)
    except np.linalg.LinAlgError as error:
        raise NoFiniteMaximumError(
            "The information matrix is singular: some strengths cannot be told apart.",
            mend="Collect more votes between the generators that are rarely compared.",
        ) from error
    return (inverse + inverse.T) / 2, 2 * float(np.log(np.diag(factor)).sum())
