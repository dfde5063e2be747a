"""Which pairs to ask about next: those that are expected to lower the total variance most, at random.

One more vote on a pair with x = e_i − e_j and Fisher information v per vote takes

    v·‖H⁻¹x‖² / (1 + v·xᵀH⁻¹x)

off the total variance of the strengths (Sherman & Morrison). A batch is drawn one comparison at a time:
each draw updates H as if the comparison had been answered, so a batch spreads over pairs. Pairs are drawn,
never decreed: every pair that is still available keeps a chance, so the design stays connected and the
chance of each pair is known to the analyst.

References
----------
Chaloner & Verdinelli (1995), Bayesian experimental design, Statistical Science 10, 273-304 (A-optimality);
Sherman & Morrison (1950), Annals of Mathematical Statistics 21, 124-127; Glickman & Jensen (2005), Adaptive
paired comparison design, J. Statistical Planning and Inference 127, 279-293.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .arrays import FloatArray, IntArray
from .blas import one_thread
from .davidson import DavidsonFit
from .errors import OneGeneratorError, OptionError, WeightError
from .likelihood import (
    PairCounts,
    assemble_information,
    assemble_score,
    information_terms,
    probabilities,
    score_terms,
)

# Strengths before any vote: normal with this standard deviation in logits (about 350 points).
PRIOR_SD = 2.0


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What the votes so far, and the prior, say about the strengths.

    Attributes
    ----------
    theta : float array, shape (K,)
        Strengths in logits, shrunk by the prior.
    log_nu : float
        log ν of Davidson's ties; −inf without ties.
    inverse : float array, shape (K, K)
        (H + I/sd²)⁻¹ with H the Fisher information of the votes about θ: always finite.
    """

    theta: FloatArray
    log_nu: float
    inverse: FloatArray

    @property
    def total_variance(self) -> float:
        """Sum over generators of the variance of the strength against the mean of all, in logits²."""
        K = self.theta.size
        return float(np.trace(self.inverse) - self.inverse.sum() / K)

    @classmethod
    @one_thread()
    def from_counts(
        cls,
        wins: npt.ArrayLike,
        ties: npt.ArrayLike | None = None,
        *,
        prior_sd: float = PRIOR_SD,
        max_iter: int = 30,
    ) -> Knowledge:
        """From counts, at the maximum of likelihood times prior; also when there are none.

        Parameters
        ----------
        wins : array, shape (K, K)
            ``wins[i, j]``: votes in which i was preferred to j.
        ties : array, shape (K, K), optional
            ``ties[i, j]``: ties and both-bad votes between i and j, each vote in one of the two triangles.
        prior_sd : float
            Standard deviation in logits of the normal prior of each strength.

        Raises
        ------
        WeightError
            A negative or missing count, or a count on the diagonal.
        OneGeneratorError, OptionError
        """
        won = _square(wins, "wins")
        tied = np.zeros_like(won) if ties is None else _square(ties, "ties")
        if tied.shape != won.shape:
            raise OptionError("wins and ties differ in shape.", mend="Give both as (K, K).")
        K = won.shape[0]
        i, j = np.triu_indices(K, 1)
        level = tied[i, j] + tied[j, i]
        used = won[i, j] + won[j, i] + level > 0
        i, j, level = i[used], j[used], level[used]
        pairs = PairCounts(i, j, won[i, j], won[j, i], level, K)
        return cls(*_posterior(pairs, _ridge(prior_sd), max_iter))

    @classmethod
    @one_thread()
    def from_fit(cls, fit: DavidsonFit, *, prior_sd: float = PRIOR_SD) -> Knowledge:
        """From a fitted ranking; a strength without finite estimate stands at 0 with the prior's variance.

        Sides are forgotten: strengths are taken from the counts without a position effect.
        """
        return cls(*_posterior(fit.pairs, _ridge(prior_sd), 30))

    def per_vote(self, i: IntArray, j: IntArray) -> FloatArray:
        """Fisher information of one vote about θ_i − θ_j, shape of ``i``."""
        d = self.theta[i] - self.theta[j]
        up, down = np.exp(d / 2), np.exp(-d / 2)
        total = up + down + np.exp(self.log_nu)
        out: FloatArray = (up + down) / total / 4 - ((up - down) / total / 2) ** 2
        return out


