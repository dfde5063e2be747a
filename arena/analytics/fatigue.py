"""Do raters tire? Answer time, agreement and consistency along each rater's own sequence of votes.

For a measure y of vote t of rater r the slope within raters is

    b = Σ (t − t̄_r)(y − ȳ_r) / Σ (t − t̄_r)²,     per ten votes,

so that slow and fast, long and short raters do not mix; its interval is clustered by rater (sandwich times
R/(R−1), t with R − 1 degrees of freedom). Answer time is taken in logarithms: the slope is a relative change.

References
----------
Liang & Zeger (1986) Biometrika 73, 13-22; Arellano (1987), Oxford Bulletin of Economics and Statistics 49,
431-434 (clustered fixed-effects slopes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from .arrays import FloatArray, IntArray
from .canonical import canonical_votes
from .cluster_mean import cluster_mean
from .encoding import encode
from .errors import MissingColumnError
from .raters import repeated_answers, winner_agreement
from .result import Estimate, Undefined, p_words

STEP = 10
MIN_RATERS = 5
# A standard error below this, of shares or logarithms, is what rounding leaves of none.
ROUNDING = 1e-12
_WORDS = {
    "answer_time": "relative change of the answer time",
    "agreement": "change of the share of winners in common with the others",
    "consistency": "change of the share of repeats answered alike",
}


@dataclass(frozen=True, eq=False)
class Trend:
    """One measure along the sequence.

    Attributes
    ----------
    measure : str
        ``answer_time``, ``agreement`` or ``consistency``.
    slope : Estimate or Undefined
        Change per ten votes (answer time: relative, −0.02 is 2 % faster).
    p : float
        Two-sided, against no change; NaN when undefined.
    bins : DataFrame
        Columns first, last (trial numbers, counted from 1), n, raters, value, low, high: geometric mean of
        the answer time in ms, or share.
    words : str
        A sentence fit for a page.
    """

    measure: str
    slope: Estimate | Undefined
    p: float
    bins: pd.DataFrame
    words: str

    def to_frame(self) -> pd.DataFrame:
        return self.bins.assign(measure=self.measure)


def fatigue(df: pd.DataFrame, *, confidence: float = 0.95, bin_size: int = STEP) -> dict[str, Trend]:
    """Trends over the trial number within raters.

    Parameters
    ----------
    df : DataFrame
        One row per vote: ``rater``; ``created_at`` or rows in order; for the measures ``answer_ms``, and
        ``left``, ``right``, ``outcome`` with ``comparison`` or ``prompt``; ``kind`` (``regular``, ``check``,
        ``repeat``; checks count as trials but are not measured).
    bin_size : int
        Trials in a bin of the table.

    Returns
    -------
    dict of Trend
        By measure; each says why where it is undefined.
    """
    if "rater" not in df.columns:
        raise MissingColumnError("There is no column rater.", mend="Name the raters.")
    codes, _ = encode(df["rater"], "rater")
    rater = codes.astype(np.int64)
    trial = trial_numbers(df, rater)
    kind = df["kind"].to_numpy() if "kind" in df.columns else np.full(len(df), "regular")
    blank = np.full(len(df), np.nan)
    values = {"answer_time": blank, "agreement": blank.copy(), "consistency": blank.copy()}
    if "answer_ms" in df.columns:
        time = pd.to_numeric(df["answer_ms"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        values["answer_time"] = np.where((time > 0) & (kind == "regular"), time, np.nan)
    if {"left", "right", "outcome"} <= set(df.columns) and {"comparison", "prompt"} & set(df.columns):
        regular = kind == "regular"
        if regular.any():
            known, alike = winner_agreement(canonical_votes(df[regular]))
            values["agreement"][np.flatnonzero(regular)[known]] = alike[known]
        if (kind == "repeat").any():
            rows, same = repeated_answers(df, rater)
            values["consistency"][rows] = same
    return {name: _trend(name, y, trial, rater, confidence, bin_size) for name, y in values.items()}


def trial_numbers(df: pd.DataFrame, rater: IntArray) -> IntArray:
    """Number of each vote within its rater's sequence, from 1, shape (n,)."""
    if "created_at" in df.columns:
        time, _ = pd.factorize(df["created_at"], sort=True)
        order = np.lexsort((np.arange(len(df)), time, rater))
    else:
        order = np.argsort(rater, kind="stable")
    out = np.empty(len(df), dtype=np.int64)
    size = np.bincount(rater) if rater.size else np.empty(0, dtype=np.int64)
    out[order] = np.arange(len(df)) - np.repeat(np.cumsum(size) - size, size) + 1
    return out


