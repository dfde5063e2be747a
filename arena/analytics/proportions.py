"""Rates with Wilson intervals, and exact tests of a share.

References
----------
Wilson (1927) JASA 22, 209-212; Newcombe (1998) Statistics in Medicine 17, 857-872.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import binomtest, norm

from .arrays import FloatArray
from .errors import OptionError
from .result import Estimate, Undefined


def wilson(successes: float, n: float, *, confidence: float = 0.95) -> Estimate | Undefined:
    """Wilson score interval of a proportion.

    (p + z²/2n ± z√(p(1−p)/n + z²/4n²)) / (1 + z²/n)

    Parameters
    ----------
    successes, n : float
        0 ≤ successes ≤ n; sums of weights are allowed.

    Returns
    -------
    Estimate, or Undefined when n is 0.

    Raises
    ------
    OptionError
        When successes are negative or exceed n.
    """
    if not 0 <= successes <= n:
        raise OptionError(f"{successes:g} successes of {n:g} are impossible.", mend="Pass 0 ≤ successes ≤ n.")
    if n == 0:
        return Undefined("no_cases", "There are no cases to take a rate of.")
    low, high = wilson_bounds(np.array([successes]), np.array([n]), confidence=confidence)
    return Estimate(successes / n, float(low[0]), float(high[0]), confidence, n, "Wilson score interval")


def wilson_bounds(
    successes: FloatArray, n: FloatArray, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Bounds for many proportions at once; NaN where n is 0."""
    k, n = np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    z = float(norm.ppf((1 + confidence) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n
        centre = p + z**2 / (2 * n)
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    # Rounding must not push the bound past the certain end.
    low, high = np.where(k == 0, np.where(n > 0, 0.0, np.nan), low), np.where(k == n, 1.0, high)
    return low, np.where(n > 0, high, np.nan)


def share_p_value(successes: int, n: int, *, share: float = 0.5) -> float:
    """Two-sided exact binomial p-value of ``share``; NaN without cases."""
    if n == 0:
        return math.nan
    return float(binomtest(successes, n, share).pvalue)
