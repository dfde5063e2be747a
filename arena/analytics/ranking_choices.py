"""Best-of-N answers and rankings in the shape of a ranking."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import f as fisher_f

from .choice_data import ChoiceData
from .errors import NoVotesError, OneGeneratorError
from .intervals import index_of
from .plackett_luce import choice_information, choice_scores, fit_choices
from .ranking_numbers import ONE_RATER, numbers_of
from .ranking_result import RankingResult, RankingRow
from .ranking_rows import Counts, assemble, empty_result
from .result import Undefined
from .strengths import StrengthFit

_METHOD = "plackett_luce"


def rank_choices(
    ballots: pd.DataFrame | ChoiceData,
    *,
    places: bool = True,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    anchor: str | None = None,
    generators: tuple[str, ...] | None = None,
) -> RankingResult:
    """Rank generators by best-of-N answers (best, or best and worst) or by rankings, full or partial.

    Parameters
    ----------
    ballots : DataFrame or ChoiceData
        One row per shown picture: ``ballot``, ``generator``, and ``rank`` or ``answer``; optional ``rater``,
        ``place``, ``weight``. See `ChoiceData.from_frame`.
    places : bool
        Estimate the effect of the place at which a picture was shown, where the column is there.
    confidence, draws, seed, anchor, generators
        As for `ranking.rank`.

    Returns
    -------
    RankingResult
        The rows of `ranking.rank`, where ``n`` counts the ballots on which the generator was shown, ``wins``
        those on which it came first alone, ``ties`` first with others, ``losses`` last alone, and
        ``both_bad`` those that chose nothing; ``win_rate`` = wins / n. ``n_votes`` counts ballots,
        ``both_bad_rate`` is the share of ballots that chose nothing. There is no ``position``; see
        `place_effects`. A win probability is that of the best of two.

    Raises
    ------
    AnalyticsError
        For wrong input, naming row and field.
    """
    try:
        data = _data(ballots, generators)
    except NoVotesError as error:
        return empty_result("no_votes", str(error), generators or (), _METHOD, confidence)
    except OneGeneratorError as error:
        return empty_result("one_generator", str(error), generators or (), _METHOD, confidence)
    counts = _counts(data)
    try:
        fitted = fit_choices(data, places=places)
    except NoVotesError as error:
        return empty_result("all_ties", error.message, data.generators, _METHOD, confidence, counts=counts)
    notes = _notes(fitted, data, places=places)
    if anchor is not None and fitted.block[index_of(fitted, anchor)] < 0:
        notes.append(f"{anchor} has no finite strength and cannot be the anchor; the mean is used.")
        anchor = None
    numbers = numbers_of(
        fitted,
        choice_scores(fitted, data),
        lambda: choice_information(fitted, data),
        confidence=confidence,
        draws=draws,
        seed=seed,
        anchor=anchor,
    )
    if numbers.covariance is None:
        notes.append(numbers.silent)
    return assemble(
        counts,
        numbers,
        method=_METHOD,
        anchor=anchor,
        confidence=confidence,
        draws=draws,
        seed=seed,
        notes=notes,
    )


def place_effects(result: RankingResult) -> pd.DataFrame | Undefined:
    """Effect of each place in logits (mean 0) with its interval, and how often it wins among equals.

    Parameters
    ----------
    result : RankingResult
        From `rank_choices`.

    Returns
    -------
    DataFrame
        place, effect, se, low, high, share (chance to be chosen as the best of equally good pictures at
        all places), p_value (of the Wald test that all places are alike, the same on every row).
    Undefined
        ``no_places`` or ``one_rater``.
    """
    fit = result.fit
    if not isinstance(fit, StrengthFit) or not fit.extra.size:
        return Undefined("no_places", "The effect of the place on the page was not estimated.")
    if result.covariance is None:
        return Undefined("one_rater", ONE_RATER)
    K, N = len(fit.generators), fit.extra.size
    matrix = result.covariance.matrix
    rows = np.eye(N, matrix.shape[0], K + 2)
    se = np.sqrt([result.covariance.variance(row) for row in rows])
    half = se * [result.covariance.quantile(row, result.confidence) for row in rows]
    V = matrix[K + 2 :, K + 2 :]
    wald = float(fit.extra @ np.linalg.pinv(V, hermitian=True) @ fit.extra)
    share = np.exp(fit.extra - fit.extra.max())
    return pd.DataFrame(
        {
            "place": [name.removeprefix("place ") for name in fit.names],
            "effect": fit.extra,
            "se": se,
            "low": fit.extra - half,
            "high": fit.extra + half,
            "share": share / share.sum(),
            "p_value": wald_p_value(wald, N - 1, result.covariance.clusters),
        }
    )


def wald_p_value(wald: float, rank: int, clusters: int) -> float:
    """Chance of a larger Wald statistic of ``rank`` restrictions, by Hotelling's T² with R − 1 degrees.

    T²·(R − q)/(q(R − 1)) follows F(q, R − q); NaN with q or fewer clusters.
    """
    if clusters <= rank:
        return float("nan")
    return float(fisher_f.sf(wald * (clusters - rank) / (rank * (clusters - 1)), rank, clusters - rank))


def _data(ballots: pd.DataFrame | ChoiceData, generators: tuple[str, ...] | None) -> ChoiceData:
    if isinstance(ballots, ChoiceData):
        return ballots
    return ChoiceData.from_frame(ballots, generators=generators)


def _counts(data: ChoiceData) -> Counts:
    rows = []
    for record in data.tallies.to_dict("records"):
        n, wins = float(record["shown"]), float(record["best"])
        rows.append(
            RankingRow(
                generator=str(record["generator"]),
                wins=wins,
                losses=float(record["worst"]),
                ties=float(record["level"]),
                both_bad=float(record["none"]),
                n=n,
                win_rate=wins / n if n else None,
                raters=int(record["raters"]),
            )
        )
    empty = data.empty_ballots / data.ballots if data.ballots else None
    return Counts(rows, data.ballots, data.n_raters, None, empty)


def _notes(fitted: StrengthFit, data: ChoiceData, *, places: bool) -> list[str]:
    notes = list(fitted.diagnosis.words)
    if not fitted.converged:
        notes.append("The fit did not converge: treat these numbers as provisional.")
    if places and len(data.places) > 1 and not fitted.extra.size:
        notes.append("The effect of the place on the page cannot be told from strength; it is left out.")
    if not data.raters:
        notes.append(
            "The ballots name no rater: each counts as a rater of its own, so intervals may be too narrow."
        )
    elif 2 <= data.n_raters < 10:
        notes.append(
            f"Only {data.n_raters} raters: intervals lean on few people and may be too wide or too narrow."
        )
    return notes
