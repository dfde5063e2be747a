"""Krippendorff's α with a bootstrap over items, fast because equal items are resampled together.

α = 1 − D_o / D_e: observed over expected disagreement. The point estimate comes from the `krippendorff`
package. For the interval, items are resampled; items with the same counts of values are exchangeable, so a
draw of item numbers is a multinomial draw over distinct count patterns (exact, and there are few of them).

References
----------
Krippendorff (2011), Computing Krippendorff's alpha-reliability; Hayes & Krippendorff (2007), Communication
Methods and Measures 1, 77-89 (bootstrap; here over items rather than pairs of values).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import krippendorff
import numpy as np
import pandas as pd

from .arrays import FloatArray, IntArray
from .encoding import encode
from .errors import MissingColumnError, require
from .result import Estimate, Undefined

Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS: tuple[str, ...] = ("nominal", "ordinal", "interval", "ratio")
_CHUNK = 8_000_000


def alpha(
    counts: IntArray,
    *,
    level: Level = "nominal",
    values: Sequence[float] | None = None,
    mirror: Sequence[int] | None = None,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Estimate | Undefined:
    """α from per-item value counts, with a percentile bootstrap interval over items.

    Parameters
    ----------
    counts : int array, shape (N, V)
        How many raters gave value v to item i.
    level : {"nominal", "ordinal", "interval", "ratio"}
    values : sequence of float, length V, optional
        What the columns mean (for interval and ratio); default 0 … V−1. Ascending.
    mirror : sequence of int, length V, optional
        The column that each becomes when an item is described the other way round. Whether "the first of the
        two generators won" or "the second" is a matter of their names; with a mirror the expected
        disagreement takes both descriptions as equally likely, so that α does not depend on them.
    draws : int
        Bootstrap draws; 0 for none.
    seed : int
    confidence : float

    Returns
    -------
    Estimate
        ``n`` is the number of items with at least two ratings.
    Undefined
        ``no_overlap`` (no item rated twice) or ``constant`` (all ratings equal, so α is 0/0).
    """
    require(level, LEVELS, "level")
    counts = np.asarray(counts, dtype=np.int64)
    domain = np.arange(counts.shape[1], dtype=np.float64) if values is None else np.asarray(values, float)
    paired = counts[counts.sum(axis=1) >= 2]
    if not paired.size:
        return Undefined(
            "no_overlap", "No item was rated by two raters, so agreement cannot be judged; raise the overlap."
        )
    total = paired.sum(axis=0)
    if np.count_nonzero(total if mirror is None else total + total[list(mirror)]) < 2:
        return Undefined(
            "constant", "All ratings are equal: there is no variation against which to judge agreement."
        )
    patterns, frequency = distinct_patterns(paired)
    if mirror is None:
        value = float(
            krippendorff.alpha(value_counts=paired, value_domain=domain, level_of_measurement=level)
        )
    else:
        observed = frequency.astype(np.float64)[None] @ _coincidences(patterns)
        V = paired.shape[1]
        value = float(_alpha_of_coincidences(_mirrored(observed.reshape(1, V, V), mirror), domain, level)[0])
    method = f"Krippendorff's α, {level}; {draws} bootstrap draws over items, seed {seed}"
    n = float(paired.shape[0])
    if draws < 1:
        return Estimate(value, np.nan, np.nan, confidence, n, method, "no interval asked for")
    drawn = _bootstrap(patterns, frequency, domain, level, draws, seed, mirror)
    defined = drawn[np.isfinite(drawn)]
    if n < 2 or defined.size < draws / 2:
        return Estimate(value, np.nan, np.nan, confidence, n, method, "too few items for an interval")
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    note = "" if defined.size == draws else f"{draws - defined.size} draws without variation left out"
    return Estimate(value, float(low), float(high), confidence, n, method, note)


def alpha_from_frame(
    df: pd.DataFrame, *, item: str = "item", value: str = "value", level: Level = "nominal", **options: object
) -> Estimate | Undefined:
    """α from long data: one row per rating.

    Parameters
    ----------
    df : DataFrame
        Columns ``item`` and ``value`` (names can be given). Rows without a value are missing ratings.
        Text values allow the nominal level only.
    options
        As in `alpha`: draws, seed, confidence.
    """
    missing = [name for name in (item, value) if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Name the columns of items and values."
        )
    rated = df[df[value].notna()]
    if rated.empty:
        return Undefined("no_ratings", "There are no ratings.")
    counts, values = counts_table(rated, item, value, numeric=level != "nominal")
    return alpha(counts, level=level, values=values, **options)  # type: ignore[arg-type]


def counts_table(
    rated: pd.DataFrame, item: str, value: str, *, numeric: bool
) -> tuple[IntArray, list[float] | None]:
    """Item x value counts, shape (N, V), and the values when they are numbers."""
    items, item_labels = encode(rated[item], item)
    values: list[float] | None = None
    if numeric:
        raw, uniques = pd.factorize(pd.to_numeric(rated[value]), sort=True)
        codes = raw.astype(np.int32)
        values = [float(x) for x in uniques]
        V = len(values)
    else:
        codes, labels = encode(rated[value], value)
        V = len(labels)
    key = items.astype(np.int64) * V + codes
    counts = np.bincount(key, minlength=len(item_labels) * V).reshape(len(item_labels), V)
    return counts.astype(np.int64), values


def distinct_patterns(counts: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct rows and how often each occurs."""
    radix = int(counts.max()) + 1
    V = counts.shape[1]
    if V * np.log2(radix) < 62:
        key = counts @ (radix ** np.arange(V, dtype=np.int64))
        _, first, frequency = np.unique(key, return_index=True, return_counts=True)
        return counts[first], frequency.astype(np.int64)
    patterns, frequency = np.unique(counts, axis=0, return_counts=True)
    return patterns, frequency.astype(np.int64)


