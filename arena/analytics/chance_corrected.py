"""Fleiss' κ and Gwet's AC1/AC2 from per-item value counts, with bootstrap intervals over items.

All have the form (p_a − p_e) / (1 − p_e) and differ in what chance agreement p_e means. With π_k the mean
share of value k and q values,

    Fleiss: p_e = Σ w_kl π_k π_l,        Gwet: p_e = Σ w_kl / (q(q−1)) · Σ π_k (1 − π_k).

AC1 stays stable where nearly all items have one value, where κ collapses.

References
----------
Fleiss (1971), Psychological Bulletin 76, 378-382; Gwet (2008), British Journal of Mathematical and
Statistical Psychology 61, 29-48; Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed. (missing ratings).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from .arrays import FloatArray, IntArray
from .errors import require
from .kappa import Weights, agreement_weights
from .krippendorff_alpha import distinct_patterns
from .result import Estimate, Undefined

Measure = Literal["fleiss", "gwet"]
_NAMES = {"fleiss": "Fleiss' κ", "gwet": "Gwet's AC"}


def chance_corrected(
    counts: IntArray,
    *,
    measure: Measure,
    weights: Weights = "none",
    mirror: Sequence[int] | None = None,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Estimate | Undefined:
    """Agreement corrected for chance.

    Parameters
    ----------
    counts : int array, shape (N, V)
        How many raters gave value v to item i; items may have different numbers of ratings. Without a second
        value that could have been given there is no chance to correct for.
    measure : {"fleiss", "gwet"}
        ``gwet`` is AC1, or AC2 with weights.
    weights : {"none", "linear", "quadratic"}
    mirror : sequence of int, optional
        As in `krippendorff_alpha.alpha`: makes the coefficient independent of which generator is named first.
    draws, seed, confidence
        Percentile bootstrap over items (of equal counts together, so a thousand draws take milliseconds).

    Returns
    -------
    Estimate, or Undefined (``no_overlap``, ``constant``).
    """
    require(measure, ("fleiss", "gwet"), "measure")
    require(weights, ("none", "linear", "quadratic"), "weights")
    counts = np.asarray(counts, dtype=np.int64)
    rated = counts[counts.sum(axis=1) >= 1]
    if not (rated.sum(axis=1) >= 2).any():
        return Undefined("no_overlap", "No item was rated by two raters, so agreement cannot be judged.")
    total = rated.sum(axis=0)
    total = total if mirror is None else total + total[list(mirror)]
    if counts.shape[1] < 2 or (np.count_nonzero(total) < 2 and measure == "fleiss"):
        return Undefined("constant", "All ratings are equal: there is no variation against which to judge.")
    patterns, frequency = distinct_patterns(rated)
    w = agreement_weights(counts.shape[1], weights)
    value = float(_coefficient(patterns, frequency[None].astype(np.float64), w, measure, mirror)[0])
    name = _NAMES[measure] + ("" if measure == "fleiss" else "1" if weights == "none" else "2")
    words = f"{name}{'' if weights == 'none' else f', {weights} weights'}"
    n = float(frequency.sum())
    if draws < 1 or n < 2:
        return Estimate(value, np.nan, np.nan, confidence, n, words, "no interval")
    rng = np.random.default_rng(seed)
    times = rng.multinomial(int(n), frequency / n, size=draws).astype(np.float64)
    drawn = _coefficient(patterns, times, w, measure, mirror)
    drawn = drawn[np.isfinite(drawn)]
    method = f"{words}; {draws} bootstrap draws over items, seed {seed}"
    if drawn.size < draws / 2:
        return Estimate(value, np.nan, np.nan, confidence, n, method, "too few items for an interval")
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), confidence, n, method)


def fleiss_kappa(counts: IntArray, **options: object) -> Estimate | Undefined:
    """Fleiss' κ; options as in `chance_corrected`."""
    return chance_corrected(counts, measure="fleiss", **options)  # type: ignore[arg-type]


def gwet_ac(counts: IntArray, **options: object) -> Estimate | Undefined:
    """Gwet's AC1, or AC2 with ``weights``; options as in `chance_corrected`."""
    return chance_corrected(counts, measure="gwet", **options)  # type: ignore[arg-type]


def _coefficient(
    patterns: IntArray,
    times: FloatArray,
    w: FloatArray,
    measure: Measure,
    mirror: Sequence[int] | None = None,
) -> FloatArray:
    """The coefficient for each row of ``times`` (B, P), how often each pattern occurs."""
    c = patterns.astype(np.float64)
    size = c.sum(axis=1)
    paired = size >= 2
    per_item = np.zeros(size.size)
    together = (c * (c @ w - 1)).sum(axis=1)
    per_item[paired] = together[paired] / (size * (size - 1))[paired]
    q = c.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (times @ per_item) / (times @ paired.astype(np.float64))
        share = times @ (c / size[:, None]) / times.sum(axis=1)[:, None]
        if mirror is not None:
            share = (share + share[:, list(mirror)]) / 2
        if measure == "fleiss":
            expected = np.einsum("bk,kl,bl->b", share, w, share)
        else:
            expected = w.sum() / (q * (q - 1)) * (share * (1 - share)).sum(axis=1)
        result: FloatArray = np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)
    return result
