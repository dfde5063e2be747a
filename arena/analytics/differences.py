"""All pairs of generators: the difference in strength with its interval, from a covariance or from draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from .arrays import FloatArray, IntArray
from .bootstrap import BootstrapDraws
from .collusion import holm
from .intervals import Covariance
from .strengths import Strengths


def pair_differences(fit: Strengths, covariance: Covariance, *, confidence: float = 0.95) -> pd.DataFrame:
    """θ_first − θ_second for every pair on one scale, the stronger first.

    Parameters
    ----------
    fit : Strengths
        K generators.
    covariance : Covariance
        Clustered by rater, by prompt, both ways, or the model's own.

    Returns
    -------
    DataFrame
        Columns first, second, value (logits, ≥ 0), se, low, high, p (of equality), p_adjusted (Holm over the
        pairs); largest difference first. Intervals hold one at a time.
    """
    i, j = _pairs(fit)
    value = fit.theta[i] - fit.theta[j]
    V = covariance.matrix
    se = np.sqrt(np.maximum(V[i, i] + V[j, j] - 2 * V[i, j], 0))
    df = np.full(value.size, covariance.df)
    if covariance.few is not None:
        size = V.shape[0]
        df = np.array(
            [covariance.degrees_of_freedom(_contrast(a, b, size)) for a, b in zip(i, j, strict=True)]
        )
    finite = np.isfinite(df)
    quantile = np.full(value.size, float(norm.ppf((1 + confidence) / 2)))
    quantile[finite] = student.ppf((1 + confidence) / 2, df[finite])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = value / se
    p = np.where(finite, 2 * student.sf(t, np.where(finite, df, 1.0)), 2 * norm.sf(t))
    return _frame(fit, i, j, value, se, value - quantile * se, value + quantile * se, p)


def drawn_differences(fit: Strengths, draws: BootstrapDraws, *, confidence: float = 0.95) -> pd.DataFrame:
    """The same from bootstrap draws, with percentile intervals.

    p is twice the share of draws on the far side of 0, and at least 2/(1 + B).
    """
    i, j = _pairs(fit)
    value = fit.theta[i] - fit.theta[j]
    gaps = draws.deviations[:, i] - draws.deviations[:, j]
    tail = (1 - confidence) / 2
    low, high = value + np.quantile(gaps, [tail, 1 - tail], axis=0)
    beyond = (gaps + value <= 0).sum(axis=0)
    p = np.minimum(1.0, 2 * (1 + beyond) / (1 + draws.draws))
    se = np.asarray(gaps.std(axis=0, ddof=1), dtype=np.float64)
    return _frame(fit, i, j, value, se, low, high, np.asarray(p, dtype=np.float64))


def _pairs(fit: Strengths) -> tuple[IntArray, IntArray]:
    """Pairs on one scale, the stronger first."""
    order = np.argsort(-np.nan_to_num(fit.theta, nan=-np.inf), kind="stable")
    a, b = np.triu_indices(order.size, k=1)
    i, j = order[a], order[b]
    together = (fit.block[i] >= 0) & (fit.block[i] == fit.block[j])
    return i[together].astype(np.int64), j[together].astype(np.int64)


def _contrast(i: int, j: int, size: int) -> FloatArray:
    out = np.zeros(size)
    out[i], out[j] = 1.0, -1.0
    return out


def _frame(
    fit: Strengths,
    i: IntArray,
    j: IntArray,
    value: FloatArray,
    se: FloatArray,
    low: FloatArray,
    high: FloatArray,
    p: FloatArray,
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "first": [fit.generators[k] for k in i],
            "second": [fit.generators[k] for k in j],
            "value": value,
            "se": se,
            "low": low,
            "high": high,
            "p": p,
            "p_adjusted": holm(p),
        }
    )
    return frame.sort_values("value", ascending=False, kind="stable", ignore_index=True)
