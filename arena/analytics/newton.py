"""Newton's method for models in which only differences between some parameters count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from .arrays import BoolArray, FloatArray, IntArray

# Logits: no finite maximum of real answers lies this far out.
_RUNAWAY = 40.0


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Log-likelihood, its gradient (p,), and the information (p, p), at one point."""

    value: float
    score: FloatArray
    information: FloatArray


@dataclass(frozen=True, eq=False)
class Gauge:
    """A constant that the likelihood does not see.

    Attributes
    ----------
    members : int array
        Parameters that are kept at mean 0.
    along : int array
        Further parameters that shift together with them (the cuts of a scale); none for most models.
    """

    members: IntArray
    along: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def vectors(self, p: int) -> tuple[FloatArray, FloatArray]:
        """The constraint g (norm 1) and the blind direction n with gᵀn = 1, each of shape (p,)."""
        g, n = np.zeros(p), np.zeros(p)
        root = np.sqrt(self.members.size)
        g[self.members] = 1 / root
        n[self.members] = n[self.along] = 1 / root
        return g, n


class Model(Protocol):
    """A likelihood in p parameters."""

    @property
    def active(self) -> BoolArray:
        """Which parameters are in the model, shape (p,)."""
        ...

    @property
    def gauges(self) -> tuple[Gauge, ...]: ...

    def evaluate(self, beta: FloatArray) -> Evaluation: ...


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where Newton's method ended. ``inverse`` is the pseudo-inverse of the information, shape (p, p)."""

    beta: FloatArray
    inverse: FloatArray
    value: float
    converged: bool
    iterations: int


def maximise(model: Model, beta: FloatArray, *, tol: float = 1e-9, max_iter: int = 100) -> Maximum | None:
    """Newton with step halving, from ``beta`` (p,); ``None`` when it runs away or into a singularity.

    A model may answer −inf for a value outside its domain: the step is then halved.
    """
    here, converged, iteration = model.evaluate(beta), False, 0
    inverse = pseudo_inverse(here.information, model.active, model.gauges)
    while inverse is not None and not converged and iteration < max_iter:
        iteration += 1
        step = inverse @ here.score
        largest = float(np.abs(step).max(initial=0.0))
        step *= min(1.0, 4.0 / max(largest, 1e-300))
        beta, here = _climb(model, beta, step, here)
        if float(np.abs(beta).max(initial=0.0)) > _RUNAWAY:
            return None
        converged = largest <= tol
        inverse = pseudo_inverse(here.information, model.active, model.gauges)
    if inverse is None:
        return None
    beta = beta.copy()
    for gauge in model.gauges:
        mean = beta[gauge.members].mean()
        beta[gauge.members] -= mean
        beta[gauge.along] -= mean
    return Maximum(beta, inverse, here.value, converged, iteration)


def _climb(
    model: Model, beta: FloatArray, step: FloatArray, here: Evaluation
) -> tuple[FloatArray, Evaluation]:
    """The first of full, half, quarter … step that does not lower the value; none if all 30 do."""
    slack = 1e-12 * max(abs(here.value), 1.0)
    for halvings in range(30):
        trial = beta + step / 2**halvings
        there = model.evaluate(trial)
        if there.value >= here.value - slack:
            return trial, there
    return beta, here


def pseudo_inverse(H: FloatArray, active: BoolArray, gauges: tuple[Gauge, ...]) -> FloatArray | None:
    """Inverse of an information matrix under the constraints of its gauges; ``None`` if singular.

    Adding c·ggᵀ per gauge makes it invertible, and taking nnᵀ/c off the inverse gives the constrained inverse
    exactly (without ``along``, the pseudo-inverse). Rows and columns of inactive parameters are 0 in it.
    """
    H = np.where(np.outer(active, active), H, 0.0)
    scale = np.sqrt(np.maximum(np.diag(H), 0.0))
    if not np.isfinite(H).all() or (scale[active] <= 0).any():
        return None
    H[~active, ~active] = 1
    constraint, blind = np.zeros_like(H), np.zeros_like(H)
    for gauge in gauges:
        g, n = gauge.vectors(H.shape[0])
        constraint += np.outer(g, g)
        blind += np.outer(n, n)
    c = max(float(np.trace(H)) / H.shape[0], 1e-12)
    full = H + c * constraint
    unit = 1 / np.sqrt(np.diag(full))
    try:
        correlation = full * np.outer(unit, unit)
        smallest = float(np.diag(np.linalg.cholesky(correlation)).min())
        inverse = np.linalg.inv(correlation) * np.outer(unit, unit)
    except np.linalg.LinAlgError:
        return None
    # A parameter that the others explain but for this share cannot be told from them.
    if smallest**2 < 1e-9:
        return None
    inverse = (inverse + inverse.T) / 2 - blind / c
    out: FloatArray = np.where(np.outer(active, active), inverse, 0.0)
    return out
