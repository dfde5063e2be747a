"""Does the test of drift keep its promise? Studies of raters with tastes of their own, where nothing changed
between them, and where one generator did. Aims: false drift and wrong names at most 0.08 (5 % and noise).
`STUDIES` as in bench_coverage; half as many are made here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from arena.analytics import PairwiseData
from arena.analytics.drift import DriftTest
from arena.analytics.trends import StudyVotes, TrendResult, trends
from tests.arena.analytics.builders import simulate
from tests.bench.bench_coverage import STUDIES
from tests.bench.rows import row, show

STRENGTHS = np.array([0.8, 0.4, 0.0, -0.4, -0.8])
PER_RATER, TASTE, MOVED = 40, 0.5, 0.6
TRIALS = max(STUDIES // 2, 1)


def studies(raters: tuple[int, ...], seed: int, moved: float = 0.0) -> TrendResult:
    """A study for each number of raters, with its own sides and ties; the first generator may move."""
    made = []
    for s, R in enumerate(raters):
        theta = STRENGTHS + (np.arange(5) == 0) * moved * (s > 0)
        options = {"position": 0.3 * s, "log_nu": 0.3 * s - 0.5, "seed": 100 * seed + s}
        frame = simulate(strengths=theta, raters=R, per_rater=PER_RATER, taste=TASTE, **options)
        made.append(StudyVotes(f"study {s}", PairwiseData.from_frame(frame)))
    return trends(made, draws=0)


def run() -> Iterator[dict[str, Any]]:
    for raters in ((12, 12, 12, 12), (20, 20), (12, 60), (60, 60)):
        found = [studies(raters, seed) for seed in range(1, TRIALS + 1)]
        name = f"{len(raters)} studies of {' and '.join(map(str, dict.fromkeys(raters)))} raters"
        tests = [one.drift for one in found if isinstance(one.drift, DriftTest)]
        wrong = float(np.mean([test.p_value < 0.05 for test in tests]))
        named = float(np.mean([one.by_generator["moved"].any() for one in found]))
        held = [(one.by_generator["low"] < 0) & (one.by_generator["high"] > 0) for one in found]
        yield row(f"false drift: {name}", wrong, "share", "≤ 0.08")
        yield row(f"generators wrongly named: {name}", named, "share", "≤ 0.08")
        yield row(f"coverage of changes: {name}", float(np.mean(np.concatenate(held))), "share", "0.93-0.97")
    changed = [studies((60, 60), seed, MOVED) for seed in range(1, TRIALS + 1)]
    first = [one.by_generator["moved"].iloc[0] for one in changed]
    others = [one.by_generator["moved"].iloc[1:].any() for one in changed]
    yield row(f"one moved by {MOVED} logits, found: 2 studies of 60 raters", float(np.mean(first)), "share")
    yield row("another named beside it", float(np.mean(others)), "share", "≤ 0.08")
    yield row("3 studies of 1M votes, 20 generators", _seconds(), "s")


def _seconds() -> float:
    rng = np.random.default_rng(0)
    made = []
    for _ in range(3):
        n, K = 1_000_000, 20
        left = rng.integers(0, K, n, dtype=np.int32)
        right = ((left + rng.integers(1, K, n, dtype=np.int32)) % K).astype(np.int32)
        made.append(
            PairwiseData(
                generators=tuple(f"g{k:02d}" for k in range(K)),
                raters=tuple(f"r{k:04d}" for k in range(2000)),
                left=left,
                right=right,
                outcome=rng.integers(0, 3, n, dtype=np.int32),
                rater=rng.integers(0, 2000, n, dtype=np.int32),
            )
        )
    begun = time.perf_counter()
    trends([StudyVotes(f"study {s}", data) for s, data in enumerate(made)])
    return time.perf_counter() - begun


if __name__ == "__main__":
    show(run())
