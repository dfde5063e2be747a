"""Mean opinion scores: ratings per generator and criterion, with intervals clustered by rater."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .agreement import Agreement, rating_alpha
from .cluster_mean import cluster_mean
from .errors import MissingColumnError, UnknownLabelError
from .result import Estimate


@dataclass(frozen=True, eq=False)
class OpinionScore:
    """Ratings of one generator on one criterion.

    Attributes
    ----------
    mean : Estimate
        Mean with its rater-clustered interval.
    median, sd : float
    counts : dict
        Ratings per point of the scale.
    n, raters : int
    """

    generator: str
    criterion: str
    mean: Estimate
    median: float
    sd: float
    counts: dict[int, int]
    n: int
    raters: int


@dataclass(frozen=True, eq=False)
class OpinionScores:
    """All scores (best first within a criterion), and agreement per criterion."""

    rows: tuple[OpinionScore, ...]
    agreement: dict[str, Agreement]
    scale: tuple[int, ...]
    warnings: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        records = []
        for row in self.rows:
            record: dict[str, Any] = {
                "generator": row.generator,
                "criterion": row.criterion,
                "mean": row.mean.value,
                "low": row.mean.low,
                "high": row.mean.high,
                "median": row.median,
                "sd": row.sd,
                "n": row.n,
                "raters": row.raters,
            }
            records.append(record | {f"count_{point}": row.counts[point] for point in self.scale})
        return pd.DataFrame(records)

    def to_dict(self) -> dict[str, Any]:
        return {
            "rows": [
                row.__dict__
                | {"mean": row.mean.to_dict(), "counts": {str(k): v for k, v in row.counts.items()}}
                for row in self.rows
            ],
            "agreement": {criterion: a.to_dict() for criterion, a in self.agreement.items()},
            "scale": list(self.scale),
            "warnings": list(self.warnings),
        }


def opinion_scores(
    df: pd.DataFrame,
    *,
    scale: tuple[int, ...] = (1, 2, 3, 4, 5),
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> OpinionScores:
    """Mean opinion score of each generator on each criterion.

    Parameters
    ----------
    df : DataFrame
        Columns ``generator``, ``rating``, ``rater``; optional ``criterion`` and ``prompt`` (or ``item``,
        the rated picture), needed for agreement. Rows without a rating are missing answers.
    scale : tuple of int
        Allowed ratings; any other value is an error.
    confidence, draws, seed
        For intervals and for α's bootstrap.
    """
    missing = [name for name in ("generator", "rating", "rater") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Ratings need generator, rating and rater."
        )
    rated = df[df["rating"].notna()].copy()
    rated["rating"] = pd.to_numeric(rated["rating"], errors="coerce")
    _refuse_off_scale(df, rated, scale)
    if "criterion" not in rated.columns:
        rated["criterion"] = "overall"
    rows = []
    for (criterion, generator), part in rated.groupby(["criterion", "generator"], observed=True, sort=True):
        rows.append(_score(str(generator), str(criterion), part, scale, confidence))
    rows.sort(key=lambda row: (row.criterion, -row.mean.value, row.generator))
    agreement = {
        str(criterion): rating_alpha(_items(part), draws=draws, seed=seed, confidence=confidence)
        for criterion, part in rated.groupby("criterion", observed=True, sort=True)
        if "item" in part.columns or "prompt" in part.columns
    }
    return OpinionScores(tuple(rows), agreement, scale, _warnings(rated))


def _score(
    generator: str, criterion: str, part: pd.DataFrame, scale: tuple[int, ...], confidence: float
) -> OpinionScore:
    values = part["rating"].to_numpy(dtype=np.float64)
    code, raters = pd.factorize(part["rater"])
    mean = cluster_mean(values, code.astype(np.int64), confidence=confidence)
    if mean.has_interval and float(np.ptp(values)) == 0:
        # No spread at all would make an interval without any width: false certainty.
        mean = replace(mean, low=math.nan, high=math.nan, note="all ratings are the same: no interval")
    return OpinionScore(
        generator=generator,
        criterion=criterion,
        mean=mean,
        median=float(np.median(values)),
        sd=float(values.std(ddof=1)) if values.size > 1 else float("nan"),
        counts={point: int((values == point).sum()) for point in scale},
        n=int(values.size),
        raters=len(raters),
    )


def _refuse_off_scale(df: pd.DataFrame, rated: pd.DataFrame, scale: tuple[int, ...]) -> None:
    strange = ~rated["rating"].isin(scale).to_numpy()
    if strange.any():
        place = int(np.flatnonzero(df["rating"].notna().to_numpy())[np.flatnonzero(strange)[0]])
        value = df["rating"].iloc[place]
        raise UnknownLabelError(
            f"Row {place + 1}: rating {value!r} is not on the scale {scale[0]}-{scale[-1]} "
            f"({int(strange.sum())} such rows).",
            mend="Correct these ratings, or leave the rows out.",
            details={"row": place + 1, "field": "rating", "value": str(value), "rows": int(strange.sum())},
        )


def _items(part: pd.DataFrame) -> pd.DataFrame:
    """Each picture is an item: generator and prompt."""
    if "item" in part.columns:
        return part
    item = part["generator"].astype(str) + "\x1f" + part["prompt"].astype(str)
    return part.assign(item=item)


def _warnings(rated: pd.DataFrame) -> tuple[str, ...]:
    if rated.empty:
        return ("There are no ratings.",)
    raters = int(rated["rater"].nunique())
    if raters < 2:
        return ("All ratings come from one rater: there are no intervals.",)
    return (
        ()
        if raters >= 10
        else (f"Only {raters} raters: intervals lean on few people and may be too wide or too narrow.",)
    )
