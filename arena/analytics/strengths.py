"""What every fitted model of strengths has in common, so that intervals and ranks are computed in one way.

Parameters are laid out as (θ_1 … θ_K, γ, tie, further ones) in every covariance: γ is the position effect and
``tie`` the tie parameter, with zero rows where a model has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from scipy.special import expit

from .arrays import FloatArray, IntArray
from .graph import GraphDiagnosis

TieModel = Literal["none", "davidson", "rao_kupper", "latent"]


class Strengths(Protocol):
    """A fitted model: strengths in logits, their scale, and the covariance under independent votes."""

    @property
    def generators(self) -> tuple[str, ...]: ...
    @property
    def theta(self) -> FloatArray: ...
    @property
    def block(self) -> IntArray: ...
    @property
    def covariance(self) -> FloatArray: ...
    @property
    def n(self) -> float: ...
    @property
    def position(self) -> float: ...
    @property
    def has_position(self) -> bool: ...
    @property
    def firth(self) -> bool: ...
    @property
    def converged(self) -> bool: ...
    @property
    def finite_maximum(self) -> bool: ...
    @property
    def diagnosis(self) -> GraphDiagnosis: ...
    @property
    def method(self) -> str: ...

    def chances(self, d: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P(win) and P(tie) at a difference of ``d`` logits, without position effect."""
        ...


@dataclass(frozen=True, eq=False)
class StrengthFit:
    """Strengths by a model other than Davidson's.

    Attributes
    ----------
    generators : tuple of str
    theta : float array, shape (K,)
        Strengths in logits, mean 0 within each block; NaN where no finite estimate exists.
    block : int array, shape (K,)
        Generators of equal block are on one scale; −1 where not estimable.
    position : float
        γ in logits; 0 when not in the model.
    tie : float
        log ν (Davidson) or log κ (Rao-Kupper); −inf or 0 without ties.
    extra : float array, shape (E,)
        Further parameters, named by ``names``.
    covariance : float array, shape (K + 2 + E, K + 2 + E)
        Inverse information: right if all votes were independent.
    n : float
        Answers that were fitted.
    log_likelihood : float
    """

    generators: tuple[str, ...]
    theta: FloatArray
    block: IntArray
    position: float
    has_position: bool
    tie: float
    tie_model: TieModel
    extra: FloatArray
    names: tuple[str, ...]
    covariance: FloatArray
    n: float
    log_likelihood: float
    converged: bool
    iterations: int
    finite_maximum: bool
    diagnosis: GraphDiagnosis
    method: str
    firth: bool = False

    @property
    def parameters(self) -> FloatArray:
        """(θ, γ, tie, extra) with 0 for strengths that are not estimable."""
        return np.concatenate([np.nan_to_num(self.theta), [self.position, self.tie], self.extra])

    def chances(self, d: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P(win) and P(tie) at a difference of ``d`` logits, without position effect."""
        return chances_of(d, self.tie_model, self.tie)

    def to_frame(self) -> pd.DataFrame:
        se = np.sqrt(np.maximum(np.diag(self.covariance)[: self.theta.size], 0))
        return pd.DataFrame(
            {"generator": list(self.generators), "theta": self.theta, "se_vote": se, "block": self.block}
        )


def chances_of(d: FloatArray, model: TieModel, tie: float) -> tuple[FloatArray, FloatArray]:
    """P(win) and P(tie) at difference d, any shape.

    Davidson: e^{d/2}/D and ν/D with D = e^{d/2} + e^{−d/2} + ν. Rao-Kupper: 1/(1 + κe^{−d}), and what it and
    its mirror leave. None: 1/(1 + e^{−d}) and 0. Latent: the chance that one of two independent logistic
    impressions, d apart, is the higher, e^d(e^d − 1 − d)/(e^d − 1)², and 0.
    """
    if model == "latent":
        return _higher(d), np.zeros_like(d)
    if model == "davidson" and np.isfinite(tie):
        half = d / 2
        top = np.maximum(np.abs(half), tie)
        up, down, level = np.exp(half - top), np.exp(-half - top), np.exp(tie - top)
        total = up + down + level
        return up / total, level / total
    shift = tie if model == "rao_kupper" else 0.0
    win, loss = expit(d - shift), expit(-d - shift)
    return np.asarray(win), np.maximum(1 - win - loss, 0.0)


def _higher(d: FloatArray) -> FloatArray:
    """e^d(e^d − 1 − d)/(e^d − 1)², by its series 1/2 + d/6 − d³/180 near 0."""
    away = np.where(np.abs(d) < 0.02, 1.0, -np.abs(d))
    e = np.exp(away)
    lower = e * (e - 1 - away) / (e - 1) ** 2
    far = np.where(d > 0, 1 - lower, lower)
    out: FloatArray = np.where(np.abs(d) < 0.02, 0.5 + d / 6 - d**3 / 180, far)
    return out
