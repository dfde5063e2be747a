"""Intraclass correlations of ratings, the six of Shrout and Fleiss.

References
----------
Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428; McGraw & Wong (1996), Psychological
Methods 1, 30-46.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import f as fisher

from .arrays import FloatArray
from .result import Estimate, Undefined

NO_VARIANCE = "Items differ less than chance has them: there is no variance to attribute to items."


@dataclass(frozen=True)
class IntraclassCorrelations:
    """The six forms by name: ``ICC(1,1)``, ``ICC(2,1)``, ``ICC(3,1)`` and the means over k raters."""

    forms: dict[str, Estimate]
    items: int
    raters: int

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([{"form": name} | e.to_dict() for name, e in self.forms.items()])


def intraclass(ratings: FloatArray, *, confidence: float = 0.95) -> IntraclassCorrelations | Undefined:
    """All six intraclass correlations of a complete table.

    Parameters
    ----------
    ratings : float array, shape (N, k)
        Items by raters, without gaps.

    Returns
    -------
    IntraclassCorrelations
        ICC(1, ·): each item has raters of its own; ICC(2, ·): a random sample of raters rates all items;
        ICC(3, ·): these raters only, consistency. (·, 1) for one rating, (·, k) for the mean of k.
    Undefined
        With gaps, fewer than 2 items or raters, or no variation.
    """
    x = np.asarray(ratings, dtype=np.float64)
    if x.ndim != 2 or min(x.shape) < 2:
        return Undefined("too_small", "An intraclass correlation needs two items and two raters at least.")
    if not np.isfinite(x).all():
        return Undefined("incomplete", "Some ratings are missing: every rater must have rated every item.")
    n, k = x.shape
    items, raters, grand = x.mean(axis=1), x.mean(axis=0), x.mean()
    between = k * float(((items - grand) ** 2).sum()) / (n - 1)
    judges = n * float(((raters - grand) ** 2).sum()) / (k - 1)
    within = float(((x - items[:, None]) ** 2).sum()) / (n * (k - 1))
    error = (within * n * (k - 1) - judges * (k - 1)) / ((n - 1) * (k - 1))
    if between <= 0 and within <= 0:
        return Undefined("constant", "All ratings are equal: there is no variation to attribute to items.")
    # Raters who differ by a constant leave no error at all; what is divided by it must stay a number.
    least = 1e-12 * max(between, within, judges)
    error, within = max(error, least), max(within, least)
    level = (1 + confidence) / 2
    one = _single(between / within, n - 1, n * (k - 1), k, level)
    three = _single(between / error, n - 1, (n - 1) * (k - 1), k, level)
    two = _two_way(between, judges, error, n, k, level)
    forms = {}
    for name, triple in (("1", one), ("2", two), ("3", three)):
        forms[f"ICC({name},1)"] = _estimate(triple, confidence, n, f"ICC({name},1), F interval")
        averaged = tuple(_averaged(r, k) for r in triple)
        forms[f"ICC({name},{k})"] = _estimate(averaged, confidence, n, f"ICC({name},{k}), F interval")
    return IntraclassCorrelations(forms, n, k)


def _averaged(r: float, k: int) -> float:
    """Of the mean of k ratings; −∞ where items differ less than chance has it by as much as they can."""
    below = 1 + (k - 1) * r
    return -math.inf if below <= 1e-12 else k * r / below


def _single(F: float, df1: int, df2: int, k: int, level: float) -> tuple[float, float, float]:
    """(F − 1) / (F + k − 1) at F and at its bounds."""
    low, high = F / float(fisher.ppf(level, df1, df2)), F * float(fisher.ppf(level, df2, df1))
    value, bottom, top = ((f - 1) / (f + k - 1) for f in (F, low, high))
    return value, bottom, top


def _two_way(
    between: float, judges: float, error: float, n: int, k: int, level: float
) -> tuple[float, float, float]:
    """ICC(2,1) with Shrout and Fleiss' approximate interval (Satterthwaite); NaN bounds where it has none."""
    total = between + (k - 1) * error + k * (judges - error) / n
    if total <= 1e-9 * (between + judges + error):
        # Items and raters differ by less than chance has them: no variance is left to share out.
        return -math.inf, math.nan, math.nan
    rho = (between - error) / total
    if between <= 1e-12 * error:
        return rho, math.nan, math.nan  # Items do not differ: Satterthwaite's degrees of freedom are 0/0.
    fj = judges / error
    a = k * rho * fj + n * (1 + (k - 1) * rho) - k * rho
    b = (n - 1) * k**2 * rho**2 * fj**2 + (n * (1 + (k - 1) * rho) - k * rho) ** 2
    v = (k - 1) * (n - 1) * a**2 / b
    up, down = float(fisher.ppf(level, n - 1, v)), float(fisher.ppf(level, v, n - 1))
    rest = k * judges + (k * n - k - n) * error
    low = n * (between - up * error) / (up * rest + n * between)
    high = n * (down * between - error) / (rest + n * down * between)
    # With hardly any variance between items the approximation leaves its range and misses its own centre.
    return (rho, low, high) if low <= rho <= high else (rho, math.nan, math.nan)


def _estimate(triple: tuple[float, ...], confidence: float, n: int, method: str) -> Estimate:
    value, low, high = triple
    note = ""
    if not math.isfinite(value):
        note = NO_VARIANCE
    elif math.isnan(low) or math.isnan(high):
        note = "no interval: its approximation does not hold for ratings like these"
    elif not (math.isfinite(low) and math.isfinite(high)):
        note = "the interval has no lower bound: items may differ less than chance has them"
    return Estimate(value, low, high, confidence, n, method, note)
