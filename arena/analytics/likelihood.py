"""The Davidson log-likelihood on counts: value, score, information, third cumulants.

With d = θ_left − θ_right + γ and η = log ν,

    P(left) = e^{d/2} / D,  P(right) = e^{−d/2} / D,  P(tie) = e^η / D,
    D = e^{d/2} + e^{−d/2} + e^η.

η = −∞ gives plain Bradley-Terry. Ties counted as half a win each way are the same formula with
η = −∞ and the tie spread over both wins, so one set of formulas serves both.

Parameters are laid out as (θ_1 … θ_K, γ, η), length K + 2, everywhere in this package.

References
----------
Davidson, R. R. (1970). On extending the Bradley-Terry model to accommodate ties in paired comparison
experiments. JASA 65, 317-328. Davidson & Beaver (1977), Biometrics 33, 693-702 (order effect).
Firth, D. (1993). Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import FloatArray, IntArray
from .data import LEFT, RIGHT, Cells


@dataclass(frozen=True, eq=False)
class PairCounts:
    """What the likelihood sees: effective counts per ordered pair, each of shape (P,)."""

    left: IntArray
    right: IntArray
    wins_left: FloatArray
    wins_right: FloatArray
    ties: FloatArray
    n_generators: int

    @classmethod
    def of(cls, cells: Cells, n_generators: int, *, half_win: bool) -> PairCounts:
        """From cells; with ``half_win`` each tie becomes half a win for either side."""
        share = 0.5 * cells.ties if half_win else np.zeros_like(cells.ties)
        return cls(
            left=cells.left,
            right=cells.right,
            wins_left=cells.counts[:, LEFT] + share,
            wins_right=cells.counts[:, RIGHT] + share,
            ties=np.zeros_like(share) if half_win else cells.ties,
            n_generators=n_generators,
        )

    @property
    def n(self) -> FloatArray:
        return self.wins_left + self.wins_right + self.ties

    def masked(self, keep: FloatArray) -> PairCounts:
        """Counts multiplied by ``keep`` (0 or 1 per pair)."""
        return PairCounts(
            self.left,
            self.right,
            self.wins_left * keep,
            self.wins_right * keep,
            self.ties * keep,
            self.n_generators,
        )


@dataclass(frozen=True, eq=False)
class Probabilities:
    """P(left), P(right), P(tie) and log D per ordered pair, each of shape (P,)."""

    left: FloatArray
    right: FloatArray
    tie: FloatArray
    log_denominator: FloatArray
    d: FloatArray


def probabilities(pairs: PairCounts, beta: FloatArray) -> Probabilities:
    """Outcome probabilities per ordered pair at parameters ``beta`` (K + 2,)."""
    K = pairs.n_generators
    d = beta[pairs.left] - beta[pairs.right] + beta[K]
    eta = beta[K + 1]
    a = np.abs(d) / 2
    with np.errstate(under="ignore"):
        tie_part = np.exp(eta - a) if np.isfinite(eta) else np.zeros_like(a)
        log_d = a + np.log1p(np.exp(-2 * a) + tie_part)
        p_left, p_right = np.exp(d / 2 - log_d), np.exp(-d / 2 - log_d)
        p_tie = np.exp(eta - log_d) if np.isfinite(eta) else np.zeros_like(a)
    return Probabilities(p_left, p_right, p_tie, log_d, d)


def log_likelihood(pairs: PairCounts, beta: FloatArray) -> float:
    """Σ n_left·log P(left) + n_right·log P(right) + n_tie·log P(tie), without the multinomial constant."""
    p = probabilities(pairs, beta)
    value = (pairs.wins_left - pairs.wins_right) * p.d / 2 - pairs.n * p.log_denominator
    eta = beta[pairs.n_generators + 1]
    ties = eta * pairs.ties.sum() if np.isfinite(eta) else 0.0
    return float(value.sum() + ties)


def score_terms(pairs: PairCounts, p: Probabilities) -> tuple[FloatArray, FloatArray]:
    """Derivatives of the log-likelihood by d and by η, per ordered pair."""
    by_d = (pairs.wins_left - pairs.wins_right) / 2 - pairs.n * (p.left - p.right) / 2
    by_eta = pairs.ties - pairs.n * p.tie
    return by_d, by_eta


def information_terms(p: Probabilities) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fisher information of one vote in (d, d), (d, η), (η, η), per ordered pair."""
    mean = (p.left - p.right) / 2
    return (p.left + p.right) / 4 - mean**2, -mean * p.tie, p.tie * (1 - p.tie)


