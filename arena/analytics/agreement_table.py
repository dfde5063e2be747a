"""All measures of agreement side by side, each with an interval from resampled items.

Items are drawn again, raters are not: the intervals speak of other comparisons judged by the same raters.
Items with equal counts of answers are drawn together, so a thousand draws take milliseconds; every measure
uses the same draws of items where its items are the same.

References
----------
Krippendorff (2011); Fleiss (1971), Psychological Bulletin 76, 378-382; Gwet (2008), British J. Mathematical
and Statistical Psychology 61, 29-48; Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428; Cohen
(1968), Psychological Bulletin 70, 213-220; Efron (1979), Annals of Statistics 7, 1-26.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .arrays import FloatArray, IntArray
from .canonical import MIRROR, answer_counts, canonical_votes
from .chance_corrected import chance_corrected
from .encoding import encode
from .errors import MissingColumnError, OptionError, require
from .icc import NO_VARIANCE
from .kappa import Weights, agreement_weights, cohen_kappa
from .krippendorff_alpha import LEVELS, Level, alpha, counts_table, distinct_patterns
from .result import Estimate, Undefined


@dataclass(frozen=True)
class AgreementTable:
    """Measures by name (``percent``, ``alpha_nominal``, ``fleiss``, ``gwet``, …), in the order computed."""

    measures: dict[str, Estimate | Undefined]
    items: int
    items_overlapping: int
    ratings: int

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([{"measure": name} | found.to_dict() for name, found in self.measures.items()])


def agreement_measures(
    counts: IntArray,
    *,
    level: Level = "nominal",
    values: list[float] | None = None,
    mirror: Sequence[int] | None = None,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> AgreementTable:
    """Percent, Krippendorff's α, Fleiss' κ and Gwet's AC of one table.

    Parameters
    ----------
    counts : int array, shape (N, V)
        How many raters gave value v to item i; missing ratings are simply not counted.
    level : {"nominal", "ordinal", "interval", "ratio"}
        Above nominal, α is given for nominal and for the level, κ and AC also with quadratic weights (values
        taken as equally spaced).
    values : list of float, length V
        What the columns mean; positive for ``ratio``.
    mirror : sequence of int, optional
        As in `krippendorff_alpha.alpha`.

    Raises
    ------
    OptionError
        For an unknown level, or values that are not positive at the level ``ratio``.
    """
    require(level, LEVELS, "level")
    if level == "ratio" and values is not None and min(values, default=1.0) <= 0:
        raise OptionError("Ratios need values above 0.", mend="Choose the level interval.")
    options: dict[str, Any] = {"draws": draws, "seed": seed, "confidence": confidence}
    counts = np.asarray(counts, dtype=np.int64)
    size = counts.sum(axis=1)
    found: dict[str, Estimate | Undefined] = {"percent": percent_bootstrap(counts, **options)}
    options["mirror"] = mirror
    levels: list[Level] = ["nominal"] if level == "nominal" else ["nominal", level]
    for each in levels:
        found[f"alpha_{each}"] = alpha(counts, level=each, values=values, **options)
    weights: list[Weights] = ["none"] if level == "nominal" else ["none", "quadratic"]
    for w in weights:
        name = "" if w == "none" else f"_{w}"
        found[f"fleiss{name}"] = chance_corrected(counts, measure="fleiss", weights=w, **options)
        found[f"gwet{name}"] = chance_corrected(counts, measure="gwet", weights=w, **options)
    return AgreementTable(found, int((size > 0).sum()), int((size >= 2).sum()), int(size.sum()))


def pairwise_measures(
    df: pd.DataFrame,
    *,
    both_bad_is_tie: bool = False,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> AgreementTable:
    """Agreement on who won, whatever side it was on; columns as in `pairwise_alpha`."""
    if df.empty:
        return _nothing()
    votes = canonical_votes(df)
    if "rater" in df.columns:
        votes = votes.first_per_rater(encode(df["rater"], "rater")[0].astype(np.int64))
    counts = answer_counts(votes, both_bad_is_tie=both_bad_is_tie)
    return agreement_measures(counts, mirror=MIRROR, draws=draws, seed=seed, confidence=confidence)


def rating_measures(
    df: pd.DataFrame,
    *,
    level: Level = "ordinal",
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> AgreementTable:
    """Agreement of ratings in columns ``item``, ``rating`` (and ``rater``), with ICC(1,1) and ICC(1,k)."""
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
    table = agreement_measures(
        counts, level=level, values=values, draws=draws, seed=seed, confidence=confidence
    )
    single, mean = one_way_icc(counts, values or [], draws=draws, seed=seed, confidence=confidence)
    return replace(table, measures=table.measures | {"icc_1_1": single, "icc_1_k": mean})


def measures_by(
    df: pd.DataFrame, by: str, measure: Callable[..., AgreementTable], **options: object
) -> dict[str, AgreementTable]:
    """`pairwise_measures` or `rating_measures` for every value of a column (category, panel, criterion)."""
    if by not in df.columns:
        raise MissingColumnError(f"There is no column {by}.", mend="Name a column of the votes.")
    groups = df.groupby(df[by].fillna("").astype(str), sort=True)
    return {str(name): measure(part, **options) for name, part in groups}


def percent_bootstrap(
    counts: IntArray, *, draws: int = 1000, seed: int = 0, confidence: float = 0.95
) -> Estimate | Undefined:
    """Σ c(c−1) / Σ m(m−1) over items with m ≥ 2 ratings: pairs of ratings of one item that agree."""
    paired = counts[counts.sum(axis=1) >= 2]
    if not paired.size:
        return Undefined("no_overlap", "No item was rated by two raters, so agreement cannot be judged.")
    patterns, frequency = distinct_patterns(paired)
    size = patterns.sum(axis=1).astype(np.float64)
    same = (patterns * (patterns - 1)).sum(axis=1).astype(np.float64)
    pairs = size * (size - 1)
    return _drawn(
        lambda times: (times @ same) / (times @ pairs), frequency, "agreeing pairs", draws, seed, confidence
    )


def kappa_bootstrap(
    table: IntArray,
    *,
    weights: Weights = "none",
    mirrored: bool = False,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Estimate | Undefined:
    """Cohen's κ of two raters (or two majorities), plain or weighted, with items drawn again.

    Parameters
    ----------
    table : int array, shape (V, V)
        Items by the first's value (rows) and the second's (columns), in order for weights.
    mirrored : bool
        Count every item also with the values in reverse. Which generator of a comparison is called the first
        is a matter of names; without this, κ would depend on them.
    """
    table = np.asarray(table, dtype=np.int64)
    whole = table + table[::-1, ::-1] if mirrored else table
    point = cohen_kappa(whole.astype(np.float64), weights=weights, confidence=confidence).kappa
    if isinstance(point, Undefined):
        return point
    V = table.shape[0]
    w = agreement_weights(V, weights)

    def kappa(times: FloatArray) -> FloatArray:
        p = times.reshape(-1, V, V) / times.sum(axis=1)[:, None, None]
        if mirrored:
            p = (p + p[:, ::-1, ::-1]) / 2
        observed = (p * w).sum(axis=(1, 2))
        expected = np.einsum("bi,ij,bj->b", p.sum(axis=2), w, p.sum(axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            out: FloatArray = np.where(expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan)
        return out

    return _drawn(kappa, table.ravel(), point.method, draws, seed, confidence)


def one_way_icc(
    counts: IntArray,
    values: list[float],
    *,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[Estimate | Undefined, Estimate | Undefined]:
    """ICC(1,1) and ICC(1,k) by one-way analysis of variance; items may have different numbers of ratings.

    ICC(1,1) = (MS_b − MS_w) / (MS_b + (m₀ − 1) MS_w) with m₀ = (n − Σ m²/n) / (N − 1); k is m₀.
    """
    rated = counts[counts.sum(axis=1) >= 1]
    paired = rated.sum(axis=1) >= 2
    reason: Undefined | None = None
    if not paired.any() or rated.shape[0] < 2:
        reason = Undefined("no_overlap", "No item was rated by two raters, so agreement cannot be judged.")
    elif np.count_nonzero(rated.sum(axis=0)) < 2:
        reason = Undefined("constant", "All ratings are equal: there is no variation to attribute to items.")
    if reason is not None:
        return reason, reason
    patterns, frequency = distinct_patterns(rated)
    x = np.asarray(values, dtype=np.float64)
    x = x - x.mean()
    m = patterns.sum(axis=1).astype(np.float64)
    total, square = patterns @ x, patterns @ x**2
    within = square - total**2 / m

    def components(times: FloatArray) -> tuple[FloatArray, FloatArray]:
        items, n = times.sum(axis=1), times @ m
        ms_w = (times @ within) / np.maximum(n - items, 1e-12)
        ms_b = (times @ (total**2 / m) - (times @ total) ** 2 / n) / (items - 1)
        m0 = (n - (times @ m**2) / n) / (items - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            single = (ms_b - ms_w) / (ms_b + (m0 - 1) * ms_w)
            return single, m0 * single / (1 + (m0 - 1) * single)

    return (
        _drawn(lambda t: components(t)[0], frequency, "ICC(1,1)", draws, seed, confidence),
        _drawn(lambda t: components(t)[1], frequency, "ICC(1,k)", draws, seed, confidence),
    )


def _drawn(
    measure: Callable[[FloatArray], FloatArray],
    frequency: IntArray,
    name: str,
    draws: int,
    seed: int,
    confidence: float,
) -> Estimate:
    """Value and percentile interval of a measure of item counts (B, P)."""
    n = int(frequency.sum())
    value = float(measure(frequency[None].astype(np.float64))[0])
    if not np.isfinite(value):
        return Estimate(value, np.nan, np.nan, confidence, n, name, NO_VARIANCE)
    if draws < 1 or n < 2:
        return Estimate(value, np.nan, np.nan, confidence, n, name, "no interval")
    times = np.random.default_rng(seed).multinomial(n, frequency / n, size=draws).astype(np.float64)
    found = measure(times)
    found = found[np.isfinite(found)]
    method = f"{name}; {draws} bootstrap draws over items, seed {seed}"
    if found.size < draws / 2:
        return Estimate(value, np.nan, np.nan, confidence, n, method, "too few items for an interval")
    tail = (1 - confidence) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), confidence, n, method)


def _nothing() -> AgreementTable:
    return AgreementTable({"percent": Undefined("no_ratings", "There are no ratings.")}, 0, 0, 0)
