"""Bad raters caught, honest ones spared, and what drawing raters anew and fitting to the end takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from arena.analytics import PairwiseData, fit
from arena.analytics.exact_bootstrap import exact_bootstrap
from arena.analytics.rater_rules import DEFAULT_RULES, evaluate
from arena.analytics.raters import rater_table
from tests.arena.analytics.builders import simulate
from tests.arena.analytics.crowd import Crowd, simulate_crowd
from tests.bench.rows import best_of, row, show

STUDIES = 40


def caught(**setting: Any) -> dict[str, float]:
    """Share of each kind of rater that the default rules exclude."""
    found: dict[str, list[bool]] = {}
    for seed in range(STUDIES):
        frame, kinds = simulate_crowd(Crowd(seed=seed, **setting))
        hit = {h.rater for h in evaluate(DEFAULT_RULES, rater_table(frame))}
        for rater, kind in kinds.items():
            found.setdefault(kind, []).append(rater in hit)
    return {kind: float(np.mean(x)) for kind, x in found.items()}


def run() -> Iterator[dict[str, Any]]:
    aims = {"honest": "≤ 0.05", "random": "≥ 0.9", "always_left": "≥ 0.9"}
    for words, setting in (
        ("5 raters a comparison", {}),
        ("3 raters a comparison", {"overlap": 3}),
        ("coin flippers", {"random_ties": False}),
        ("one in four bad", {"random": 15, "always_left": 10}),
    ):
        for kind, share in caught(**setting).items():
            name = f"default rules exclude {kind.replace('_', ' ')} raters: {words}"
            yield row(name, share, "share", aims.get(kind, ""))
    table = PairwiseData.from_frame(
        simulate(strengths=np.linspace(1, -1, 20), raters=200, per_rater=500, taste=0.5)
    )
    fitted = fit(table)
    for by in ("rater", "prompt"):
        taken = best_of(lambda by=by: exact_bootstrap(table, fitted, by=by))
        yield row(f"1,000 exact bootstraps by {by}, 20 generators, 100k votes", taken, "s")


if __name__ == "__main__":
    show(run())