@dataclass(frozen=True, eq=False)
class PairBatch:
    """How many comparisons of each pair to serve next.

    Attributes
    ----------
    first, second : int array, shape (P,)
        Generators of every pair that was available, first < second.
    count : int array, shape (P,)
        Comparisons to serve, at most what is available; they add up to the size asked for, or to all that
        is available.
    chance : float array, shape (P,)
        Probability of the pair in the first draw; above 0 everywhere.
    drop : float array, shape (P,)
        Expected drop of the total variance by one vote before the batch, logits².
    variance_before, variance_after : float
        Total variance, and what is expected of it once the batch is answered.
    """

    first: IntArray
    second: IntArray
    count: IntArray
    chance: FloatArray
    drop: FloatArray
    variance_before: float
    variance_after: float

    def to_frame(self) -> pd.DataFrame:
        """One row per available pair, the most served first."""
        frame = pd.DataFrame(
            {
                "first": self.first,
                "second": self.second,
                "count": self.count,
                "chance": self.chance,
                "drop": self.drop,
            }
        )
        return frame.sort_values(["count", "drop"], ascending=False, kind="stable", ignore_index=True)


@one_thread()
def choose_pairs(
    knowledge: Knowledge,
    available: npt.ArrayLike,
    size: int,
    rng: np.random.Generator,
    *,
    explore: float = 0.1,
    sharpness: int = 4,
) -> PairBatch:
    """Draw the pairs of the next ``size`` comparisons.

    Each draw takes a pair with probability explore / P + (1 − explore) · drop^sharpness / Σ drop^sharpness,
    over the P pairs that are still available, then lowers drops as if it had been answered.

    Parameters
    ----------
    knowledge : Knowledge
    available : array, shape (K, K)
        Comparisons still to be had of each pair (whole numbers, symmetric; the upper triangle is read).
    size : int
        Comparisons wanted.
    rng : numpy Generator
        The same state gives the same batch.
    explore : float
        Share drawn evenly from all available pairs, above 0 and at most 1 (1: a uniform design).
    sharpness : int
        0 is uniform; the larger, the closer to always taking the best pair.

    Raises
    ------
    OptionError, WeightError
    """
    if not 0 < explore <= 1 or not 0 <= sharpness <= 50 or size < 0:
        raise OptionError(
            "explore must be above 0 and at most 1, sharpness from 0 to 50, size at least 0.",
            mend="Leave them at their defaults.",
            details={"explore": explore, "sharpness": sharpness, "size": size},
        )
    stock = _square(available, "available")
    if stock.shape != knowledge.inverse.shape:
        raise OptionError(
            f"available is {stock.shape}, but there are {knowledge.theta.size} generators.",
            mend="Give one row and one column per generator.",
        )
    i, j = np.nonzero(np.triu(stock, 1) >= 1)
    left = np.floor(stock[i, j]).astype(np.int64)
    drawing = _Drawing(knowledge, i.astype(np.int64), j.astype(np.int64))
    drop = drawing.drop
    open_ = np.ones(left.size)
    chance = _chances(drop, open_, explore, sharpness)
    count = np.zeros_like(left)
    gained = 0.0
    size = min(size, int(left.sum()))
    drawing.expect(size)
    for _ in range(size):
        now = drawing.drop
        cumulative = np.cumsum(_chances(now, open_, explore, sharpness))
        pick = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
        gained += float(now[pick])
        drawing.answer(pick)
        count[pick] += 1
        left[pick] -= 1
        open_[pick] = left[pick] > 0
    before = knowledge.total_variance
    return PairBatch(drawing.i, drawing.j, count, chance, drop, before, before - gained)


def _chances(drop: FloatArray, open_: FloatArray, explore: float, sharpness: int) -> FloatArray:
    """Probabilities of the next draw, shape (P,); 0 only where ``open_`` is 0: nothing is left there."""
    relative = np.maximum(drop, 0.0) * open_
    relative /= max(float(relative.max(initial=0.0)), 1e-300)
    share = _power(relative, sharpness) * open_
    share *= (1 - explore) / max(float(share.sum()), 1e-300)
    share += open_ * (explore / max(float(open_.sum()), 1.0))
    return share


def _power(x: FloatArray, n: int) -> FloatArray:
    """xⁿ by squaring: many times faster than the general power on this many pairs."""
    out = np.ones_like(x)
    while n:
        if n & 1:
            out *= x
        x = x * x
        n >>= 1
    return out


