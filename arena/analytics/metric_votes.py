"""Votes beside the scores of both pictures, turned so that sides no longer matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import BoolArray, FloatArray, IntArray
from .data import OUTCOMES
from .encoding import encode_fixed
from .errors import MissingColumnError


@dataclass(frozen=True, eq=False)
class MetricVotes:
    """Scored votes.

    Attributes
    ----------
    frame : DataFrame
        The rows with both scores.
    gap : float array, shape (n,)
        Score of the left less that of the right picture, larger is better.
    side : float array, shape (n,)
        What the rater said: 1 left, −1 right, 0 tie or both bad.
    n_without_score : int
    """

    frame: pd.DataFrame
    gap: FloatArray
    side: FloatArray
    n_without_score: int

    @property
    def decided(self) -> BoolArray:
        return np.asarray(self.side != 0, dtype=np.bool_)

    @property
    def towards(self) -> FloatArray:
        """The gap seen from the picture that won, decided votes only: positive where the metric agrees."""
        return np.asarray((self.gap * self.side)[self.decided], dtype=np.float64)

    def clusters(self, keep: BoolArray) -> IntArray:
        """Code of the prompt (otherwise of the rater, otherwise of the vote) of the rows in ``keep``."""
        for by in ("prompt", "rater"):
            if by in self.frame.columns:
                codes, _ = pd.factorize(self.frame[by][keep])
                return codes.astype(np.int64)
        return np.arange(int(keep.sum()), dtype=np.int64)

    @property
    def cluster_name(self) -> str:
        return next((by for by in ("prompt", "rater") if by in self.frame.columns), "vote")


def metric_votes(
    df: pd.DataFrame,
    *,
    score_left: str = "score_left",
    score_right: str = "score_right",
    higher_is_better: bool = True,
) -> MetricVotes:
    """Check the columns and drop rows without a score.

    Parameters
    ----------
    df : DataFrame
        ``outcome`` (left, right, tie, both_bad) and the scores of both pictures; optional ``prompt``,
        ``rater``, ``category``, ``criterion``.

    Raises
    ------
    MissingColumnError, UnknownLabelError
    """
    missing = [name for name in ("outcome", score_left, score_right) if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.",
            mend="Comparing a metric with people needs outcome and both scores.",
            details={"missing": missing},
        )
    gap = (df[score_left] - df[score_right]).to_numpy(dtype=np.float64) * (1 if higher_is_better else -1)
    scored = np.isfinite(gap)
    outcome = encode_fixed(df["outcome"], OUTCOMES, "outcome") if len(df) else np.empty(0, dtype=np.int32)
    side = np.array([1.0, -1.0, 0.0, 0.0])[outcome]
    return MetricVotes(df[scored], gap[scored], side[scored], int((~scored).sum()))
