"""Elo ratings in the shape of a ranking: points without intervals, and the reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .data import PairwiseData
from .elo import permuted, sequential
from .errors import UnknownLabelError
from .graph import diagnose
from .ranking_result import RankingResult
from .ranking_rows import counted_rows, vote_rates
from .scale import BASE_POINTS

_PERMUTED = (
    "Elo averaged over random orders of the votes has no interval: the spread beside it is what order alone "
    "does. Read certainty from the Davidson ranking."
)
_WARNING = (
    "Sequential Elo depends on the order of votes and has no interval; use it for comparison with other "
    "boards, and read certainty from the Davidson ranking."
)


def rank_by_elo(
    data: PairwiseData, *, confidence: float, anchor: str | None, averaged: bool = False, seed: int = 0
) -> RankingResult:
    """Elo with K = 4, shifted so that mean or anchor is at 1000.

    In the order of rows, or ``averaged`` over random orders, with the spread over orders in each row's note.
    """
    ratings = permuted(data, seed=seed) if averaged else sequential(data)
    warning = _PERMUTED if averaged else _WARNING
    diagnosis = diagnose(data, position=False, ties="half")
    if anchor is not None and anchor not in data.generators:
        raise UnknownLabelError(
            f"{anchor!r} is not among the generators.", mend="Choose one of those in the votes."
        )
    zero = ratings.rating.mean() if anchor is None else ratings.rating[data.generators.index(anchor)]
    points = ratings.rating - zero + BASE_POINTS
    counted = counted_rows(data)
    order = np.lexsort((np.arange(points.size), -points, diagnosis.component_of))
    rows, place = [], dict.fromkeys(diagnosis.component_of.tolist(), 0)
    for i in order:
        component = int(diagnosis.component_of[i])
        place[component] += 1
        rows.append(
            replace(
                counted[i],
                points=float(points[i]),
                rank=place[component],
                component=component,
                scale=component,
                note=f"order alone moves it by {ratings.spread[i]:.1f} (standard deviation)"
                if averaged
                else "",
            )
        )
    tie_rate, both_bad_rate = vote_rates(data)
    warnings = (warning,) if diagnosis.connected else (diagnosis.words[0], warning)
    return RankingResult(
        status="ok" if diagnosis.connected else "disconnected",
        rows=tuple(rows),
        method=f"{'elo_permuted' if averaged else 'elo'}: {ratings.method}",
        interval_method="none: order of votes is part of the number",
        confidence=confidence,
        n_votes=data.n_votes,
        n_raters=data.n_raters,
        position=None,
        left_share=None,
        tie_rate=tie_rate,
        both_bad_rate=both_bad_rate,
        warnings=warnings,
        components=diagnosis.components,
        anchor=anchor,
        draws=0,
        seed=seed if averaged else 0,
    )