class _Drawing:
    """Drops of all pairs, kept up to date by one vector operation per answered comparison.

    With M = H⁻¹ it holds q = xᵀMx and s = xᵀM²x of every pair. A vote on x₀ turns M into M − c·uuᵀ, with
    u = Mx₀ and c = v/(1 + v·x₀ᵀu); M itself stays as it was and the updates are kept as a list of (c, u).
    """

    def __init__(self, knowledge: Knowledge, i: IntArray, j: IntArray) -> None:
        self.i, self.j = i, j
        self._v = knowledge.per_vote(i, j)
        self._M = knowledge.inverse
        square = self._M @ self._M
        self._q, self._s = _quadratic(self._M, i, j), _quadratic(square, i, j)
        self.expect(0)

    def expect(self, answers: int) -> None:
        """Make room for the updates of so many answers."""
        self._U = np.zeros((answers, self._M.shape[0]))
        self._c = np.zeros(answers)
        self._n = 0

    @property
    def drop(self) -> FloatArray:
        out: FloatArray = self._v * self._s / (1 + self._v * self._q)
        return out

    def answer(self, pick: int) -> None:
        """Lower the drops as one more vote on pair ``pick`` would."""
        a, b, v = int(self.i[pick]), int(self.j[pick]), float(self._v[pick])
        U, scale = self._U[: self._n], self._c[: self._n]
        u = self._M[a] - self._M[b] - (scale * (U[:, a] - U[:, b])) @ U
        w = self._M @ u - (scale * (U @ u)) @ U
        c = v / (1 + v * (u[a] - u[b]))
        du, dw = u[self.i] - u[self.j], w[self.i] - w[self.j]
        self._q -= c * du * du
        dw *= -2
        dw += (c * float(u @ u)) * du
        self._s += c * du * dw
        self._U[self._n], self._c[self._n] = u, c
        self._n += 1


def _quadratic(A: FloatArray, i: IntArray, j: IntArray) -> FloatArray:
    """xᵀAx for x = e_i − e_j."""
    d = np.diag(A)
    out: FloatArray = d[i] + d[j] - 2 * A[i, j]
    return out


def _posterior(pairs: PairCounts, ridge: float, max_iter: int) -> tuple[FloatArray, float, FloatArray]:
    """θ, log ν and (H + ridge·I)⁻¹ about θ at the maximum of likelihood times prior.

    log ν has a normal prior of the same width about 0 once there is a tie; without ties it is −inf. Both
    priors make every step of Newton's method well defined, and the objective is concave.
    """
    K = pairs.n_generators
    tied = bool(pairs.ties.any())
    beta = np.zeros(K + 2)
    beta[K + 1] = 0.0 if tied else -np.inf
    free = np.r_[np.arange(K), [K + 1]] if tied else np.arange(K)
    for _ in range(max_iter):
        p = probabilities(pairs, beta)
        gradient = assemble_score(pairs, *score_terms(pairs, p))[free] - ridge * beta[free]
        H = assemble_information(pairs, pairs.n, information_terms(p))[np.ix_(free, free)]
        step = np.linalg.solve(H + ridge * np.eye(free.size), gradient)
        largest = float(np.abs(step).max())
        beta[free] += step * min(1.0, 2.0 / max(largest, 1e-300))
        if largest < 1e-6:
            break
    H = assemble_information(pairs, pairs.n, information_terms(probabilities(pairs, beta)))
    inverse = np.linalg.inv(H[np.ix_(free, free)] + ridge * np.eye(free.size))[:K, :K]
    return beta[:K], float(beta[K + 1]), (inverse + inverse.T) / 2


def _ridge(prior_sd: float) -> float:
    if not (np.isfinite(prior_sd) and prior_sd > 0):
        raise OptionError("prior_sd must be above 0.", mend="Take 2 logits, the default.")
    return 1 / prior_sd**2


def _square(values: npt.ArrayLike, field: str) -> FloatArray:
    """A finite, non-negative (K, K) matrix with an empty diagonal, or an error."""
    out = np.asarray(values, dtype=np.float64)
    if out.ndim != 2 or out.shape[0] != out.shape[1]:
        raise OptionError(f"{field} has shape {out.shape}.", mend="Give one row and column per generator.")
    if out.shape[0] < 2:
        raise OneGeneratorError("There are no two generators.", mend="Compare at least two generators.")
    if not (np.isfinite(out).all() and (out >= 0).all()) or np.diag(out).any():
        raise WeightError(
            f"{field} holds a negative or missing count, or compares a generator with itself.",
            mend="Give counts of 0 or more, and 0 on the diagonal.",
            details={"field": field},
        )
    return out
