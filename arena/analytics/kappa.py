"""Cohen's κ of two raters, plain and weighted, with large-sample standard errors.

References
----------
Cohen (1960), Educational and Psychological Measurement 20, 37-46; (1968), Psychological Bulletin 70, 213-220;
Fleiss, Cohen & Everitt (1969), Psychological Bulletin 72, 323-327 (standard errors).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm

from .arrays import FloatArray
from .errors import OptionError, require
from .result import Estimate, Undefined

Weights = Literal["none", "linear", "quadratic"]


@dataclass(frozen=True)
class CohenKappa:
    """κ with its interval; ``z`` and ``p`` test κ = 0 by the standard error under independence."""

    kappa: Estimate | Undefined
    se: float
    se_null: float
    z: float
    p: float

    def to_frame(self) -> pd.DataFrame:
        tests = {"se": self.se, "se_null": self.se_null, "z": self.z, "p": self.p}
        return pd.DataFrame([self.kappa.to_dict() | tests])


def cohen_kappa(table: FloatArray, *, weights: Weights = "none", confidence: float = 0.95) -> CohenKappa:
    """κ = (p_o − p_e) / (1 − p_e), weighted agreement if asked for.

    Parameters
    ----------
    table : array, shape (V, V)
        Items by the first rater's value (rows) and the second's (columns).
    weights : {"none", "linear", "quadratic"}
        Agreement weights 1 − (|i−j|/(V−1))^k, k = 1 or 2; identity for ``none``.

    Returns
    -------
    CohenKappa
        With ``Undefined`` for an empty table, or when chance agreement is already complete.
    """
    require(weights, ("none", "linear", "quadratic"), "weights")
    table = np.asarray(table, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.shape[0] < 2:
        raise OptionError("κ needs a square table of at least two values.", mend="Count V x V values.")
    n = float(table.sum())
    if n == 0:
        return _undefined("no_overlap", "The two have rated no item in common.")
    p = table / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    w = agreement_weights(table.shape[0], weights)
    chance = np.outer(row, column)
    p_o, p_e = float((w * p).sum()), float((w * chance).sum())
    if math.isclose(p_e, 1.0):
        return _undefined("constant", "Both gave one value only: there is no variation to agree on.")
    kappa = (p_o - p_e) / (1 - p_e)
    mean = (w @ column)[:, None] + (row @ w)[None, :]
    spread = float((p * (w - mean * (1 - kappa)) ** 2).sum()) - (kappa - p_e * (1 - kappa)) ** 2
    spread_null = float((chance * (w - mean) ** 2).sum()) - p_e**2
    se, se_null = (math.sqrt(max(s, 0.0) / n) / (1 - p_e) for s in (spread, spread_null))
    half = float(norm.ppf((1 + confidence) / 2)) * se
    name = "Cohen's κ" if weights == "none" else f"Cohen's κ, {weights} weights"
    estimate = Estimate(kappa, kappa - half, min(1.0, kappa + half), confidence, n, name)
    z = kappa / se_null if se_null > 0 else math.nan
    return CohenKappa(estimate, se, se_null, z, float(2 * norm.sf(abs(z))))


def kappa_of_answers(
    first: pd.Series, second: pd.Series, *, weights: Weights = "none", confidence: float = 0.95
) -> CohenKappa:
    """κ of two answers per item, for example crowd majority and expert; rows with a gap are left out.

    For weights the values must be numbers, in order.
    """
    both = pd.DataFrame({"first": first, "second": second}).dropna()
    values = sorted(set(both["first"]) | set(both["second"]))
    if len(values) < 2:
        code, words = (
            ("constant", "Only one value occurs.") if values else ("no_overlap", "No item in common.")
        )
        return _undefined(code, words)
    table = pd.crosstab(both["first"], both["second"]).reindex(index=values, columns=values, fill_value=0)
    found = cohen_kappa(table.to_numpy(dtype=np.float64), weights=weights, confidence=confidence)
    if isinstance(found.kappa, Estimate):
        return replace(found, kappa=replace(found.kappa, note=f"{len(values)} values"))
    return found


def agreement_weights(size: int, weights: Weights) -> FloatArray:
    """Weights of agreement between values 0 … size−1, shape (size, size)."""
    if weights == "none" or size < 2:
        return np.eye(size)
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / (size - 1)
    return np.asarray(1 - distance ** (1 if weights == "linear" else 2), dtype=np.float64)


def _undefined(code: str, reason: str) -> CohenKappa:
    return CohenKappa(Undefined(code, reason), math.nan, math.nan, math.nan, math.nan)
