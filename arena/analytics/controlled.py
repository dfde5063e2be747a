"""Style control: strengths with what a comparison differs in besides the generators held equal.

The votes' model gets further terms, d = θ_left − θ_right + γ + Σ_c β_c·z_c, with z_c the difference left
minus right of a statistic of the two pictures (sharpness, size, brightness, …) in units of its root mean
square. A generator that wins because its pictures are larger loses that advantage; what remains is its
strength at equal style.

References
----------
Agresti (2002), Categorical Data Analysis, 2nd ed., 10.6 (covariates in paired comparisons); Chiang, Zheng
et al. (2024), Chatbot Arena, arXiv:2403.04132, and its later practice of style control.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import t as student

from .blas import one_thread
from .covariates import Covariates
from .data import PairwiseData
from .errors import NoFiniteMaximumError, NoVotesError, OneGeneratorError, OptionError, require
from .intervals import index_of
from .paired_links import LinkedFit, fit_pairs
from .ranking import rater_notes
from .ranking_numbers import numbers_of
from .ranking_result import RankingResult
from .ranking_rows import Counts, assemble, empty_result
from .result import Estimate
from .scale import POINTS_PER_LOGIT

Ties = Literal["davidson", "rao_kupper"]


@dataclass(frozen=True)
class CovariateEffect:
    """What one unit of a difference does to a vote.

    Attributes
    ----------
    name : str
    part : str
        The category (or other part) that it holds in; empty for all.
    effect : Estimate
        β in logits per unit; above 0: the side with more of it is favoured.
    unit : float
        The unit in the statistic's own terms: the root mean square of the differences.
    p_value : float
        Two-sided, from t clustered by rater; NaN without interval.
    """

    name: str
    part: str
    effect: Estimate
    unit: float
    p_value: float


@dataclass(frozen=True, eq=False)
class ControlledRanking:
    """Two rankings of the same votes, with and without control.

    Attributes
    ----------
    plain, controlled : RankingResult
    effects : tuple of CovariateEffect
    changes : DataFrame
        generator, plain, controlled (points), change with low and high (clustered interval of the change),
        rank_plain, rank_controlled; in the order of ``controlled``. Empty when nothing could be fitted.
    warnings : tuple of str
    """

    plain: RankingResult
    controlled: RankingResult
    effects: tuple[CovariateEffect, ...]
    changes: pd.DataFrame
    warnings: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per generator: both rankings beside each other."""
        return self.changes.copy()

    def effects_frame(self) -> pd.DataFrame:
        """One row per effect."""
        return pd.DataFrame(
            [
                {
                    "name": row.name,
                    "part": row.part,
                    "effect": row.effect.value,
                    "low": row.effect.low,
                    "high": row.effect.high,
                    "unit": row.unit,
                    "p_value": row.p_value,
                    "n": row.effect.n,
                }
                for row in self.effects
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "plain": self.plain.to_dict(),
            "controlled": self.controlled.to_dict(),
            "effects": self.effects_frame().replace({np.nan: None}).to_dict("records"),
            "changes": self.changes.replace({np.nan: None}).to_dict("records"),
            "warnings": list(self.warnings),
        }


@one_thread()
def rank_controlled(
    votes: pd.DataFrame,
    *,
    covariates: Sequence[str],
    by: str | None = None,
    ties: Ties = "davidson",
    position: bool = True,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    anchor: str | None = None,
    generators: tuple[str, ...] | None = None,
    confounded: Literal["refuse", "drop"] = "refuse",
) -> ControlledRanking:
    """Rank generators with and without holding differences between the pictures equal.

    Parameters
    ----------
    votes : DataFrame
        As for `ranking.rank`, with for each covariate ``c`` either a column ``c`` (left minus right) or both
        ``left_c`` and ``right_c``.
    covariates : sequence of str
    by : str, optional
        A column (category, panel, …): each effect is then estimated for each of its values.
    ties : {"davidson", "rao_kupper"}
    position, confidence, draws, seed, anchor, generators
        As for `ranking.rank`.
    confounded : {"refuse", "drop"}
        What to do with a covariate that is a property of the generators, or follows from those before it:
        answer nothing, or leave it out and say so.

    Returns
    -------
    ControlledRanking
        Always for well-formed votes; what cannot be estimated is explained in ``warnings``.

    Raises
    ------
    AnalyticsError
        Wrong votes, a missing column or value, or a covariate that never differs, naming row and field.
    """
    require(ties, ("davidson", "rao_kupper"), "ties")
    require(confounded, ("refuse", "drop"), "confounded")
    if not covariates:
        raise OptionError("No covariate is named.", mend="Name at least one column to control for.")
    try:
        data = PairwiseData.from_frame(votes, generators=generators)
    except (NoVotesError, OneGeneratorError) as error:
        return _nothing(error.code, str(error), generators or (), confidence)
    style = Covariates.of(votes, data, tuple(covariates), by)
    notes: list[str] = []
    options = {"confidence": confidence, "draws": draws, "seed": seed, "anchor": anchor}
    try:
        plain = fit_pairs(data, ties=ties, position=position)
        if confounded == "drop":
            style, notes = _separable(style, data)
        else:
            style.refuse_confounded(data)
        controlled = fit_pairs(
            data, ties=ties, position=position, covariates=style.values, names=style.labels
        )
    except NoFiniteMaximumError as error:
        status = "all_ties" if error.details.get("obstacle") == "all_ties" else "no_finite_maximum"
        return _nothing(status, error.message, data.generators, confidence, data=data)
    if anchor is not None and plain.fit.block[index_of(plain.fit, anchor)] < 0:
        notes.append(f"{anchor} has no finite strength and cannot be the anchor; the mean is used.")
        options["anchor"] = None
    results = [
        _ranked(data, linked, f"{ties}{tag}", options)
        for linked, tag in ((plain, ""), (controlled, "+style"))
    ]
    return ControlledRanking(
        plain=results[0],
        controlled=results[1],
        effects=_effects(style, controlled, results[1]),
        changes=_changes(plain, controlled, results, confidence),
        warnings=(*results[1].warnings, *notes, *style.words(data)),
    )


def _separable(style: Covariates, data: PairwiseData) -> tuple[Covariates, list[str]]:
    kept, dropped = style.separable(data)
    if not kept.names:
        style.refuse_confounded(data)
    words = (
        f"{', '.join(dropped)} cannot be told from the generators' strengths or from the other differences, "
        "and is left out."
    )
    return kept, [words] if dropped else []


def _ranked(data: PairwiseData, linked: LinkedFit, method: str, options: dict[str, Any]) -> RankingResult:
    notes = list(linked.fit.diagnosis.words)
    if not linked.fit.converged:
        notes.append("The fit did not converge: treat these numbers as provisional.")
    numbers = numbers_of(linked.fit, linked.scores(), linked.information, **options)
    notes += [numbers.silent] if numbers.covariance is None else rater_notes(data)
    return assemble(Counts.of(data), numbers, method=method, notes=notes, **options)


def _effects(style: Covariates, linked: LinkedFit, result: RankingResult) -> tuple[CovariateEffect, ...]:
    fit, covariance = linked.fit, result.covariance
    first = fit.parameters.size - len(style.names)
    out = []
    for c, value in enumerate(fit.parameters[first:]):
        row = np.zeros(fit.parameters.size)
        row[first + c] = 1
        low = high = p_value = float("nan")
        note = "one rater: no interval"
        if covariance is not None:
            se = float(np.sqrt(covariance.variance(row)))
            half = covariance.quantile(row, result.confidence) * se
            low, high, note = float(value) - half, float(value) + half, ""
            df = covariance.degrees_of_freedom(row)
            p_value = float(2 * student.sf(abs(float(value)) / se, df)) if se > 0 else float("nan")
        estimate = Estimate(float(value), low, high, result.confidence, fit.n, result.interval_method, note)
        out.append(CovariateEffect(style.names[c], style.parts[c], estimate, style.units[c], p_value))
    return tuple(out)


def _changes(
    plain: LinkedFit, controlled: LinkedFit, results: list[RankingResult], confidence: float
) -> pd.DataFrame:
    """Points with and without control; the interval of the change from both fits' influence of each rater."""
    K = len(plain.fit.generators)
    moved = [linked.scores().scores @ linked.fit.covariance[:, :K] for linked in (plain, controlled)]
    anchor = results[0].anchor
    if anchor is not None:
        a = plain.fit.generators.index(anchor)
        moved = [part - part[:, [a]] for part in moved]
    R = moved[0].shape[0]
    se = (
        np.sqrt(((moved[1] - moved[0]) ** 2).sum(axis=0) * R / max(R - 1, 1)) if R > 1 else np.full(K, np.nan)
    )
    half = float(student.ppf((1 + confidence) / 2, max(R - 1, 1))) * POINTS_PER_LOGIT * se
    place = {name: i for i, name in enumerate(plain.fit.generators)}
    before = {row.generator: row for row in results[0].rows}
    rows = []
    for row in results[1].rows:
        old = before[row.generator]
        known = row.points is not None and old.points is not None
        change = row.points - old.points if row.points is not None and old.points is not None else np.nan
        margin = half[place[row.generator]] if known else np.nan
        rows.append(
            {
                "generator": row.generator,
                "plain": old.points,
                "controlled": row.points,
                "change": change,
                "low": change - margin,
                "high": change + margin,
                "rank_plain": old.rank,
                "rank_controlled": row.rank,
            }
        )
    return pd.DataFrame(rows)


def _nothing(
    status: Any,
    reason: str,
    generators: tuple[str, ...],
    confidence: float,
    *,
    data: PairwiseData | None = None,
) -> ControlledRanking:
    empty = empty_result(status, reason, generators, "style control", confidence, data=data)
    return ControlledRanking(empty, empty, (), pd.DataFrame(), (reason,))
