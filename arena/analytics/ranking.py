"""The one entry point for rankings: from labelled votes to rows fit for a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from .arrays import FloatArray
from .blas import one_thread
from .choix_fit import bradley_terry
from .data import PairwiseData
from .davidson import DavidsonFit, Ties, fit
from .errors import NoFiniteMaximumError, NoVotesError, OneGeneratorError, require
from .intervals import index_of
from .paired_links import fit_pairs
from .ranking_elo import rank_by_elo
from .ranking_numbers import numbers_of
from .ranking_result import RankingResult, Status
from .ranking_rows import Counts, assemble, empty_result
from .scores import ClusterScores, cluster_information, cluster_scores
from .strengths import Strengths

Method = Literal["davidson", "rao_kupper", "half_win", "firth", "bradley_terry", "elo", "elo_permuted"]
METHODS: tuple[str, ...] = (
    "davidson",
    "rao_kupper",
    "half_win",
    "firth",
    "bradley_terry",
    "elo",
    "elo_permuted",
)


def rank(
    votes: pd.DataFrame | PairwiseData,
    *,
    method: Method = "davidson",
    position: bool = True,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    anchor: str | None = None,
    generators: tuple[str, ...] | None = None,
) -> RankingResult:
    """Rank generators by pairwise votes, with all that a reader needs to judge the ranking.

    Parameters
    ----------
    votes : DataFrame or PairwiseData
        See `PairwiseData.from_frame` for the columns.
    method : {"davidson", "rao_kupper", "half_win", "firth", "bradley_terry", "elo", "elo_permuted"}
        ``davidson``: ties have a parameter of their own. ``rao_kupper``: so they have, but as a threshold: a
        vote is a tie when the two are too close to tell. ``half_win``: a tie is half a win each way.
        ``firth``: Davidson with Firth's penalty, finite even for undefeated generators.
        ``bradley_terry``: the plain estimate of choix, ties as half wins, no position effect.
        ``elo``: sequential Elo in the order of rows; no interval, as order is part of the number.
        ``elo_permuted``: averaged over random orders, with what order alone does in each row's note.
    position : bool
        Estimate an effect of the side shown.
    confidence : float
        Nominal coverage of intervals and of the simultaneous rank ranges.
    draws, seed : int
        Bootstrap draws for rank ranges and the probability of being best.
    anchor : str, optional
        Generator at exactly 1000 points; by default the mean of all is at 1000.
    generators : tuple of str, optional
        All generators, also those without votes (only with a DataFrame).

    Returns
    -------
    RankingResult
        Always: what cannot be estimated is absent from the rows and explained in ``warnings``.

    Raises
    ------
    AnalyticsError
        For wrong input (unknown label, self-pair, bad weight, missing column), naming row and field.
    """
    require(method, METHODS, "method")
    try:
        data = _data(votes, generators)
    except NoVotesError as error:
        return empty_result("no_votes", str(error), generators or (), method, confidence)
    except OneGeneratorError as error:
        return empty_result("one_generator", str(error), generators or (), method, confidence)
    if method in ("elo", "elo_permuted"):
        averaged = method == "elo_permuted"
        return rank_by_elo(data, confidence=confidence, anchor=anchor, averaged=averaged, seed=seed)
    return _rank_by_likelihood(
        data,
        method=method,
        position=position,
        confidence=confidence,
        draws=draws,
        seed=seed,
        anchor=anchor,
    )


def rank_by(votes: pd.DataFrame, column: str, **options: Any) -> dict[str, RankingResult]:
    """One ranking per value of ``column`` (category, panel, criterion, …), keyed by the value as text.

    Each is fitted on its own votes alone, so points of different values share no scale.
    """
    groups = votes.groupby(column, observed=True, sort=True)
    return {str(value): rank(part, **options) for value, part in groups}


def _data(votes: pd.DataFrame | PairwiseData, generators: tuple[str, ...] | None) -> PairwiseData:
    if isinstance(votes, PairwiseData):
        return votes
    return PairwiseData.from_frame(votes, generators=generators)


@one_thread()
def _rank_by_likelihood(
    data: PairwiseData,
    *,
    method: Method,
    position: bool,
    confidence: float,
    draws: int,
    seed: int,
    anchor: str | None,
) -> RankingResult:
    try:
        ready = _fit(data, method, position)
    except NoFiniteMaximumError as error:
        status: Status = "all_ties" if error.details.get("obstacle") == "all_ties" else "no_finite_maximum"
        return empty_result(status, error.message, data.generators, method, confidence, data=data)
    fitted, notes = ready.fit, ready.notes
    if anchor is not None and fitted.block[index_of(fitted, anchor)] < 0:
        notes.append(f"{anchor} has no finite strength and cannot be the anchor; the mean is used.")
        anchor = None
    numbers = numbers_of(
        fitted,
        ready.scores,
        ready.information,
        confidence=confidence,
        draws=draws,
        seed=seed,
        anchor=anchor,
    )
    notes += [numbers.silent] if numbers.covariance is None else rater_notes(data) if draws > 0 else []
    return assemble(
        Counts.of(data),
        numbers,
        method=method,
        anchor=anchor,
        confidence=confidence,
        draws=draws,
        seed=seed,
        notes=notes,
    )


@dataclass(frozen=True, eq=False)
class _Ready:
    """A fit with what its intervals need, and words."""

    fit: Strengths
    scores: ClusterScores
    information: Callable[[], FloatArray]
    notes: list[str]

    @classmethod
    def of(cls, fitted: DavidsonFit, data: PairwiseData, notes: list[str]) -> _Ready:
        return cls(fitted, cluster_scores(fitted, data), lambda: cluster_information(fitted, data), notes)


def _fit(data: PairwiseData, method: Method, position: bool) -> _Ready:
    """The model asked for, or the nearest one with a finite maximum, and words about the difference."""
    if method == "bradley_terry":
        return _Ready.of(bradley_terry(data), data, [])
    ties: Ties = "half" if method == "half_win" else "davidson"
    try:
        return _as_asked(data, method, position, ties)
    except NoFiniteMaximumError as error:
        obstacle = error.details.get("obstacle")
        if obstacle not in ("position", "ties", "both"):
            raise
        plain = position and obstacle == "ties"
        halved: Ties = "half" if obstacle in ("ties", "both") else ties
        notes = [str(error.message)]
        if position and not plain:
            notes.append("The ranking shown leaves the position effect out.")
        if halved != ties:
            notes.append("The ranking shown counts a tie as half a win each way.")
        ready = _as_asked(data, "half_win" if halved == "half" else method, plain, halved)
        return replace(ready, notes=notes)


def _as_asked(data: PairwiseData, method: Method, position: bool, ties: Ties) -> _Ready:
    if method == "rao_kupper":
        linked = fit_pairs(data, position=position)
        notes = [*linked.fit.diagnosis.words]
        ready = _Ready(linked.fit, linked.scores(), linked.information, notes)
    else:
        fitted = fit(data, position=position, ties=ties, firth=method == "firth")
        notes = list(fitted.diagnosis.words) if not fitted.firth else _connection_words(fitted)
        ready = _Ready.of(fitted, data, notes)
    if not ready.fit.converged:
        ready.notes.append("The fit did not converge: treat these numbers as provisional.")
    return ready


def _connection_words(fitted: DavidsonFit) -> list[str]:
    """Under Firth's penalty only missing connection remains an obstacle."""
    diagnosis = fitted.diagnosis
    notes = [] if diagnosis.connected else [diagnosis.words[0]]
    if not diagnosis.finite_maximum:
        notes.append(
            "Some votes all went one way; the finite strengths shown there come from Firth's penalty, "
            "and their intervals are wide for that reason."
        )
    return notes


def rater_notes(data: PairwiseData) -> list[str]:
    """Words about few raters, or few who gave most of the votes."""
    if not data.has_raters:
        return ["The votes name no rater: each counts as a rater of its own, so intervals may be too narrow."]
    votes = data.votes_per_rater
    effective = float(votes.sum() ** 2 / np.square(votes).sum())
    raters = int(np.count_nonzero(votes))
    if raters >= 10 and effective < 10:
        return [
            f"A few raters gave most of the votes: {raters} raters weigh like {effective:.1f} "
            "equally busy ones."
        ]
    return (
        []
        if raters >= 10
        else [f"Only {raters} raters: intervals lean on few people and may be too wide or too narrow."]
    )
