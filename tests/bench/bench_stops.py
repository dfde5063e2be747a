"""How often a study of equal generators is called decided, when somebody looks every 20 votes.

The e-process keeps its promise at every look; the test that most people would repeat does not.
`NULLS=1000` sets the number of simulated studies per line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import binom

from arena.analytics import PairwiseData
from arena.analytics.evidence_path import evidence_path
from tests.arena.analytics.builders import simulate
from tests.bench.rows import row, show

NULLS = int(os.environ.get("NULLS", "1000"))
EVERY, ALPHA = 20, 0.05


def studies(strengths: tuple[float, ...], **options: Any) -> Iterator[PairwiseData]:
    """Studies of equal generators: raters have tastes and lean to the left; votes come in any order."""
    for seed in range(NULLS):
        frame = simulate(strengths=strengths, taste=0.7, position=0.5, seed=seed, **options)
        yield PairwiseData.from_frame(frame.sample(frac=1, random_state=seed, ignore_index=True))


def naive(data: PairwiseData) -> bool:
    """Whether the two-sided binomial test of the one pair's decided votes is below 5 % at any look."""
    first = data.left == 0
    won = np.where(data.outcome == 0, first, ~first) & (data.outcome < 2)
    wins, decided = np.cumsum(won), np.cumsum(data.outcome < 2)
    looks = slice(EVERY - 1, None, EVERY)
    w, n = wins[looks], decided[looks]
    return bool((2 * binom.cdf(np.minimum(w, n - w), n, 0.5) < ALPHA).any())


def run() -> Iterator[dict[str, Any]]:
    pair: dict[str, Any] = {"strengths": (0, 0), "raters": 300, "per_rater": 4}
    stops = [evidence_path(data, every=EVERY).any_decided for data in studies(**pair)]
    name = f"null studies called decided, a look every {EVERY} votes of 1,200"
    yield row(f"{name}, one pair", float(np.mean(stops)), "share", f"≤ {ALPHA}")
    yield row(
        "    the same by a binomial test at every look",
        float(np.mean([naive(d) for d in studies(**pair)])),
        "share",
    )
    many = studies(strengths=(0, 0, 0, 0), raters=60, per_rater=20)
    stops = [evidence_path(data, every=EVERY).any_decided for data in many]
    yield row(f"{name}, six pairs", float(np.mean(stops)), "share", f"≤ {ALPHA}")


if __name__ == "__main__":
    show(run())
