"""What a metric is worth as a selector: the human strength of its pick among N pictures of one prompt.

N of the M pictures of a prompt are drawn at random without replacement; the metric takes the one with its
highest score. With pictures in ascending order of the score, the k-th is taken with probability
C(k−1, N−1) / C(M, N), and pictures of equal score share theirs. The mean human strength of the pick lies
between that of a random pick and that of an oracle who knows the human strengths:

    efficiency = (metric − random) / (oracle − random).

Human strengths from few votes are noisy, and the oracle picks the lucky ones: efficiency is then too low
rather than too high.

References
----------
Stiennon et al. (2020), Learning to summarize from human feedback, NeurIPS 33 (best-of-N); Cochran (1977),
Sampling Techniques, ch. 6 (ratio interval).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaln
from scipy.stats import t as student

from .arrays import FloatArray, IntArray
from .encoding import encode
from .errors import MissingColumnError
from .result import Estimate, Undefined

SIZES = tuple(range(2, 17))


@dataclass(frozen=True, eq=False)
class Selection:
    """Best-of-N for every N that some prompt has pictures for.

    Attributes
    ----------
    frame : DataFrame
        Columns N, prompts (with N pictures or more), random, metric, oracle (mean human strength),
        efficiency, low, high (ratio interval over prompts; NaN below 2 prompts).
    confidence : float
    """

    frame: pd.DataFrame
    confidence: float
    method: str

    def efficiency(self, N: int) -> Estimate | Undefined:
        """Efficiency at one N."""
        at = self.frame[self.frame["N"] == N]
        if at.empty:
            return Undefined("too_few_pictures", f"No prompt has {N} scored pictures of unequal strength.")
        row = at.iloc[0]
        return Estimate(
            float(row["efficiency"]),
            float(row["low"]),
            float(row["high"]),
            self.confidence,
            float(row["prompts"]),
            self.method,
        )

    def to_frame(self) -> pd.DataFrame:
        return self.frame.copy()


def selector_efficiency(
    df: pd.DataFrame,
    *,
    higher_is_better: bool = True,
    sizes: Sequence[int] = SIZES,
    confidence: float = 0.95,
) -> Selection | Undefined:
    """Best-of-N efficiency of a metric.

    Parameters
    ----------
    df : DataFrame
        One row per picture: ``prompt``, ``human`` (strength in any unit, larger is better: a strength in
        logits, a share of wins, a mean opinion) and ``score``. Rows with a gap are left out.

    Returns
    -------
    Selection
    Undefined
        ``too_few_pictures`` when no prompt has two complete pictures; ``constant`` when people see no
        difference.
    """
    missing = [name for name in ("prompt", "human", "score") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Selection needs prompt, human, score."
        )
    human = df["human"].to_numpy(dtype=np.float64)
    score = df["score"].to_numpy(dtype=np.float64) * (1 if higher_is_better else -1)
    known = np.isfinite(human) & np.isfinite(score)
    if not known.any():
        return Undefined("too_few_pictures", "No picture has both a human strength and a score.")
    prompt = encode(df["prompt"][known], "prompt")[0].astype(np.int64)
    human, score = human[known], score[known]
    M = np.bincount(prompt)[prompt]
    by_score, by_human = _places(prompt, score), _places(prompt, human)
    rows = []
    for N in sorted(set(sizes)):
        use = (M >= N) & (N >= 2)
        if not use.any():
            continue
        _, code = np.unique(prompt[use], return_inverse=True)
        totals = [
            np.bincount(code, human[use] * weight)
            for weight in (
                1 / M[use],
                _chance(by_score, M, N)[use],
                _chance(by_human, M, N)[use],
            )
        ]
        random, metric, oracle = (np.asarray(x, dtype=np.float64) for x in totals)
        if (oracle - random).sum() <= 1e-12 * np.abs(human).sum():
            continue
        ratio, low, high = _ratio(metric - random, oracle - random, confidence)
        rows.append((N, random.size, random.mean(), metric.mean(), oracle.mean(), ratio, low, high))
    if not rows:
        if (M < 2).all():
            return Undefined("too_few_pictures", "No prompt has two pictures with strength and score.")
        return Undefined("constant", "All pictures of a prompt have the same human strength.")
    names = ["N", "prompts", "random", "metric", "oracle", "efficiency", "low", "high"]
    words = "expected pick over all sets of N, ratio interval over prompts"
    return Selection(pd.DataFrame(rows, columns=names), confidence, words)


@dataclass(frozen=True, eq=False)
class _Places:
    """Within the prompt: pictures with a smaller value, and pictures with an equal one (itself included)."""

    below: IntArray
    equal: IntArray


def _places(prompt: IntArray, value: FloatArray) -> _Places:
    order = np.lexsort((value, prompt))
    p, v = prompt[order], value[order]
    first = np.r_[True, (p[1:] != p[:-1]) | (v[1:] != v[:-1])]
    run = np.cumsum(first) - 1
    start = np.flatnonzero(first)
    prompt_start = np.searchsorted(p, p[start])
    below, equal = np.empty_like(prompt), np.empty_like(prompt)
    below[order] = (start - prompt_start)[run]
    equal[order] = np.bincount(run)[run]
    return _Places(below, equal)


def _chance(places: _Places, M: IntArray, N: int) -> FloatArray:
    """Chance that a picture is the pick: [C(below + equal, N) − C(below, N)] / C(M, N), shared by equals."""
    upto = _ratio_of_choices(places.below + places.equal, M, N)
    under = _ratio_of_choices(places.below, M, N)
    return np.asarray((upto - under) / places.equal, dtype=np.float64)


def _ratio_of_choices(a: IntArray, M: IntArray, N: int) -> FloatArray:
    """C(a, N) / C(M, N), 0 where a < N or M < N."""
    good = (a >= N) & (M >= N)
    top, all_ = np.where(good, a, N).astype(np.float64), np.where(good, M, N).astype(np.float64)
    log = gammaln(top + 1) - gammaln(top - N + 1) - gammaln(all_ + 1) + gammaln(all_ - N + 1)
    return np.where(good, np.exp(log), 0.0)


def _ratio(top: FloatArray, bottom: FloatArray, confidence: float) -> tuple[float, float, float]:
    """Σ top / Σ bottom with its linearised interval over prompts."""
    value = float(top.sum() / bottom.sum())
    n = top.size
    if n < 2:
        return value, math.nan, math.nan
    rest = top - value * bottom
    se = math.sqrt(float((rest**2).sum()) * n / (n - 1)) / float(bottom.sum())
    half = float(student.ppf((1 + confidence) / 2, n - 1)) * se
    return value, value - half, value + half
