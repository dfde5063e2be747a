"""From fitted arrays to the rows of a ranking."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from .arrays import FloatArray
from .data import BOTH_BAD, TIE, PairwiseData
from .intervals import Covariance, GeneratorIntervals, position_interval
from .ranking_result import RankingResult, RankingRow, Status
from .ranks import RankSets
from .result import Estimate
from .scale import BASE_POINTS, POINTS_PER_LOGIT
from .strengths import Strengths


@dataclass(frozen=True, eq=False)
class Numbers:
    """All arrays that go into the rows; `silent` says why there are no intervals, if there are none."""

    fit: Strengths
    covariance: Covariance | None
    vote_level: Covariance
    intervals: GeneratorIntervals | None
    vote_intervals: GeneratorIntervals
    ranks: RankSets | None
    best: FloatArray | None
    design_effect: FloatArray | None
    silent: str = ""


@dataclass(frozen=True, eq=False)
class Counts:
    """What is counted, whatever is fitted: rows in the order of the generators, and rates."""

    rows: list[RankingRow]
    n_votes: float
    n_raters: int
    tie_rate: float | None
    both_bad_rate: float | None

    @classmethod
    def of(cls, data: PairwiseData) -> Counts:
        tie_rate, both_bad_rate = vote_rates(data)
        return cls(counted_rows(data), data.n_votes, data.n_raters, tie_rate, both_bad_rate)


def number(value: float) -> float | None:
    """A float, or ``None`` for what is not finite."""
    return float(value) if math.isfinite(value) else None


def _points(value: float) -> float | None:
    return number(BASE_POINTS + POINTS_PER_LOGIT * value)


def empty_result(
    status: Status,
    reason: str,
    generators: tuple[str, ...],
    method: str,
    confidence: float,
    *,
    data: PairwiseData | None = None,
    counts: Counts | None = None,
) -> RankingResult:
    """A ranking without strengths: counts where there are any, and the reason."""
    if data is not None:
        counts = Counts.of(data)
    if counts is None:
        counts = Counts([RankingRow(generator=name) for name in generators], 0.0, 0, None, None)
    return RankingResult(
        status=status,
        rows=tuple(counts.rows),
        method=method,
        interval_method="none",
        confidence=confidence,
        n_votes=counts.n_votes,
        n_raters=counts.n_raters,
        position=None,
        left_share=None,
        tie_rate=counts.tie_rate,
        both_bad_rate=counts.both_bad_rate,
        warnings=(reason,),
        components=(),
        anchor=None,
        draws=0,
        seed=0,
    )


def counted_rows(data: PairwiseData) -> list[RankingRow]:
    """Rows with counts only, in the order of ``data.generators``."""
    tallies, raters = data.tallies(), data.raters_per_generator()
    rows = []
    for i, record in enumerate(tallies.to_dict("records")):
        wins, losses, ties, both_bad, n = (
            float(record[name]) for name in ("wins", "losses", "ties", "both_bad", "n")
        )
        rows.append(
            RankingRow(
                generator=str(record["generator"]),
                wins=wins,
                losses=losses,
                ties=ties,
                both_bad=both_bad,
                n=n,
                raters=int(raters[i]),
                win_rate=(wins + (ties + both_bad) / 2) / n if n else None,
            )
        )
    return rows


def vote_rates(data: PairwiseData) -> tuple[float, float]:
    """Share of ties and of both-bad votes."""
    total = data.cells.counts.sum(axis=0)
    return float(total[TIE] / data.n_votes), float(total[BOTH_BAD] / data.n_votes)


def assemble(
    counts: Counts,
    numbers: Numbers,
    *,
    method: str,
    anchor: str | None,
    confidence: float,
    draws: int,
    seed: int,
    notes: list[str],
) -> RankingResult:
    """Put counts, strengths, intervals and ranks together."""
    fitted, diagnosis = numbers.fit, numbers.fit.diagnosis
    order = _order(fitted)
    rows = _rows(counts, numbers, order)
    ranks, covariance = numbers.ranks, numbers.covariance
    position = None
    if fitted.has_position:
        source = covariance if covariance is not None else numbers.vote_level
        position = position_interval(fitted, source, confidence=confidence)
        if covariance is None:
            position = replace(position, low=math.nan, high=math.nan, note="no interval: see the warnings")
    groups: tuple[tuple[str, ...], ...] = ()
    if ranks is not None:
        groups = tuple(tuple(fitted.generators[i] for i in run) for run in ranks.groups)
    interval_words = "none" if covariance is None else covariance.method
    return RankingResult(
        status=_status(fitted, covariance),
        rows=tuple(rows),
        method=f"{method}: {fitted.method}",
        interval_method=interval_words,
        confidence=confidence,
        n_votes=counts.n_votes,
        n_raters=counts.n_raters,
        position=position,
        left_share=_left_share(position),
        tie_rate=counts.tie_rate,
        both_bad_rate=counts.both_bad_rate,
        warnings=tuple(notes),
        components=diagnosis.components,
        anchor=anchor,
        draws=draws if ranks is not None else 0,
        seed=seed,
        critical=None if ranks is None else number(ranks.critical),
        groups=groups,
        fit=fitted,
        covariance=covariance,
    )


def _status(fitted: Strengths, covariance: Covariance | None) -> Status:
    if not fitted.diagnosis.connected:
        return "disconnected"
    if not fitted.finite_maximum:
        return "no_finite_maximum"
    if covariance is None:
        return "too_few_raters"
    return "ok" if fitted.converged else "not_converged"


def _left_share(position: Estimate | None) -> Estimate | None:
    if position is None:
        return None
    value, low, high = (float(expit(x)) for x in (position.value, position.low, position.high))
    return replace(position, value=value, low=low, high=high)


def _order(fitted: Strengths) -> list[int]:
    """Generators by component, then group (strongest first), then strength, then name."""
    diagnosis = fitted.diagnosis
    scale = diagnosis.component_of if fitted.firth else diagnosis.group_of
    theta = np.nan_to_num(fitted.theta, nan=0.0)
    keys = (np.arange(theta.size), -theta, scale, diagnosis.component_of)
    return [int(i) for i in np.lexsort(keys)]


def _rows(counts: Counts, numbers: Numbers, order: list[int]) -> list[RankingRow]:
    component = numbers.fit.diagnosis.component_of
    place: dict[int, int] = {}
    rows = []
    for i in order:
        c = int(component[i])
        place[c] = place.get(c, 0) + 1
        rows.append(_row(i, counts.rows[i], numbers, place[c]))
    return rows


def _row(i: int, counted: RankingRow, numbers: Numbers, place: int) -> RankingRow:
    fitted, component = numbers.fit, numbers.fit.diagnosis.component_of
    size = int((component == component[i]).sum())
    base = replace(counted, component=int(component[i]), scale=int(fitted.block[i]))
    if fitted.block[i] < 0:
        return replace(base, note=_why(fitted, i, size))
    elsewhere = size - int((fitted.block == fitted.block[i]).sum())
    votes, clustered, ranks = numbers.vote_intervals, numbers.intervals, numbers.ranks
    row = replace(
        base,
        points=_points(votes.estimate[i]),
        vote_low=_points(votes.low[i]),
        vote_high=_points(votes.high[i]),
        rank=place,
    )
    if clustered is not None and numbers.design_effect is not None:
        row = replace(
            row,
            low=_points(clustered.low[i]),
            high=_points(clustered.high[i]),
            se=number(POINTS_PER_LOGIT * clustered.se[i]),
            design_effect=number(numbers.design_effect[i]),
        )
    if ranks is None or numbers.best is None:
        return row
    member = ranks.memberships()[i]
    return replace(
        row,
        # Generators of the same component without a common scale may truly stand anywhere.
        rank_low=int(ranks.low[i]),
        rank_high=int(ranks.high[i]) + elsewhere,
        group=member[0] if member else None,
        groups=member,
        prob_best=number(numbers.best[i]) if elsewhere == 0 else None,
    )


def _why(fitted: Strengths, i: int, size: int) -> str:
    name, diagnosis = fitted.generators[i], fitted.diagnosis
    if size == 1:
        return "no votes connect it with the others"
    if name in diagnosis.undefeated:
        return "never lost nor tied: no finite strength"
    if name in diagnosis.winless:
        return "never won nor tied: no finite strength"
    return "separated from the others by one-sided votes: no finite strength"