def _trend(
    name: str, y: FloatArray, trial: IntArray, rater: IntArray, confidence: float, bin_size: int
) -> Trend:
    known = np.isfinite(y)
    y, trial, rater = y[known], trial[known], rater[known]
    log = name == "answer_time"
    used = np.log(y) if log else y
    bins = _bins(used, trial, rater, confidence, bin_size, log=log)
    slope, p = _slope(used, trial / STEP, rater, confidence)
    if isinstance(slope, Undefined):
        return Trend(name, slope, math.nan, bins, slope.reason)
    verdict = "they change as the session goes on" if p < 1 - confidence else "no trend is proved"
    unit = "\u00a0%" if log else " percentage points"
    words = (
        f"Per {STEP} votes, {_WORDS[name]}: {_signed(slope.value)}{unit} "
        f"({_signed(slope.low)} to {_signed(slope.high)}; {p_words(p)}): {verdict}."
    )
    return Trend(name, slope, p, bins, words)


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _slope(
    y: FloatArray, t: FloatArray, rater: IntArray, confidence: float
) -> tuple[Estimate | Undefined, float]:
    """Slope within raters, clustered by rater, and its p-value."""
    if not y.size:
        return Undefined("not_measured", "This was not measured."), math.nan
    _, code = np.unique(rater, return_inverse=True)
    size = np.bincount(code).astype(np.float64)
    x = t - (np.bincount(code, t) / size)[code]
    e = y - (np.bincount(code, y) / size)[code]
    square = np.bincount(code, x * x)
    R = int(np.count_nonzero(square > 0))
    if R < MIN_RATERS:
        reason = f"{R} raters have two measured votes or more; {MIN_RATERS} are the least for a trend."
        return Undefined("too_few_raters", reason), math.nan
    total = float(square.sum())
    slope = float((x * e).sum()) / total
    scores = np.bincount(code, x * (e - slope * x))
    se = math.sqrt(float((scores**2).sum()) * R / (R - 1)) / total
    half = float(student.ppf((1 + confidence) / 2, R - 1)) * se
    if se < ROUNDING:
        return Undefined(
            "no_variation", "All raters keep exactly the same course: there is nothing to test."
        ), math.nan
    p = float(2 * student.sf(abs(slope) / se, R - 1))
    method = f"slope within raters, clustered by rater ({R} raters)"
    return Estimate(slope, slope - half, slope + half, confidence, y.size, method), p


def _bins(
    y: FloatArray, trial: IntArray, rater: IntArray, confidence: float, size: int, *, log: bool
) -> pd.DataFrame:
    """Means by stretches of the sequence, clustered by rater."""
    rows = []
    number = (trial - 1) // size
    for b in np.unique(number):
        at = number == b
        mean = cluster_mean(y[at], rater[at], confidence=confidence)
        value, low, high = (math.exp(v) if log else v for v in (mean.value, mean.low, mean.high))
        rows.append(
            {
                "first": int(b) * size + 1,
                "last": (int(b) + 1) * size,
                "n": int(at.sum()),
                "raters": int(np.unique(rater[at]).size),
                "value": value,
                "low": low if log else max(low, 0.0),
                "high": high if log else min(high, 1.0),
            }
        )
    return pd.DataFrame(rows, columns=["first", "last", "n", "raters", "value", "low", "high"])