def assemble_score(pairs: PairCounts, by_d: FloatArray, by_eta: FloatArray) -> FloatArray:
    """Per-pair derivatives gathered into parameters, shape (K + 2,)."""
    K = pairs.n_generators
    out = np.empty(K + 2)
    out[:K] = np.bincount(pairs.left, by_d, K) - np.bincount(pairs.right, by_d, K)
    out[K] = by_d.sum()
    out[K + 1] = by_eta.sum()
    return out


def assemble_information(
    pairs: PairCounts, n: FloatArray, terms: tuple[FloatArray, FloatArray, FloatArray]
) -> FloatArray:
    """Fisher information matrix of ``n`` votes per pair, shape (K + 2, K + 2)."""
    K = pairs.n_generators
    dd, de, ee = (n * term for term in terms)
    W = np.bincount(pairs.left * K + pairs.right, weights=dd, minlength=K * K).reshape(K, K)
    as_left, as_right = np.bincount(pairs.left, dd, K), np.bincount(pairs.right, dd, K)
    H = np.zeros((K + 2, K + 2))
    H[:K, :K] = np.diag(as_left + as_right) - W - W.T
    H[:K, K] = H[K, :K] = as_left - as_right
    H[:K, K + 1] = H[K + 1, :K] = np.bincount(pairs.left, de, K) - np.bincount(pairs.right, de, K)
    H[K, K], H[K, K + 1], H[K + 1, K], H[K + 1, K + 1] = dd.sum(), de.sum(), de.sum(), ee.sum()
    return H


def firth_terms(pairs: PairCounts, p: Probabilities, inverse: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Derivatives of ½ log det(information) by d and by η, per ordered pair.

    The model is log-linear, so the Jeffreys penalty removes the first-order bias (Firth 1993); its
    gradient is half the trace of inverse information times third cumulants.

    Parameters
    ----------
    inverse : float array, shape (K + 2, K + 2)
        Pseudo-inverse of the information.
    """
    K = pairs.n_generators
    i, j = pairs.left, pairs.right
    with_gamma = inverse[:, K]
    with_eta = inverse[:, K + 1]
    c_dd = (
        inverse[i, i]
        + inverse[j, j]
        - 2 * inverse[i, j]
        + 2 * (with_gamma[i] - with_gamma[j])
        + inverse[K, K]
    )
    c_de = with_eta[i] - with_eta[j] + inverse[K, K + 1]
    c_ee = inverse[K + 1, K + 1]
    mean = (p.left - p.right) / 2
    outcomes = ((p.left, 0.5, 0.0), (p.right, -0.5, 0.0), (p.tie, 0.0, 1.0))
    ddd = sum(q * (t - mean) ** 3 for q, t, _ in outcomes)
    dde = sum(q * (t - mean) ** 2 * (e - p.tie) for q, t, e in outcomes)
    dee = sum(q * (t - mean) * (e - p.tie) ** 2 for q, t, e in outcomes)
    eee = sum(q * (e - p.tie) ** 3 for q, _, e in outcomes)
    half_n = pairs.n / 2
    by_d = half_n * (c_dd * ddd + 2 * c_de * dde + c_ee * dee)
    by_eta = half_n * (c_dd * dde + 2 * c_de * dee + c_ee * eee)
    return np.asarray(by_d), np.asarray(by_eta)
