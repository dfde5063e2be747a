"""Agreement between raters on the votes of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from .arrays import IntArray
from .canonical import MIRROR, answer_counts, canonical_votes
from .encoding import encode
from .errors import MissingColumnError, NoVotesError
from .krippendorff_alpha import Level, alpha, counts_table
from .result import Estimate, Undefined


@dataclass(frozen=True)
class Agreement:
    """Agreement of raters.

    Attributes
    ----------
    alpha : Estimate or Undefined
        Krippendorff's α.
    percent : Estimate or Undefined
        Share of rater pairs on the same item who gave the same answer, not corrected for chance.
    items, items_overlapping : int
        Items, and those with at least two raters.
    ratings : int
    """

    alpha: Estimate | Undefined
    percent: Estimate | Undefined
    items: int
    items_overlapping: int
    ratings: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "alpha": self.alpha.to_dict(),
            "percent": self.percent.to_dict(),
            "items": self.items,
            "items_overlapping": self.items_overlapping,
            "ratings": self.ratings,
        }

    def to_frame(self) -> pd.DataFrame:
        rows = [{"measure": "alpha"} | self.alpha.to_dict(), {"measure": "percent"} | self.percent.to_dict()]
        return pd.DataFrame(rows)


def pairwise_alpha(
    df: pd.DataFrame,
    *,
    both_bad_is_tie: bool = False,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Agreement:
    """Agreement on which generator won each comparison (nominal), whatever side it was on or its name.

    Parameters
    ----------
    df : DataFrame
        Columns ``left``, ``right``, ``outcome``, ``comparison`` or ``prompt``, and ``rater``: a rater's
        second answer to the same comparison does not count as a second rater and is left out.
    both_bad_is_tie : bool
        Join the two answers without a winner.
    """
    if len(df) == 0:
        return _nothing()
    votes = canonical_votes(df)
    if "rater" in df.columns:
        votes = votes.first_per_rater(encode(df["rater"], "rater")[0].astype(np.int64))
    counts = answer_counts(votes, both_bad_is_tie=both_bad_is_tie)
    return _agreement(counts, "nominal", None, mirror=MIRROR, draws=draws, seed=seed, confidence=confidence)


def counted_alpha(
    counts: IntArray, *, draws: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Agreement:
    """As `pairwise_alpha`, of votes that are counted already.

    Parameters
    ----------
    counts : int array, shape (N, 4)
        Votes per item and canonical answer (`canonical.CANONICAL`), one per rater; rows without any are no
        items.
    """
    if not counts.any():
        return _nothing()
    return _agreement(counts, "nominal", None, mirror=MIRROR, draws=draws, seed=seed, confidence=confidence)


def rating_alpha(
    df: pd.DataFrame,
    *,
    level: Level = "ordinal",
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Agreement:
    """Agreement of ratings in columns ``item`` and ``rating`` (and ``rater``), one row per rating."""
    missing = [name for name in ("item", "rating") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Name the columns item and rating."
        )
    rated = df[df["rating"].notna()]
    if rated.empty:
        return _nothing()
    if "rater" in rated.columns:
        rated = rated.drop_duplicates(["item", "rater"])
    counts, values = counts_table(rated, "item", "rating", numeric=True)
    return _agreement(counts, level, values, draws=draws, seed=seed, confidence=confidence)


def nominal_alpha(
    df: pd.DataFrame, *, draws: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Agreement:
    """Agreement of unordered answers: columns ``item``, ``value`` (and ``rater``), one row per answer."""
    missing = [name for name in ("item", "value") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Name the columns item and value."
        )
    given = df[df["value"].notna()]
    if given.empty:
        return _nothing()
    if "rater" in given.columns:
        given = given.drop_duplicates(["item", "rater"])
    counts, values = counts_table(given, "item", "value", numeric=False)
    return _agreement(counts, "nominal", values, draws=draws, seed=seed, confidence=confidence)


def percent_agreement(
    counts: IntArray, *, draws: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Estimate | Undefined:
    """Σ c(c−1) / Σ m(m−1) over items with m ≥ 2 ratings, with a ratio interval over items.

    Parameters
    ----------
    counts : int array, shape (N, V)
    """
    size = counts.sum(axis=1)
    same = (counts * (counts - 1)).sum(axis=1)[size >= 2].astype(np.float64)
    pairs = (size * (size - 1))[size >= 2].astype(np.float64)
    if not pairs.size:
        return Undefined("no_overlap", "No item was rated by two raters, so agreement cannot be judged.")
    value = float(same.sum() / pairs.sum())
    method = "agreeing pairs of ratings on the same item, ratio interval over items"
    if pairs.size < 2:
        return Estimate(value, np.nan, np.nan, confidence, pairs.size, method, "one item: no interval")
    residual = same - value * pairs
    n = pairs.size
    se = float(np.sqrt((residual**2).sum() * n / (n - 1)) / pairs.sum())
    half = float(student.ppf((1 + confidence) / 2, n - 1)) * se
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), confidence, n, method)


def _agreement(
    counts: IntArray,
    level: Level,
    values: list[float] | None,
    *,
    mirror: Sequence[int] | None = None,
    draws: int,
    seed: int,
    confidence: float,
) -> Agreement:
    size: IntArray = np.einsum("iv->i", counts)
    # Only what two raters judged bears on agreement; of many items it is often a small part.
    paired = counts[size >= 2].astype(np.int64)
    return Agreement(
        alpha=alpha(
            paired,
            level=level,
            values=values,
            mirror=mirror,
            draws=draws,
            seed=seed,
            confidence=confidence,
        ),
        percent=percent_agreement(paired, confidence=confidence),
        items=int(np.count_nonzero(size)),
        items_overlapping=int((size >= 2).sum()),
        ratings=int(size.sum()),
    )


def _nothing() -> Agreement:
    reason = Undefined("no_ratings", str(NoVotesError("There are no ratings.", mend="Collect some.")))
    return Agreement(reason, reason, 0, 0, 0)
