"""Frames of votes for the tests of analytics: from counts, and simulated from a known truth."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from arena.analytics import PairwiseData

OUTCOMES = np.array(["left", "right", "tie", "both_bad"])


def votes(*rows: tuple) -> pd.DataFrame:
    """Rows of (left, right, outcome[, rater])."""
    names = ["left", "right", "outcome", "rater"][: len(rows[0])]
    return pd.DataFrame(rows, columns=names)


def from_counts(rows: Iterable[tuple[str, str, float, float, float]]) -> pd.DataFrame:
    """Rows of (left, right, left wins, ties, right wins) as weighted votes."""
    out = []
    for left, right, won, tied, lost in rows:
        for outcome, weight in (("left", won), ("tie", tied), ("right", lost)):
            if weight:
                out.append((left, right, outcome, weight))
    return pd.DataFrame(out, columns=["left", "right", "outcome", "weight"])


def data(frame: pd.DataFrame, **options) -> PairwiseData:
    return PairwiseData.from_frame(frame, **options)


def simulate(
    *,
    strengths: Iterable[float],
    raters: int = 40,
    per_rater: int = 50,
    position: float = 0.0,
    log_nu: float = -0.5,
    taste: float = 0.0,
    prompts: int = 20,
    seed: int = 0,
) -> pd.DataFrame:
    """Votes from the Davidson model; every rater's strengths vary with sd ``taste``."""
    rng = np.random.default_rng(seed)
    theta = np.asarray(list(strengths))
    K, n = theta.size, raters * per_rater
    rater = np.repeat(np.arange(raters), per_rater)
    own = theta + rng.normal(0, taste, (raters, K)) if taste else np.tile(theta, (raters, 1))
    left = rng.integers(0, K, n)
    right = (left + rng.integers(1, K, n)) % K
    d = own[rater, left] - own[rater, right] + position
    weight = np.stack([np.exp(d / 2), np.exp(-d / 2), np.full(n, np.exp(log_nu))], axis=1)
    cumulative = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    outcome = (rng.random(n)[:, None] > cumulative).sum(axis=1)
    return pd.DataFrame(
        {
            "left": [f"g{i}" for i in left],
            "right": [f"g{i}" for i in right],
            "outcome": OUTCOMES[outcome],
            "rater": [f"r{i:03d}" for i in rater],
            "prompt": [f"p{i}" for i in rng.integers(0, prompts, n)],
        }
    )
