"""Do the intervals keep their promise? Coverage and false separation by simulation.

Raters differ in taste (each has strengths of its own, sd in logits); the truth is what an endless crowd of
such raters would give, taken from 20,000 of them. Aims: coverage 0.93 to 0.97, false separation of equal
generators at most 0.07. `STUDIES=400` sets the number of simulated studies per line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from arena.analytics import PairwiseData, fit
from arena.analytics.bootstrap import multiplier_bootstrap
from arena.analytics.intervals import cluster_covariance, generator_intervals, model_covariance
from arena.analytics.ranks import rank_sets
from arena.analytics.scores import cluster_scores
from tests.arena.analytics.builders import simulate
from tests.bench.rows import row, show

STRENGTHS = (0.8, 0.4, 0.1, -0.1, -0.4, -0.8)
PER_RATER = 30
STUDIES = int(os.environ.get("STUDIES", "400"))


def truth(taste: float) -> np.ndarray:
    """Strengths that an endless crowd would give."""
    frame = simulate(strengths=STRENGTHS, raters=20_000, per_rater=PER_RATER, taste=taste, seed=999)
    return fit(PairwiseData.from_frame(frame)).theta


def coverage(raters: int, taste: float, target: np.ndarray) -> tuple[float, float]:
    """Share of intervals that hold the truth: clustered, and at vote level."""
    clustered, votes = [], []
    for seed in range(STUDIES):
        frame = simulate(
            strengths=STRENGTHS, raters=raters, per_rater=PER_RATER, position=0.2, taste=taste, seed=seed
        )
        data = PairwiseData.from_frame(frame)
        fitted = fit(data)
        for covariance, hits in (
            (cluster_covariance(fitted, data), clustered),
            (model_covariance(fitted), votes),
        ):
            found = generator_intervals(fitted, covariance)
            hits.append((found.low <= target) & (target <= found.high))
    return float(np.mean(clustered)), float(np.mean(votes))


def false_separation(raters: int, taste: float) -> float:
    """Share of studies of equal generators in which any two are told apart."""
    wrong = 0
    for seed in range(STUDIES):
        frame = simulate(
            strengths=[0] * 6, raters=raters, per_rater=PER_RATER, taste=taste, seed=seed + 10_000
        )
        data = PairwiseData.from_frame(frame)
        fitted = fit(data)
        scores = cluster_scores(fitted, data)
        draws = multiplier_bootstrap(fitted, scores, seed=seed)
        covariance = cluster_covariance(fitted, data, scores=scores)
        wrong += bool(rank_sets(fitted, covariance, draws).better.any())
    return wrong / STUDIES


def run() -> Iterator[dict[str, Any]]:
    for taste in (0.0, 0.5, 1.0):
        target = truth(taste)
        for raters in (20, 50, 200):
            clustered, votes = coverage(raters, taste, target)
            name = f"{raters} raters, taste sd {taste:g}"
            yield row(f"coverage of 95 % intervals, clustered: {name}", clustered, "share", "0.93-0.97")
            yield row(f"coverage of 95 % intervals, vote level: {name}", votes, "share")
            wrong = false_separation(raters, taste)
            yield row(f"false separation of equals: {name}", wrong, "share", "≤ 0.07")


if __name__ == "__main__":
    show(run())
