"""Speed of the statistics: 200 generators and a million votes, and α on 100,000 items.

The clock starts at labelled rows in a DataFrame. Best of a few, as machines are rarely idle; other packages
do the same work below ours where they are installed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from arena.analytics import PairwiseData, fit, rank, rating_alpha
from arena.analytics.exact_bootstrap import exact_bootstrap
from arena.analytics.intervals import cluster_covariance, generator_intervals
from tests.arena.analytics.builders import simulate
from tests.bench import peers
from tests.bench.rows import best_of, row, show

GENERATORS, VOTES, RATERS = 200, int(os.environ.get("BENCH_VOTES", "1000000")), 1000
TIMES = 3
OUTCOMES = np.array(["left", "right", "tie"])


def labelled_votes(votes: int = VOTES, seed: int = 0, generators: int = GENERATORS) -> pd.DataFrame:
    """Votes of a Davidson model with a position effect, as text columns."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(0, 1, generators)
    left = rng.integers(0, generators, votes)
    right = (left + rng.integers(1, generators, votes)) % generators
    d = theta[left] - theta[right] + 0.1
    up, down = np.exp(d / 2), np.exp(-d / 2)
    u = rng.random(votes) * (up + down + 0.7)
    outcome = np.where(u < up, 0, np.where(u < up + down, 1, 2))
    names = pd.CategoricalDtype([f"generator-{i:03d}" for i in range(generators)])
    raters = pd.CategoricalDtype([f"rater-{i:05d}" for i in range(RATERS)])
    return pd.DataFrame(
        {
            "left": pd.Categorical.from_codes(left, dtype=names),
            "right": pd.Categorical.from_codes(right, dtype=names),
            "outcome": pd.Categorical.from_codes(outcome, dtype=pd.CategoricalDtype(list(OUTCOMES))),
            "rater": pd.Categorical.from_codes(rng.integers(0, RATERS, votes), dtype=raters),
        }
    )


def ratings(items: int = 100_000, seed: int = 0) -> pd.DataFrame:
    """Three ratings per item on four values, six in ten of them the true one."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, items)[:, None]
    given = np.where(rng.random((items, 3)) < 0.6, truth, rng.integers(0, 4, (items, 3)))
    return pd.DataFrame({"item": np.repeat(np.arange(items), 3), "rating": given.ravel()})


def only_fit(frame: pd.DataFrame) -> None:
    fit(PairwiseData.from_frame(frame))


def with_intervals(frame: pd.DataFrame) -> None:
    data = PairwiseData.from_frame(frame)
    fitted = fit(data)
    generator_intervals(fitted, cluster_covariance(fitted, data))


def rank_sets_of(frame: pd.DataFrame) -> None:
    """Everything that the ranking shows but the page: 1,000 draws, rank sets, probability of being best."""
    rank(frame)


def ten_million() -> None:
    """Runs by itself, so that the memory it takes at most is its own: Python, the votes and the fit."""
    coded = pd.concat([labelled_votes()] * 10, ignore_index=True)
    Path("/proc/self/clear_refs").write_text("5")  # Forgets what building the votes took.
    taken = best_of(lambda: only_fit(coded), 2)
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({"seconds": taken, "peak": int(peak[1]) / 1024 if peak else None}))


def exact_bootstraps() -> float:
    data = PairwiseData.from_frame(simulate(strengths=np.linspace(1, -1, 20), raters=200, per_rater=500))
    fitted = fit(data)
    return best_of(lambda: exact_bootstrap(data, fitted, by="vote"), 5)


def run() -> Iterator[dict[str, Any]]:
    """Each work of the aims, with the same by other packages below it."""
    coded = labelled_votes()
    size = f"{GENERATORS} generators, {VOTES:,} votes"
    kinds = [("text", coded.astype("str")), ("object", coded.astype(object)), ("category", coded)]
    for kind, frame in kinds:
        taken = best_of(lambda f=frame: only_fit(f), TIMES)
        yield row(f"Davidson fit, {size} ({kind})", taken, "s", "≤ 0.25")
    yield from peers.fits(coded)
    for kind, frame in kinds:
        taken = best_of(lambda f=frame: with_intervals(f), TIMES)
        yield row(f"the same with rater-clustered intervals ({kind})", taken, "s", "≤ 0.4")
    for kind, frame in kinds:
        taken = best_of(lambda f=frame: rank_sets_of(f), TIMES)
        yield row(f"1,000 one-step cluster bootstraps + rank sets, the same ({kind})", taken, "s", "≤ 0.5")
    grouped = coded.groupby(list(coded), observed=True).size().rename("weight").reset_index()
    taken = best_of(lambda: rank(grouped), TIMES)
    yield row(f"    the same from {len(grouped):,} rows that a database has grouped", taken, "s", "≤ 0.5")
    yield from peers.bootstraps(coded)
    yield row(
        "exact multinomial bootstrap x 1,000, 20 generators, 100,000 votes", exact_bootstraps(), "s", "≤ 0.1"
    )
    yield from peers.bootstraps(labelled_votes(100_000, generators=20))
    frame = ratings()
    for level in ("nominal", "ordinal"):
        taken = best_of(lambda lv=level: rating_alpha(frame, level=lv), TIMES)
        yield row(f"α {level} + 1,000 item bootstraps, 100,000 items x 3 ratings", taken, "s", "≤ 0.3")
    yield from peers.alphas(frame)
    command = [sys.executable, "-c", "from tests.bench.bench_analytics import ten_million; ten_million()"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    yield row(f"Davidson fit, {GENERATORS} generators, {10 * VOTES:,} votes", found["seconds"], "s", "≤ 1.2")
    yield row("    memory of the process with Python and the votes", found["peak"], "MB", "≤ 1000")


if __name__ == "__main__":
    show(run())