def _coincidences(patterns: IntArray) -> FloatArray:
    """Coincidences per pattern, c_v (c_w − [v = w]) / (m − 1), shape (P, V·V)."""
    c = patterns.astype(np.float64)
    P, V = c.shape
    size = c.sum(axis=1)
    pairs = c[:, :, None] * c[:, None, :] - c[:, :, None] * np.eye(V)
    return np.asarray((pairs / (size - 1)[:, None, None]).reshape(P, V * V), dtype=np.float64)


def _mirrored(observed: FloatArray, mirror: Sequence[int] | None) -> FloatArray:
    """Coincidences (B, V, V) averaged with those of the items described the other way round."""
    if mirror is None:
        return observed
    turn = list(mirror)
    return np.asarray((observed + observed[:, turn][:, :, turn]) / 2, dtype=np.float64)


def _bootstrap(
    patterns: IntArray,
    frequency: IntArray,
    domain: FloatArray,
    level: Level,
    draws: int,
    seed: int,
    mirror: Sequence[int] | None = None,
) -> FloatArray:
    """α of each draw, shape (draws,); NaN where a draw has no variation."""
    rng = np.random.default_rng(seed)
    flat = _coincidences(patterns)
    P, V = patterns.shape
    share = frequency / frequency.sum()
    out = np.empty(draws)
    step = max(1, _CHUNK // max(P, V * V))
    for start in range(0, draws, step):
        stop = min(start + step, draws)
        times = rng.multinomial(int(frequency.sum()), share, size=stop - start).astype(np.float64)
        observed = (times @ flat).reshape(-1, V, V)
        out[start:stop] = _alpha_of_coincidences(_mirrored(observed, mirror), domain, level)
    return out


def _alpha_of_coincidences(observed: FloatArray, domain: FloatArray, level: Level) -> FloatArray:
    """α from coincidence matrices of shape (B, V, V)."""
    n_v = observed.sum(axis=2)
    n = n_v.sum(axis=1)
    distance = _distances(n_v, domain, level)
    expected = n_v[:, :, None] * n_v[:, None, :] / (n - 1)[:, None, None]
    d_o, d_e = (observed * distance).sum(axis=(1, 2)), (expected * distance).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        result: FloatArray = np.where(d_e > 0, 1 - d_o / d_e, np.nan)
    return result


def _distances(n_v: FloatArray, domain: FloatArray, level: Level) -> FloatArray:
    """Squared distances of values, shape (1, V, V), or (B, V, V) for the ordinal level."""
    a, b = domain[:, None], domain[None, :]
    if level == "nominal":
        return np.asarray((a != b)[None], dtype=np.float64)
    if level == "interval":
        return np.asarray(np.square(a - b)[None], dtype=np.float64)
    if level == "ratio":
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.nan_to_num(((a - b) / (a + b)) ** 2)[None], dtype=np.float64)
    # Ordinal: number of ratings from one value to the other, half of each end left out.
    upto = np.cumsum(n_v, axis=1) - n_v / 2
    return np.asarray((upto[:, :, None] - upto[:, None, :]) ** 2, dtype=np.float64)
