"""Logits to points, and the table of winning probabilities.

400/ln 10 points per logit: 400 points more mean odds of 10 to 1, as on the Elo scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import FloatArray
from .strengths import Strengths

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


def win_matrix(fit: Strengths) -> WinMatrix:
    """P(win) and P(tie) of every pair from the fitted strengths, γ = 0, by the model's own formula."""
    theta = fit.theta
    win, tie = fit.chances(theta[:, None] - theta[None, :])
    together = (fit.block[:, None] == fit.block[None, :]) & (fit.block >= 0)[:, None]
    blank = np.where(together & ~np.eye(theta.size, dtype=np.bool_), 0.0, np.nan)
    return WinMatrix(fit.generators, win + blank, tie + blank)
