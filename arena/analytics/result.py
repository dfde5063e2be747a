"""Small result types: a number with its uncertainty, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

P_LEAST = 0.001


def p_words(p: float) -> str:
    """A p-value as a sentence has it: two digits, never an exponent, and nothing below a thousandth."""
    return f"p < {P_LEAST}" if p < P_LEAST else f"p = {p:.2g}"


@dataclass(frozen=True)
class Undefined:
    """Stands where a number cannot be estimated, and says why.

    Attributes
    ----------
    code : str
        Stable name of the reason, for example ``"no_overlap"``.
    reason : str
        The reason in words, fit for a page.
    """

    code: str
    reason: str

    def __bool__(self) -> bool:
        return False

    def to_dict(self) -> dict[str, Any]:
        return {"undefined": self.code, "reason": self.reason}

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([self.to_dict()])


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and the conditions under which it holds.

    Attributes
    ----------
    value, low, high : float
        Estimate and interval bounds; ``low``/``high`` are NaN when no interval can be given.
    confidence : float
        Nominal coverage, for example 0.95.
    n : float
        Size of the sample behind it (a sum of weights, usually a whole number).
    method : str
        How value and interval were computed.
    note : str
        Why an interval is missing, or another condition worth printing.
    """

    value: float
    low: float
    high: float
    confidence: float
    n: float
    method: str
    note: str = ""

    @property
    def has_interval(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; NaN becomes ``None`` so that JSON stays valid."""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(self).items()
        }

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([asdict(self)])
