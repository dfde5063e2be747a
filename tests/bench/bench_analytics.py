"""Speed of the statistics: 200 generators and a million votes, and α on 100,000 items.

The clock starts at labelled rows in a DataFrame and stops at intervals. Best of three, as the machine is
rarely idle; peers run beside where they are installed.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from arena.analytics import PairwiseData, fit, rank, rating_alpha
from arena.analytics.intervals import cluster_covariance, generator_intervals
from arena.analytics.krippendorff_alpha import alpha, counts_table

GENERATORS, VOTES, RATERS = 200, 1_000_000, 1000
OUTCOMES = np.array(["left", "right", "tie"])


def labelled_votes(votes: int = VOTES, seed: int = 0) -> pd.DataFrame:
    """Votes of a Davidson model with a position effect, as text columns."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(0, 1, GENERATORS)
    left = rng.integers(0, GENERATORS, votes)
    right = (left + rng.integers(1, GENERATORS, votes)) % GENERATORS
    d = theta[left] - theta[right] + 0.1
    up, down = np.exp(d / 2), np.exp(-d / 2)
    u = rng.random(votes) * (up + down + 0.7)
    outcome = np.where(u < up, 0, np.where(u < up + down, 1, 2))
    names = pd.CategoricalDtype([f"generator-{i:03d}" for i in range(GENERATORS)])
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


def best_of(action: Callable[[], Any], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return min(taken)


def only_fit(frame: pd.DataFrame) -> None:
    fit(PairwiseData.from_frame(frame))


def with_intervals(frame: pd.DataFrame) -> None:
    data = PairwiseData.from_frame(frame)
    fitted = fit(data)
    generator_intervals(fitted, cluster_covariance(fitted, data))


def ten_million(coded: pd.DataFrame) -> float:
    many = pd.concat([coded] * 10, ignore_index=True)
    return best_of(lambda: only_fit(many), 2)


def run() -> list[dict[str, Any]]:
    """Rows of name, value, unit, target."""
    rows: list[dict[str, Any]] = []

    def row(name: str, value: float, target: str) -> None:
        rows.append({"name": name, "value": value, "unit": "s", "target": target})

    coded = labelled_votes()
    for kind, frame in (("text", coded.astype("str")), ("object", coded.astype(object)), ("category", coded)):
        size = f"{GENERATORS} generators, {VOTES:,} votes ({kind})"
        row(f"fit, {size}", best_of(lambda f=frame: only_fit(f)), "≤ 0.25")
        row(
            f"fit + clustered intervals, {size}", best_of(lambda f=frame: with_intervals(f)), "≤ 0.4 (A: 0.6)"
        )
        row(f"rank(): + 1,000 draws + rank sets, {size}", best_of(lambda f=frame: rank(f)), "≤ 0.5")
    grouped = coded.groupby(list(coded), observed=True).size().rename("weight").reset_index()
    row(f"rank() from {len(grouped):,} grouped rows", best_of(lambda: rank(grouped)), "≤ 0.5")
    row("fit, 10,000,000 votes (category)", ten_million(coded), "≤ 1.2")
    frame = ratings()
    for level in ("nominal", "ordinal"):
        taken = best_of(lambda lv=level: rating_alpha(frame, level=lv))
        row(f"α {level} + 1,000 draws, 100,000 items x 3", taken, "≤ 0.3 (A: 0.5)")
    rows += peers(coded, frame)
    return rows


def peers(coded: pd.DataFrame, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The same work by other packages, where they are installed (they are not needed here)."""
    rows: list[dict[str, Any]] = []
    counts, _ = counts_table(frame, "item", "rating", numeric=True)
    one = best_of(lambda: alpha(counts, draws=0))
    rows.append(
        {"name": "krippendorff, one α (x 1,000 for a loop)", "value": one, "unit": "s", "target": "–"}
    )
    if importlib.util.find_spec("evalica"):
        import evalica

        left, right = coded["left"].astype(str).tolist(), coded["right"].astype(str).tolist()
        to = {"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw}
        winners = [to[o] for o in coded["outcome"]]
        taken = best_of(lambda: evalica.bradley_terry(left, right, winners))
        rows.append(
            {"name": "evalica.bradley_terry, the same votes", "value": taken, "unit": "s", "target": "–"}
        )
    return rows


if __name__ == "__main__":
    for line in run():
        print(f"{line['name']:<75} {line['value']:8.3f} {line['unit']:<3} aim {line['target']}", flush=True)
