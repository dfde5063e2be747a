"""How much of each rater's voting is guessing? A mixture of the crowd's model and a coin of the rater's own.

    P_r(outcome | left, right) = (1 − ε_r) · Davidson(θ, γ, ν) + ε_r · g_r(outcome),
    g_r = (β_r (1 − τ_r), (1 − β_r)(1 − τ_r), τ_r)   over (left, right, tie),

fitted by EM. How ε is spread over raters is estimated along the way, on a grid without an assumed shape, so
that a crowd of honest raters with a few guessers is not smeared into one of half-hearted ones. The E step
gives every rater a posterior over the grid and every vote its probability of being a guess; the M step takes
g_r from those and refits the strengths with the rest of each vote's weight. ``both_bad`` counts as a tie.

Guessing common to all raters cannot be told from smaller strengths, so ε is relative: a prior as heavy as the
data puts half of the crowd at ε = 0. And guessing shows only where the crowd has preferences: if all
generators were equal, votes could not tell a guesser from anybody else, and the intervals say so.

References
----------
Kiefer & Wolfowitz (1956), Annals of Mathematical Statistics 27, 887-906; Dempster, Laird & Rubin (1977),
JRSS B 39, 1-38; Chen, Bennett, Collins-Thompson & Horvitz (2013), Pairwise ranking aggregation in a
crowdsourced setting, WSDM, 193-202 (CrowdBT).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from .arrays import FloatArray, IntArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import DavidsonFit, fit
from .errors import AnalyticsError
from .likelihood import PairCounts, probabilities

_GRID = np.linspace(0.0, 1.0, 21)
_TRACE = 0.01
# Pseudo-votes that draw a rater's guesses towards all answers of the same rater.
_GUESS_PRIOR = 3.0
_STRETCH = 16_384


@dataclass(frozen=True, eq=False)
class RaterMixture:
    """Guessing per rater, and the strengths with guesses discounted.

    Attributes
    ----------
    raters : tuple of str
        R raters with votes.
    epsilon, low, high : float array, shape (R,)
        Share of guesses: mean of the posterior at the fitted strengths, and equal-tailed interval of the one
        whose prior is half even over [0, 1].
    left_share, tie_share : float array, shape (R,)
        β_r and τ_r, what a rater's guesses look like.
    votes : float array, shape (R,)
    guess : float array, shape (n,)
        Probability of being a guess, per vote.
    fit : DavidsonFit
        Of the votes weighted by 1 − guess. Its covariance takes these weights as known.
    confidence : float
    converged : bool
    iterations : int
    """

    raters: tuple[str, ...]
    epsilon: FloatArray
    low: FloatArray
    high: FloatArray
    left_share: FloatArray
    tie_share: FloatArray
    votes: FloatArray
    guess: FloatArray
    fit: DavidsonFit
    confidence: float
    converged: bool
    iterations: int

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "rater": list(self.raters),
                "votes": self.votes,
                "epsilon": self.epsilon,
                "epsilon_low": self.low,
                "epsilon_high": self.high,
                "guess_left_share": self.left_share,
                "guess_tie_share": self.tie_share,
            }
        )


@one_thread()
def rater_mixture(
    data: PairwiseData,
    *,
    position: bool = True,
    confidence: float = 0.95,
    tol: float = 1e-3,
    max_iter: int = 100,
) -> RaterMixture:
    """Fit the mixture.

    Parameters
    ----------
    data : PairwiseData
        n votes that name their raters.
    position : bool
        Whether the crowd's model has a position effect.
    tol : float
        EM stops when no ε_r moves by more than this.
    max_iter : int
        A fit that needs more is returned with ``converged=False``.

    Raises
    ------
    AnalyticsError
        When the votes name no raters.
    NoFiniteMaximumError
        As `fit` raises it.
    """
    if not data.has_raters:
        raise AnalyticsError("The votes name no raters.", mend="Add a rater column.")
    rater = np.asarray(np.unique(data.rater, return_inverse=True)[1], dtype=np.int64)
    weight = np.ones(data.n_rows) if data.weight is None else data.weight
    outcome = np.minimum(data.outcome, 2).astype(np.int64)
    ballots = _Ballots.of(rater, outcome, weight)
    total = np.bincount(rater, weight).astype(np.float64)
    counted = np.bincount(rater * 3 + outcome, weight, total.size * 3).astype(np.float64)
    own = _shares(counted.reshape(-1, 3) + 0.5)
    guesses: FloatArray = own
    mixing = np.full(_GRID.size, 0.5 / (_GRID.size - 1))
    mixing[0] = 0.5
    epsilon = np.zeros(total.size)
    fitted = fit(data, position=position)
    converged, iterations = False, 0
    while iterations < max_iter and not converged:
        iterations += 1
        model = _model_probability(fitted, data, outcome)
        belief, z = _posterior(mixing, guesses, model, ballots)
        before, epsilon = epsilon, belief @ _GRID
        mixing = belief.sum(axis=0) + _TRACE
        mixing[0] += total.size
        mixing /= mixing.sum()
        guesses = _guesses(z * weight, own, rater, outcome)
        fitted = fit(replace(data, weight=weight * np.maximum(1 - z, 1e-9)), position=position)
        converged = float(np.abs(epsilon - before).max()) <= tol
    # The estimated spread sits on few points of the grid, which would make bounds of a handful of votes
    # meet: for them, half of the prior is even over the grid.
    even, _ = _posterior((mixing + 1 / _GRID.size) / 2, guesses, model, ballots)
    low, high = _bounds(even, confidence)
    return RaterMixture(
        raters=tuple(data.raters[i] for i in np.unique(data.rater)),
        epsilon=epsilon,
        low=low,
        high=high,
        left_share=guesses[:, 0] / (guesses[:, 0] + guesses[:, 1]),
        tie_share=guesses[:, 2],
        votes=total,
        guess=z,
        fit=fitted,
        confidence=confidence,
        converged=converged,
        iterations=iterations,
    )


def _model_probability(fitted: DavidsonFit, data: PairwiseData, outcome: IntArray) -> FloatArray:
    """Probability of every vote's outcome under the crowd's model, shape (n,)."""
    zero = np.zeros(data.cells.left.size)
    pairs = PairCounts(data.cells.left, data.cells.right, zero, zero, zero, data.n_generators)
    p = probabilities(pairs, fitted.beta)
    table = np.stack([p.left, p.right, p.tie], axis=1)
    # A floor, so that one rater who contradicts a runaway strength does not end the arithmetic.
    floored: FloatArray = np.maximum(table.ravel()[data.row_pair * 3 + outcome], 1e-12)
    return floored


@dataclass(frozen=True, eq=False)
class _Ballots:
    """The votes in the order of raters, in stretches of whole raters that fit a processor's cache.

    Attributes
    ----------
    order : int array, shape (n,)
        Row of each vote.
    rater, outcome : int array, shape (n,)
        By row.
    weight : float array, shape (n,)
        In the order of raters.
    starts : int array, shape (R + 1,)
        Where each rater's votes begin.
    stretches : tuple of pairs of int
        First rater of each stretch, and the first after it.
    """

    order: IntArray
    rater: IntArray
    outcome: IntArray
    weight: FloatArray
    starts: IntArray
    stretches: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, rater: IntArray, outcome: IntArray, weight: FloatArray) -> _Ballots:
        order = np.argsort(rater, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(rater))]).astype(np.int64)
        bounds, last = [0], starts.size - 1
        while bounds[-1] < last:
            upto = int(np.searchsorted(starts, starts[bounds[-1]] + _STRETCH, side="right")) - 1
            bounds.append(min(max(upto, bounds[-1] + 1), last))
        stretches = tuple(pairwise(bounds))
        return cls(order, rater, outcome, weight[order], starts, stretches)


def _posterior(
    mixing: FloatArray, guesses: FloatArray, model: FloatArray, ballots: _Ballots
) -> tuple[FloatArray, FloatArray]:
    """Belief in each ε of the grid per rater, shape (R, M); chance of being a guess per vote, shape (n,).

    With q = g / model the likelihood of a vote is model · (1 − ε + ε q); what does not depend on ε falls out.
    """
    q = (guesses.ravel()[ballots.rater * 3 + ballots.outcome] / model)[ballots.order]
    belief = np.empty((guesses.shape[0], _GRID.size))
    sorted_z = np.empty(q.size)
    for first, after in ballots.stretches:
        begin, end = ballots.starts[first], ballots.starts[after]
        own, sizes = q[begin:end], np.diff(ballots.starts[first : after + 1])
        mixed = (1 - _GRID)[:, None] + _GRID[:, None] * own
        said = np.add.reduceat(
            np.log(mixed) * ballots.weight[begin:end], ballots.starts[first:after] - begin, axis=1
        )
        log_belief = said.T + np.log(mixing)
        part = np.exp(log_belief - log_belief.max(axis=1, keepdims=True))
        part /= part.sum(axis=1, keepdims=True)
        belief[first:after] = part
        sorted_z[begin:end] = (np.repeat((part * _GRID).T, sizes, axis=1) / mixed).sum(axis=0) * own
    z = np.empty(q.size)
    z[ballots.order] = sorted_z
    return belief, z


def _guesses(z: FloatArray, own: FloatArray, rater: IntArray, outcome: IntArray) -> FloatArray:
    """g given expected guesses per vote, drawn towards the rater's own shares ``own``, shape (R, 3)."""
    counts = np.bincount(rater * 3 + outcome, z, own.size).reshape(own.shape) + _GUESS_PRIOR * own
    return _shares(counts)


def _shares(counts: FloatArray) -> FloatArray:
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), dtype=np.float64)


def _bounds(belief: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Equal-tailed bounds on the grid, shape (R,) each."""
    upto = np.cumsum(belief, axis=1)
    tail = (1 - confidence) / 2
    low = np.minimum((upto < tail).sum(axis=1), _GRID.size - 1)
    high = np.minimum((upto < 1 - tail).sum(axis=1), _GRID.size - 1)
    return _GRID[low], _GRID[high]
