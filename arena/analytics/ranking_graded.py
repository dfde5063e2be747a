"""Graded preference and ratings in the shape of a ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .arrays import IntArray
from .blas import one_thread
from .cumulative_link import Ratings, RatingsFit, fit_ratings
from .data import PairwiseData
from .encoding import encode_fixed
from .errors import (
    MissingColumnError,
    NoFiniteMaximumError,
    NoVotesError,
    OneGeneratorError,
)
from .graded import GRADES, fit_graded
from .intervals import index_of
from .paired_links import LinkedFit
from .ranking import rater_notes
from .ranking_numbers import numbers_of
from .ranking_result import RankingResult, RankingRow, Status
from .ranking_rows import Counts, assemble, empty_result
from .result import Undefined
from .strengths import StrengthFit

_WORDS = tuple(GRADES)
_FORGOTTEN = {"much_left": "left", "much_right": "right"}


@one_thread()
def rank_graded(
    votes: pd.DataFrame,
    *,
    position: bool = True,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    anchor: str | None = None,
    generators: tuple[str, ...] | None = None,
) -> RankingResult:
    """Rank generators by graded votes on pairs.

    Parameters
    ----------
    votes : DataFrame
        As for `ranking.rank`, with the outcomes much_left, left (slightly), tie, both_bad, right (slightly)
        and much_right.
    position, confidence, draws, seed, anchor, generators
        As for `ranking.rank`.

    Returns
    -------
    RankingResult
        Wins and losses count all grades alike. See `thresholds` for what the grades mean in logits.

    Raises
    ------
    AnalyticsError
        For wrong input, naming row and field.
    """
    try:
        data, grade = graded_data(votes, generators)
    except NoVotesError as error:
        return empty_result("no_votes", str(error), generators or (), "graded", confidence)
    except OneGeneratorError as error:
        return empty_result("one_generator", str(error), generators or (), "graded", confidence)
    counts = Counts.of(data)
    options = {"confidence": confidence, "draws": draws, "seed": seed, "anchor": anchor}
    return _ranked(
        lambda: fit_graded(data, grade, position=position),
        counts,
        data.generators,
        "graded",
        options,
        rater_notes(data),
    )


def graded_data(
    votes: pd.DataFrame, generators: tuple[str, ...] | None = None
) -> tuple[PairwiseData, IntArray]:
    """Votes with their grades forgotten, and the grades −2 … 2; see `rank_graded` for columns and errors."""
    if "outcome" not in votes.columns:
        raise MissingColumnError(
            "The votes have no column outcome.", mend="Name the columns left, right and outcome."
        )
    if votes.empty:
        raise NoVotesError("There are no votes.", mend="Collect votes, or widen the filter.")
    code = encode_fixed(votes["outcome"], _WORDS, "outcome")
    plain = np.array([_FORGOTTEN.get(word, word) for word in _WORDS], dtype=object)[code]
    data = PairwiseData.from_frame(votes.assign(outcome=plain), generators=generators)
    return data, np.array([GRADES[word] for word in _WORDS], dtype=np.int64)[code]


def thresholds(result: RankingResult) -> pd.DataFrame | Undefined:
    """Thresholds of a graded ranking, or cuts of a rating, in logits with clustered intervals.

    Returns
    -------
    DataFrame
        name, value, low, high (NaN with one rater).
    Undefined
        ``no_thresholds`` for other rankings.
    """
    fit = result.fit
    if not isinstance(fit, StrengthFit) or fit.tie_model not in ("rao_kupper", "latent", "none"):
        return Undefined("no_thresholds", "This ranking has no thresholds.")
    K, size = len(fit.generators), fit.parameters.size
    at = list(range(K + 2, size))
    names = list(fit.names)
    if fit.tie_model != "latent" and fit.tie:
        at, names = [K + 1, *at], ["threshold 1", *names]
    if not at:
        return Undefined("no_thresholds", "This ranking has no thresholds.")
    rows = []
    for place, name in zip(at, names, strict=True):
        value, half = float(fit.parameters[place]), float("nan")
        if result.covariance is not None:
            row = np.eye(1, size, place)[0]
            half = result.covariance.quantile(row, result.confidence) * result.covariance.variance(row) ** 0.5
        rows.append({"name": name, "value": value, "low": value - half, "high": value + half})
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class RatingRanking:
    """A ranking by ratings, and how severe each rater is.

    Attributes
    ----------
    ranking : RankingResult
        ``n`` counts ratings; wins, losses and ties do not apply and are 0.
    severity : DataFrame
        rater, severity (logits, above 0 rates low; shrunk towards 0), n. Empty without rater effects.
    rater_sd : float
        Standard deviation of the severities, logits; 0 without.
    """

    ranking: RankingResult
    severity: pd.DataFrame
    rater_sd: float

    def to_frame(self) -> pd.DataFrame:
        return self.ranking.to_frame()

    def to_dict(self) -> dict[str, Any]:
        return self.ranking.to_dict() | {
            "severity": self.severity.to_dict("records"),
            "rater_sd": self.rater_sd,
        }


@one_thread()
def rank_ratings(
    df: pd.DataFrame,
    *,
    severity: bool = True,
    scale: tuple[int, ...] = (1, 2, 3, 4, 5),
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    anchor: str | None = None,
    generators: tuple[str, ...] | None = None,
) -> RatingRanking:
    """Rank generators by ratings on a scale, with distances between its points left free.

    Parameters
    ----------
    df : DataFrame
        One row per rating of one criterion: ``generator``, ``rating``, optional ``rater``. Rows without a
        rating are missing answers.
    severity : bool
        Give each rater an effect.
    scale : tuple of int
        Allowed ratings.
    confidence, draws, seed, anchor, generators
        As for `ranking.rank`.

    Raises
    ------
    AnalyticsError
        For wrong input, naming row and field.
    """
    try:
        data = Ratings.from_frame(df, scale=scale, generators=generators)
    except (NoVotesError, OneGeneratorError) as error:
        status: Status = "no_votes" if isinstance(error, NoVotesError) else "one_generator"
        empty = empty_result(status, str(error), generators or (), "ratings", confidence)
        return RatingRanking(empty, pd.DataFrame(), 0.0)
    fits: list[RatingsFit] = []

    def fitted() -> LinkedFit:
        fits.append(fit_ratings(data, severity=severity))
        return fits[0].linked

    options = {"confidence": confidence, "draws": draws, "seed": seed, "anchor": anchor}
    result = _ranked(fitted, _counts(data), data.generators, "ratings", options, _notes(data))
    result = replace(result, rows=tuple(_reworded(row) for row in result.rows))
    if not fits or not fits[0].raters:
        return RatingRanking(result, pd.DataFrame(columns=["rater", "severity", "n"]), 0.0)
    n = dict(zip(data.raters, np.bincount(data.rater, minlength=len(data.raters)).tolist(), strict=True))
    frame = pd.DataFrame({"rater": fits[0].raters, "severity": fits[0].severity})
    return RatingRanking(result, frame.assign(n=[n[name] for name in frame["rater"]]), fits[0].rater_sd)


def _ranked(
    fit: Callable[[], LinkedFit],
    counts: Counts,
    generators: tuple[str, ...],
    method: str,
    options: dict[str, Any],
    notes: list[str],
) -> RankingResult:
    """The ranking of a fit, or the reason why there is none."""
    try:
        linked = fit()
    except (NoFiniteMaximumError, NoVotesError) as error:
        level = isinstance(error, NoVotesError) or error.details.get("obstacle") == "all_ties"
        status: Status = "all_ties" if level else "no_finite_maximum"
        return empty_result(status, error.message, generators, method, options["confidence"], counts=counts)
    words = list(linked.fit.diagnosis.words)
    if not linked.fit.converged:
        words.append("The fit did not converge: treat these numbers as provisional.")
    anchor = options["anchor"]
    if anchor is not None and linked.fit.block[index_of(linked.fit, anchor)] < 0:
        words.append(f"{anchor} has no finite strength and cannot be the anchor; the mean is used.")
        options = options | {"anchor": None}
    numbers = numbers_of(linked.fit, linked.scores(), linked.information, **options)
    words += [numbers.silent] if numbers.covariance is None else notes
    return assemble(counts, numbers, method=method, notes=words, **options)


def _counts(data: Ratings) -> Counts:
    K = len(data.generators)
    n = np.bincount(data.generator, minlength=K)
    seen = pd.DataFrame({"g": data.generator, "r": data.rater}).drop_duplicates()
    raters = np.bincount(seen["g"], minlength=K)
    rows = [
        RankingRow(generator=name, n=float(n[i]), raters=int(raters[i]))
        for i, name in enumerate(data.generators)
    ]
    return Counts(rows, float(data.rating.size), int(np.unique(data.rater).size), None, None)


def _notes(data: Ratings) -> list[str]:
    if not data.named:
        return [
            "The ratings name no rater: each counts as a rater of its own, so intervals may be too narrow."
        ]
    raters = int(np.unique(data.rater).size)
    return (
        []
        if raters >= 10
        else [f"Only {raters} raters: intervals lean on few people and may be too wide or too narrow."]
    )


def _reworded(row: RankingRow) -> RankingRow:
    """The notes of votes in the words of ratings."""
    words = {
        "never lost nor tied: no finite strength": "only ever got the highest rating: no finite strength",
        "never won nor tied: no finite strength": "only ever got the lowest rating: no finite strength",
        "no votes connect it with the others": "never rated",
    }
    return replace(row, note=words.get(row.note, row.note))
