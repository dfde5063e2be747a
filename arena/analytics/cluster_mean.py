"""A mean whose interval knows that observations hang together within raters (or prompts).

For clusters r with sums of residuals s_r and sizes n_r, var = Σ_r s_r² / (1 − n_r/n) / n² (CR2), with
Bell-McCaffrey degrees of freedom. With clusters of size 1 this is the ordinary t interval.

References
----------
Bell & McCaffrey (2002), Survey Methodology 28, 169-181.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import t as student

from .arrays import FloatArray, IntArray
from .result import Estimate


def cluster_mean(
    values: FloatArray, cluster: IntArray, *, confidence: float = 0.95, by: str = "rater"
) -> Estimate:
    """Mean of ``values`` (n,) with an interval clustered by ``cluster`` (n,) codes.

    Returns
    -------
    Estimate
        Bounds are NaN, with a note, when there are fewer than two clusters.
    """
    n = values.size
    mean = float(values.mean()) if n else math.nan
    _, code = np.unique(cluster, return_inverse=True)
    size = np.bincount(code).astype(np.float64)
    if size.size < 2:
        note = f"All observations come from one {by}, so there is no interval."
        return Estimate(mean, math.nan, math.nan, confidence, n, "mean", note)
    sums = np.bincount(code, weights=values - mean).astype(np.float64)
    se, df = _standard_error(sums, size)
    half = float(student.ppf((1 + confidence) / 2, df)) * se
    method = f"mean, clustered by {by} ({size.size} clusters, CR2, {df:.1f} degrees of freedom)"
    return Estimate(mean, mean - half, mean + half, confidence, n, method)


def _standard_error(sums: FloatArray, size: FloatArray) -> tuple[float, float]:
    """CR2 standard error of a mean and its degrees of freedom."""
    n = size.sum()
    share = size / n
    se = math.sqrt(float((sums**2 / (1 - share)).sum())) / n
    g = 1 / np.sqrt(1 - share)
    image = share * g
    # Ω = diag(a) − b bᵀ; its trace and squared norm need no matrix of clusters by clusters.
    a, b = share * g**2, image**2
    trace = float((a - b).sum())
    square = float((a**2 - 2 * a * b).sum() + b.sum() ** 2)
    return se, max(trace**2 / square, 1.0) if square > 0 else 1.0
