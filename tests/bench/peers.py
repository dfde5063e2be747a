"""The same work by other packages, where they are installed; the project needs none of them.

They do less: ties are half wins or are left out, no position effect, no intervals that know raters.
FastChat's functions are those of its repository (`fastchat.serve.monitor.rating_systems`), newer than its
release.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from arena.analytics import PairwiseData
from tests.bench.rows import best_of, row

Row = dict[str, Any]


def found(module: str, package: str = "") -> tuple[ModuleType, str] | None:
    """The module with its name and version, if it can be imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loaded = importlib.import_module(module)
        except ImportError:
            return None
    try:
        return loaded, f"{package or module} {version(package or module)}"
    except PackageNotFoundError:
        return loaded, package or module


def beside(label: str, work: str, value: float) -> Row:
    return row(f"    {label}: {work}", value, "s")


def fits(coded: pd.DataFrame) -> Iterator[Row]:
    """One fit of a million votes."""
    if peer := found("evalica"):
        votes = _as_evalica(peer[0], coded)
        yield beside(peer[1], "Bradley-Terry", best_of(lambda: peer[0].bradley_terry(*votes), 2))
    battles = _as_battles(coded)
    if peer := found("fastchat.serve.monitor.rating_systems", "fschat"):
        yield beside(peer[1], "Bradley-Terry", best_of(lambda: peer[0].compute_bt(battles), 2))
    if peer := found("arena_rank.models.bradley_terry", "arena-rank"):
        data = importlib.import_module("arena_rank.utils.data_utils")

        def fit_with_intervals() -> None:
            pairs = data.PairDataset.from_pandas(battles)
            peer[0].BradleyTerry(n_competitors=len(pairs.competitors)).compute_ratings_and_cis(pairs)

        yield beside(peer[1], "Bradley-Terry, vote-level intervals", best_of(fit_with_intervals, 2))
    if peer := found("crowdkit.aggregation", "crowd-kit"):
        decided = coded[coded["outcome"] != "tie"].astype(str)
        label = np.where(decided["outcome"] == "left", decided["left"], decided["right"])
        frame = decided.assign(label=label, worker=decided["rater"])
        bradley_terry = peer[0].BradleyTerry(n_iter=100)
        yield beside(peer[1], "Bradley-Terry of decided votes", best_of(lambda: bradley_terry.fit(frame), 1))
    if peer := found("choix"):

        def from_counts() -> None:
            data = PairwiseData.from_frame(coded)
            cells, K = data.cells, data.n_generators
            wins = np.zeros((K, K))
            np.add.at(wins, (cells.left, cells.right), cells.counts[:, 0])
            np.add.at(wins, (cells.right, cells.left), cells.counts[:, 1])
            peer[0].ilsr_pairwise_dense(wins)

        yield beside(peer[1], "I-LSR on our counts of decided votes", best_of(from_counts, 1))


def bootstraps(coded: pd.DataFrame, draws: int = 1000) -> Iterator[Row]:
    """A thousand bootstraps of votes, from a few where a thousand would take minutes."""
    if peer := found("evalica"):
        votes = _as_evalica(peer[0], coded)
        one = best_of(lambda: peer[0].bradley_terry(*votes), 1)
        yield beside(peer[1], f"{draws:,} x its one fit", one * draws)
    if peer := found("fastchat.serve.monitor.rating_systems", "fschat"):
        battles, few = _as_battles(coded), 40

        def some() -> None:
            with contextlib.redirect_stderr(io.StringIO()):
                peer[0].compute_bootstrap_bt(battles, few, num_cpu=2)

        yield beside(peer[1], f"{few} bootstraps x {draws // few}", best_of(some, 1) * draws / few)


def alphas(frame: pd.DataFrame, draws: int = 1000) -> Iterator[Row]:
    """α with a thousand bootstraps of items; `frame` has item and rating, three to an item."""
    wide = frame["rating"].to_numpy().reshape(-1, 3).T.astype(float)
    if peer := found("krippendorff"):

        def one() -> None:
            peer[0].alpha(reliability_data=wide, level_of_measurement="nominal")

        yield beside(peer[1], f"one α x {draws:,}, as in a loop", best_of(one, 2) * draws)
    if peer := found("evalica"):
        data = pd.DataFrame(wide)

        def drawn() -> None:
            peer[0].alpha_bootstrap(data, n_resamples=draws, random_state=0)

        yield beside(peer[1], f"α + {draws:,} bootstraps", best_of(drawn, 1))


def _as_evalica(evalica: ModuleType, coded: pd.DataFrame) -> tuple[list[str], list[str], list[Any]]:
    winner = {"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    return (
        coded["left"].astype(str).tolist(),
        coded["right"].astype(str).tolist(),
        [winner[said] for said in coded["outcome"].astype(str)],
    )


def _as_battles(coded: pd.DataFrame) -> pd.DataFrame:
    winner = {"left": "model_a", "right": "model_b", "tie": "tie"}
    return pd.DataFrame(
        {
            "model_a": coded["left"].astype(str),
            "model_b": coded["right"].astype(str),
            "winner": coded["outcome"].astype(str).map(winner),
        }
    )
