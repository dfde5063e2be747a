"""Speed of the models beside Davidson's, at the size of a large study: a page waits for each of them once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from arena.analytics import (
    JointBlock,
    PairwiseData,
    fit,
    rank,
    rank_choices,
    rank_controlled,
    rank_graded,
    rank_joint,
    rank_ratings,
)
from arena.analytics.evidence_path import evidence_path
from arena.analytics.interval_kinds import interval_kinds
from arena.analytics.mixture import rater_mixture
from tests.arena.analytics.builders import simulate
from tests.bench.rows import best_of, row, show

GENERATORS, RATERS, VOTES = 20, 500, 100_000
SCALE = (1, 2, 3, 4, 5)
STRENGTHS = np.linspace(1, -1, GENERATORS)
AIM = "≤ 2"


def pairs() -> pd.DataFrame:
    frame = simulate(strengths=STRENGTHS, raters=RATERS, per_rater=VOTES // RATERS, position=0.2, taste=0.5)
    frame["category"] = np.where(np.arange(len(frame)) % 3, "people", "places")
    frame["sharpness"] = np.random.default_rng(0).normal(size=len(frame))
    return frame


def graded(frame: pd.DataFrame) -> pd.DataFrame:
    """Every second decided vote is a clear one."""
    sign = frame["outcome"].map({"left": 1, "right": -1, "tie": 0, "both_bad": 0}).to_numpy()
    return frame.assign(grade=sign * (1 + np.arange(len(frame)) % 2))


def ratings(seed: int = 0) -> pd.DataFrame:
    """Five points, raters of different severity."""
    rng = np.random.default_rng(seed)
    generator, rater = rng.integers(0, GENERATORS, VOTES), rng.integers(0, RATERS, VOTES)
    latent = STRENGTHS[generator] - rng.normal(0, 0.7, RATERS)[rater] + rng.logistic(size=VOTES)
    return pd.DataFrame(
        {
            "generator": pd.Categorical.from_codes(generator, [f"g{i}" for i in range(GENERATORS)]),
            "rater": pd.Categorical.from_codes(rater, [f"r{i:03d}" for i in range(RATERS)]),
            "rating": 1 + np.digitize(latent, [-2, -0.7, 0.7, 2]),
        }
    )


def ballots(ranked: bool, seed: int = 0, shown: int = 4) -> pd.DataFrame:
    """Four pictures a ballot: the best named, or all ranked."""
    rng = np.random.default_rng(seed)
    n = VOTES // shown
    seen = rng.random((n, GENERATORS)).argsort(axis=1)[:, :shown]
    order = (-(STRENGTHS[seen] + rng.gumbel(size=seen.shape))).argsort(axis=1).argsort(axis=1) + 1
    frame = pd.DataFrame(
        {
            "ballot": np.repeat(np.arange(n), shown),
            "generator": pd.Categorical.from_codes(seen.ravel(), [f"g{i}" for i in range(GENERATORS)]),
            "rater": np.repeat(rng.integers(0, RATERS, n), shown).astype(str),
            "place": np.tile(np.arange(shown), n),
        }
    )
    if ranked:
        return frame.assign(rank=order.ravel().astype(float))
    return frame.assign(answer=np.where(order.ravel() == 1, "best", "shown"))


def run() -> Iterator[dict[str, Any]]:
    votes, rated, chosen = pairs(), ratings(), ballots(ranked=False)
    data = PairwiseData.from_frame(votes)
    fitted = fit(data)
    joint = [
        JointBlock("pairs", "pairwise", votes),
        JointBlock("ratings", "ratings", rated, SCALE),
        JointBlock("best of four", "choices", chosen),
    ]
    size = f"{GENERATORS} generators, {RATERS} raters, {VOTES:,}"
    for name, work in (
        (f"Davidson, with intervals and rank sets: {size} votes", lambda: rank(votes)),
        ("Rao-Kupper, the same", lambda: rank(votes, method="rao_kupper")),
        ("Davidson with Firth’s penalty, the same", lambda: rank(votes, method="firth")),
        ("Elo averaged over random orders, the same", lambda: rank(votes, method="elo_permuted")),
        ("graded answers (cumulative link), the same", lambda: rank_graded(graded(votes))),
        (
            "style control by one statistic, the same",
            lambda: rank_controlled(votes, covariates=["sharpness"]),
        ),
        (f"ratings with severity: {size} ratings", lambda: rank_ratings(rated, scale=SCALE)),
        (f"best of four (Plackett-Luce): {size} pictures", lambda: rank_choices(chosen)),
        (f"rankings of four (Plackett-Luce): {size} pictures", lambda: rank_choices(ballots(ranked=True))),
        (f"joint scale of pairs, ratings and choices: 3 x {VOTES:,}", lambda: rank_joint(joint)),
        (f"e-process, 200 looks at all pairs: {size} votes", lambda: evidence_path(data, every=VOTES // 200)),
        ("mixture of crowd and coin, the same", lambda: rater_mixture(data)),
        ("every kind of interval, the same", lambda: interval_kinds(data, fitted)),
    ):
        yield row(name, best_of(work, 2), "s", AIM)


if __name__ == "__main__":
    show(run())
