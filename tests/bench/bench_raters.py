"""Bad raters caught, honest ones spared, false stops, and what the exact bootstraps take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from arena.analytics import PairwiseData, fit
from arena.analytics.evidence_path import evidence_path
from arena.analytics.exact_bootstrap import exact_bootstrap
from arena.analytics.mixture import rater_mixture
from arena.analytics.rater_rules import DEFAULT_RULES, evaluate
from arena.analytics.raters import rater_table
from tests.arena.analytics.builders import simulate
from tests.arena.analytics.crowd import Crowd, simulate_crowd

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


def false_stops(strengths: tuple[float, ...], **options: Any) -> int:
    """Null studies of a thousand in which any pair is ever called decided, with a look every 20 votes."""
    stops = 0
    for seed in range(1000):
        frame = simulate(strengths=strengths, taste=0.7, position=0.5, seed=seed, **options)
        mixed = frame.sample(frac=1, random_state=seed, ignore_index=True)
        stops += evidence_path(PairwiseData.from_frame(mixed), every=20).any_decided
    return stops


def best_of(action: Callable[[], Any], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return min(taken)


def run() -> list[dict[str, Any]]:
    """Rows of name, value, unit, target."""
    rows: list[dict[str, Any]] = []

    def row(name: str, value: float, unit: str, target: str) -> None:
        rows.append({"name": name, "value": value, "unit": unit, "target": target})

    aims = {"honest": "≤ 0.05", "random": "≥ 0.9", "always_left": "≥ 0.9", "fast": "–", "colluding": "–"}
    for words, setting in (
        ("5 raters a comparison", {}),
        ("3 raters a comparison", {"overlap": 3}),
        ("coin flippers", {"random_ties": False}),
        ("one in four bad", {"random": 15, "always_left": 10}),
    ):
        for kind, share in caught(**setting).items():
            row(f"default rules exclude {kind.replace('_', ' ')} raters: {words}", share, "share", aims[kind])
    row(
        "false stops, one pair, 1,000 null studies",
        false_stops((0, 0), raters=300, per_rater=4),
        "studies",
        "≤ 50",
    )
    row(
        "false stops, six pairs, 1,000 null studies",
        false_stops((0, 0, 0, 0), raters=60, per_rater=20),
        "studies",
        "≤ 50",
    )
    table = PairwiseData.from_frame(
        simulate(strengths=np.linspace(1, -1, 20), raters=200, per_rater=500, taste=0.5)
    )
    fitted = fit(table)
    for by, aim in (("vote", "≤ 0.1"), ("rater", "–"), ("prompt", "–")):
        taken = best_of(lambda by=by: exact_bootstrap(table, fitted, by=by))
        row(f"1,000 exact bootstraps by {by}, 20 generators, 100k votes", taken, "s", aim)
    row("mixture of crowd and coin, 100k votes", best_of(lambda: rater_mixture(table), 1), "s", "–")
    return rows
