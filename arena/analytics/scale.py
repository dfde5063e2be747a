"""Logits to points, and the table of winning probabilities.

400/ln 10 points per logit: 400 points more mean odds of 10 to 1, as on the Elo scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import FloatArray
from .davidson import DavidsonFit

POINTS_PER_LOGIT = 400 / math.log(10)
BASE_POINTS = 1000.0


def to_points(logits: FloatArray, *, base: float = BASE_POINTS) -> FloatArray:
    """base + 400/ln 10 · logits, any shape."""
    points: FloatArray = base + POINTS_PER_LOGIT * np.asarray(logits, dtype=np.float64)
    return points


@dataclass(frozen=True, eq=False)
class WinMatrix:
    """Probabilities that the row's generator beats, or ties with, the column's, without position effect.

    Attributes
    ----------
    win, tie : float array, shape (K, K)
        NaN on the diagonal and between generators that are not on one scale.
    score : float array, shape (K, K)
        win + tie/2.
    """

    generators: tuple[str, ...]
    win: FloatArray
    tie: FloatArray

    @property
    def score(self) -> FloatArray:
        out: FloatArray = self.win + self.tie / 2
        return out

    def to_frame(self) -> pd.DataFrame:
        """Long: generator, opponent, p_win, p_tie, p_loss, score."""
        K = len(self.generators)
        i, j = (index[~np.eye(K, dtype=bool)] for index in np.indices((K, K)))
        names = np.array(self.generators, dtype=object)
        return pd.DataFrame(
            {
                "generator": names[i],
                "opponent": names[j],
                "p_win": self.win[i, j],
                "p_tie": self.tie[i, j],
                "p_loss": self.win[j, i],
                "score": self.score[i, j],
            }
        )


def win_matrix(fit: DavidsonFit) -> WinMatrix:
    """P(win) and P(tie) of every pair from the fitted strengths, γ = 0.

    P(win) = e^{d/2}/D, P(tie) = ν/D, d = θ_i − θ_j, D = e^{d/2} + e^{−d/2} + ν.
    """
    return win_matrix_of(fit.generators, fit.theta, fit.log_nu, same_scale=_same_scale(fit))


def win_matrix_of(
    generators: tuple[str, ...], theta: FloatArray, log_nu: float, *, same_scale: FloatArray | None = None
) -> WinMatrix:
    """As `win_matrix`, from strengths in logits of shape (K,)."""
    half = (theta[:, None] - theta[None, :]) / 2
    top = np.maximum(np.abs(half), log_nu)
    up, down = np.exp(half - top), np.exp(-half - top)
    level = np.exp(log_nu - top) if np.isfinite(log_nu) else np.zeros_like(half)
    total = up + down + level
    blank = np.where(np.eye(theta.size, dtype=bool), np.nan, 0.0)
    if same_scale is not None:
        blank = blank + np.where(same_scale > 0, 0.0, np.nan)
    return WinMatrix(generators, up / total + blank, level / total + blank)


def _same_scale(fit: DavidsonFit) -> FloatArray:
    together = (fit.block[:, None] == fit.block[None, :]) & (fit.block >= 0)[:, None]
    return np.asarray(together, dtype=np.float64)
