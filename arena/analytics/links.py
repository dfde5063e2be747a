"""From one linear predictor to the chances of ordered outcomes, with all derivatives.

Davidson: outcomes right, tie, left with weights e^{−d/2}, ν, e^{d/2}; a = (log ν).

Cumulative logit: outcome k of 0 … J−1 happens when d + ε falls between the cuts c_{k−1} and c_k, ε
logistic, so P(k) = F(c_k − d) − F(c_{k−1} − d); the cuts are linear in a. With the cuts −τ, τ this is Rao and
Kupper's model of ties, log κ = τ.

References
----------
Davidson (1970) JASA 65, 317-328; Rao & Kupper (1967) JASA 62, 194-204; McCullagh (1980) J. R. Statistical
Society B 42, 109-142; Pratt (1981) JASA 76, 103-106 (concavity); Agresti (1992) Applied Statistics 41,
287-297 (graded paired comparisons).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit

from .arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Terms:
    """Log probability and derivatives, one entry per row; A ancillary parameters.

    Attributes
    ----------
    log_p : float array, shape (n,)
    by_d : float array, shape (n,)
        First derivative by the predictor.
    by_a : float array, shape (n, A)
    dd, da, aa : float array, shape (n,), (n, A), (n, A, A)
        Negative second derivatives.
    """

    log_p: FloatArray
    by_d: FloatArray
    by_a: FloatArray
    dd: FloatArray
    da: FloatArray
    aa: FloatArray


class Link(Protocol):
    @property
    def size(self) -> int:
        """A, the number of ancillary parameters."""
        ...

    @property
    def outcomes(self) -> int:
        """J; outcomes are counted from 0."""
        ...

    def start(self, count: FloatArray) -> FloatArray:
        """Ancillary parameters at d = 0 for ``count`` answers per outcome, shape (A,)."""
        ...

    def terms(self, d: FloatArray, outcome: IntArray, a: FloatArray) -> Terms: ...

    def curve(self, d: FloatArray, outcome: IntArray, a: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Only ``by_d`` and ``dd`` of `terms`, for the many steps that ask for no more."""
        ...


@dataclass(frozen=True, eq=False)
class DavidsonLink:
    """Outcomes 0 right, 1 tie, 2 left; without ties there is no parameter."""

    ties: bool

    @property
    def size(self) -> int:
        return int(self.ties)

    @property
    def outcomes(self) -> int:
        return 3

    def start(self, count: FloatArray) -> FloatArray:
        if not self.ties:
            return np.zeros(0)
        return np.array([np.log(2 * count[1] / max(count[0] + count[2], 1.0))])

    def terms(self, d: FloatArray, outcome: IntArray, a: FloatArray) -> Terms:
        eta = float(a[0]) if self.ties else -np.inf
        lean = np.stack([-d / 2, np.full(d.size, eta), d / 2])
        log_total = np.logaddexp.reduce(lean, axis=0)
        p = np.exp(lean - log_total)
        mean = (p[2] - p[0]) / 2
        tied = (outcome == 1).astype(np.float64)
        cross, square = -mean * p[1], p[1] * (1 - p[1])
        A = self.size
        return Terms(
            log_p=np.take_along_axis(lean, outcome[None], axis=0)[0] - log_total,
            by_d=(outcome - 1) / 2 - mean,
            by_a=(tied - p[1])[:, None][:, :A],
            dd=(p[0] + p[2]) / 4 - mean**2,
            da=cross[:, None][:, :A],
            aa=square[:, None, None][:, :A, :A],
        )

    def curve(self, d: FloatArray, outcome: IntArray, a: FloatArray) -> tuple[FloatArray, FloatArray]:
        terms = self.terms(d, outcome, a)
        return terms.by_d, terms.dd


@dataclass(frozen=True, eq=False)
class CumulativeLink:
    """Ordered outcomes 0 … J − 1 with cuts ``spread`` @ a.

    Attributes
    ----------
    spread : float array, shape (J − 1, A)
        The identity for free cuts; rows ±e_k for cuts symmetric about 0.
    """

    spread: FloatArray

    @classmethod
    def free(cls, outcomes: int) -> CumulativeLink:
        return cls(np.eye(outcomes - 1))

    @classmethod
    def symmetric(cls, outcomes: int) -> CumulativeLink:
        """Cuts −τ_m … −τ_1, (0 if J is even,) τ_1 … τ_m."""
        half = (outcomes - 1) // 2
        up = np.eye(half)
        middle = np.zeros((1 - (outcomes % 2), half))
        return cls(np.concatenate([-up[::-1], middle, up]))

    @property
    def size(self) -> int:
        return int(self.spread.shape[1])

    @property
    def outcomes(self) -> int:
        return int(self.spread.shape[0]) + 1

    def start(self, count: FloatArray) -> FloatArray:
        share = np.cumsum(count + 0.5)[:-1] / (count + 0.5).sum()
        cuts = np.log(share / (1 - share))
        a: FloatArray = np.linalg.lstsq(self.spread, cuts, rcond=None)[0]
        return a

    def terms(self, d: FloatArray, outcome: IntArray, a: FloatArray) -> Terms:
        cuts = np.concatenate([[-np.inf], self.spread @ a, [np.inf]])
        if not (np.diff(cuts) > 0).all():
            return self._outside(d.size)
        edge = np.zeros((1, self.size))
        T = np.concatenate([edge, self.spread, edge])
        P, up, down, hh, ll = _edges(cuts, outcome, d)
        hl = up * down
        T_low, T_high = T[outcome], T[outcome + 1]
        to_high, to_low = (hh + hl)[:, None], (ll + hl)[:, None]
        return Terms(
            log_p=np.log(P),
            by_d=-(up + down),
            by_a=up[:, None] * T_high + down[:, None] * T_low,
            dd=hh + ll + 2 * hl,
            da=-(to_high * T_high + to_low * T_low),
            aa=T_high[:, :, None] * (hh[:, None] * T_high + hl[:, None] * T_low)[:, None, :]
            + T_low[:, :, None] * (ll[:, None] * T_low + hl[:, None] * T_high)[:, None, :],
        )

    def curve(self, d: FloatArray, outcome: IntArray, a: FloatArray) -> tuple[FloatArray, FloatArray]:
        cuts = np.concatenate([[-np.inf], self.spread @ a, [np.inf]])
        if not (np.diff(cuts) > 0).all():
            return np.zeros(d.size), np.zeros(d.size)
        _, up, down, hh, ll = _edges(cuts, outcome, d)
        return -(up + down), hh + ll + 2 * up * down

    def _outside(self, n: int) -> Terms:
        """Cuts out of order: no probability at all."""
        A = self.size
        nothing = np.zeros(n)
        return Terms(
            np.full(n, -np.inf), nothing, np.zeros((n, A)), nothing, np.zeros((n, A)), np.zeros((n, A, A))
        )


def _edges(
    cuts: FloatArray, outcome: IntArray, d: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """P, the derivatives of log P by the upper and the lower edge, and the two negative second ones."""
    low, high = cuts[outcome] - d, cuts[outcome + 1] - d
    F_low, F_high = expit(low), expit(high)
    G_low, G_high = expit(-low), expit(-high)
    # Where both are close to 1 the difference is taken in the other tail.
    P = np.maximum(np.where(low > 0, G_low - G_high, F_high - F_low), 1e-300)
    f_low, f_high = F_low * G_low, F_high * G_high
    up, down = f_high / P, -f_low / P
    hh = up**2 - f_high * (G_high - F_high) / P
    ll = down**2 + f_low * (G_low - F_low) / P
    return P, up, down, hh, ll
