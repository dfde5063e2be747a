"""Raters who are too alike, and raters who favour one generator beyond taste.

**Pairs of raters.** On m comparisons that both answered, two raters gave the same answer a times. If they
answered independently, item i would be answered alike with probability p_i, estimated from all other pairs of
raters on that item and drawn towards the study's rate where those are few,

    p_i = (agreeing pairs on i, these two left out + 4 p̄) / (pairs on i − 1 + 4).

P(A ≥ a) is bounded by the binomial with the mean of p_i (Hoeffding 1956), so the p-value is never too small
for want of equal items. Holm's correction holds over all pairs with enough in common.

**One generator favoured.** A rater's wins (ties one half) with generator g are set against the expectation E
and variance V of the fitted model. Honest tastes differ, so the variance is V + τ² V², with τ² (logit²) such
that the median rater and generator is ordinary. Holm's correction holds over raters and generators.

References
----------
Hoeffding (1956), Annals of Mathematical Statistics 27, 713-721; Holm (1979), Scandinavian Journal of
Statistics 6, 65-70; Wesolowsky (2000), Detecting excessive similarity in answers on multiple
choice exams, J. Applied Statistics 27, 909-921.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags_array, triu
from scipy.stats import binom, norm

from .arrays import FloatArray, IntArray
from .canonical import canonical_votes
from .data import LEFT, RIGHT, PairwiseData
from .davidson import DavidsonFit
from .encoding import encode
from .errors import AnalyticsError, MissingColumnError
from .likelihood import PairCounts, probabilities
from .result import Undefined

_SHRINK = 4.0
_MEDIAN_CHI2 = 0.4549364231195724  # of one degree of freedom


@dataclass(frozen=True, eq=False)
class Findings:
    """Suspicious cases, most improbable first.

    Attributes
    ----------
    frame : DataFrame
        One row per case; see the function for its columns. ``evidence`` is in words.
    tested : int
        How many cases were looked at, which the correction accounts for.
    alpha : float
        Chance of any false case, over all tested.
    method : str
    """

    frame: pd.DataFrame
    tested: int
    alpha: float
    method: str

    def to_frame(self) -> pd.DataFrame:
        return self.frame.copy()


def similar_raters(df: pd.DataFrame, *, alpha: float = 0.01, at_least: int = 10) -> Findings | Undefined:
    """Pairs of raters who agree improbably often.

    Parameters
    ----------
    df : DataFrame
        Columns ``rater``, ``left``, ``right``, ``outcome``, and ``comparison`` or ``prompt``; optional
        ``kind`` (only ``regular`` rows count).
    alpha : float
        Family-wise error over all pairs tested.
    at_least : int
        Comparisons in common that a pair needs to be tested.

    Returns
    -------
    Findings
        Columns first, second, common, alike, expected, p, p_adjusted, evidence.
    Undefined
        ``no_overlap`` when no two raters share ``at_least`` comparisons.
    """
    if "rater" not in df.columns:
        raise MissingColumnError("There is no column rater.", mend="Name the raters.")
    votes_frame = df[df["kind"] == "regular"] if "kind" in df.columns else df
    none = Undefined("no_overlap", f"No two raters answered {at_least} comparisons in common.")
    if votes_frame.empty:
        return none
    codes, labels = encode(votes_frame["rater"], "rater")
    votes = canonical_votes(votes_frame)
    rater, item, answer = codes.astype(np.int64), votes.item, votes.answer
    once = ~pd.Series(rater * votes.n_items + item).duplicated().to_numpy()
    rater, item, answer = rater[once], item[once], answer[once]
    first, second, common, alike, expected = _pairs(rater, item, answer, len(labels), votes.n_items, at_least)
    if not common.size:
        return none
    rate = np.clip(expected / common, 0.0, 1.0)
    p = np.asarray(binom.sf(alike - 1, common, rate), dtype=np.float64)
    adjusted = holm(p)
    frame = pd.DataFrame(
        {
            "first": [labels[i] for i in first],
            "second": [labels[i] for i in second],
            "common": common.astype(np.int64),
            "alike": alike.astype(np.int64),
            "expected": expected,
            "p": p,
            "p_adjusted": adjusted,
        }
    )
    frame = frame[adjusted < alpha].sort_values(["p", "first", "second"], ignore_index=True)
    frame["evidence"] = [
        f"The same answer on {row.alike} of {row.common} comparisons, where {row.expected:.0f} were to be "
        f"expected; probability {row.p_adjusted:.2g} over all {p.size:,} pairs of raters."
        for row in frame.itertuples()
    ]
    words = f"binomial bound on independent answers, Holm over {p.size:,} pairs of raters"
    return Findings(frame, int(p.size), alpha, words)


def _pairs(
    rater: IntArray, item: IntArray, answer: IntArray, R: int, N: int, at_least: int
) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray]:
    """Pairs with enough in common: codes, common items, equal answers, expected equal answers."""
    counts = np.bincount(item * 4 + answer, minlength=N * 4).reshape(N, 4).astype(np.float64)
    size = counts.sum(axis=1)
    same, pairs = (counts * (counts - 1)).sum(axis=1) / 2, size * (size - 1) / 2
    overall = float(same.sum() / max(pairs.sum(), 1.0))
    room = np.maximum(pairs - 1, 0) + _SHRINK
    # Leaving two raters out takes one agreeing pair away if they agree on the item, none if they do not.
    if_same = diags_array((same - 1 + _SHRINK * overall) / room)
    if_not = diags_array((same + _SHRINK * overall) / room)
    seen = csr_matrix((np.ones(item.size), (rater, item)), shape=(R, N))
    common = triu(seen @ seen.T, k=1).tocoo()
    keep = common.data >= at_least
    first, second = common.row[keep].astype(np.int64), common.col[keep].astype(np.int64)
    alike = csr_matrix((R, R))
    expected = seen @ if_not @ seen.T
    for value in range(4):
        own = answer == value
        part = csr_matrix((np.ones(int(own.sum())), (rater[own], item[own])), shape=(R, N))
        alike = alike + part @ part.T
        expected = expected + part @ (if_same - if_not) @ part.T
    pick = (first, second)
    if not first.size:
        # scipy answers an empty selection with a matrix.
        none = np.empty(0)
        return first, second, none, none, none
    return (
        first,
        second,
        np.asarray(common.data[keep], dtype=np.float64),
        np.asarray(csr_matrix(alike)[pick], dtype=np.float64).ravel(),
        np.asarray(csr_matrix(expected)[pick], dtype=np.float64).ravel(),
    )


def favoured_generators(
    data: PairwiseData, fitted: DavidsonFit, *, alpha: float = 0.01, at_least: int = 10
) -> Findings:
    """Raters whose votes for (or against) one generator go beyond what tastes explain.

    Parameters
    ----------
    data : PairwiseData
        n votes that name their raters.
    fitted : DavidsonFit
        Of ``data``, with Davidson ties.
    alpha : float
        Family-wise error over raters and generators, both directions.
    at_least : int
        Votes of a rater on a generator that are needed to test it.

    Returns
    -------
    Findings
        Columns rater, generator, votes, won (ties one half), expected, direction (``for``, ``against``), z,
        p, p_adjusted, evidence. A rater who favours one generator is also against the others, so the
        strongest row tells the story.

    Raises
    ------
    AnalyticsError
        When the votes name no raters.
    """
    if not data.has_raters:
        raise AnalyticsError("The votes name no raters.", mend="Add a rater column.")
    n, won, expected, variance = _by_rater_and_generator(data, fitted)
    tested = (n >= at_least) & (variance > 0)
    gap, v = (won - expected)[tested], variance[tested]
    z = gap / np.sqrt(v + _taste_variance(gap, v) * v**2)
    p = np.asarray(2 * norm.sf(np.abs(z)), dtype=np.float64)
    r, g = np.nonzero(tested)
    frame = pd.DataFrame(
        {
            "rater": [data.raters[i] for i in r],
            "generator": [data.generators[i] for i in g],
            "votes": n[tested],
            "won": won[tested],
            "expected": expected[tested],
            "direction": np.where(z > 0, "for", "against"),
            "z": z,
            "p": p,
            "p_adjusted": holm(p),
        }
    )
    frame = frame[frame["p_adjusted"] < alpha].sort_values(["p", "rater"], ignore_index=True)
    frame["evidence"] = [
        f"{row.generator} won {row.won:g} of this rater's {row.votes:g} votes on it, where "
        f"{row.expected:.1f} were to be expected; probability {row.p_adjusted:.2g} over all raters and "
        "generators, tastes accounted for."
        for row in frame.itertuples()
    ]
    words = f"wins against the fitted model with tastes, Holm over {p.size:,} raters and generators"
    return Findings(frame, int(p.size), alpha, words)


def _by_rater_and_generator(
    data: PairwiseData, fitted: DavidsonFit
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Votes, wins, expected wins and their variance, each of shape (R, K)."""
    cells, K, R = data.cells, data.n_generators, data.n_clusters
    zero = np.zeros(cells.left.size)
    p = probabilities(PairCounts(cells.left, cells.right, zero, zero, zero, K), fitted.beta)
    mean = p.left + p.tie / 2
    variance = p.left + p.tie / 4 - mean**2
    weight = np.ones(data.n_rows) if data.weight is None else data.weight
    points = np.select([data.outcome == LEFT, data.outcome == RIGHT], [1.0, 0.0], 0.5)
    at = data.rater.astype(np.int64) * K
    estimable = (fitted.block[data.left] >= 0) & (fitted.block[data.left] == fitted.block[data.right])
    weight = weight * estimable

    def gather(for_left: FloatArray, for_right: FloatArray) -> FloatArray:
        out = np.bincount(at + data.left, for_left * weight, R * K)
        out += np.bincount(at + data.right, for_right * weight, R * K)
        return np.asarray(out, dtype=np.float64).reshape(R, K)

    expected = mean[data.row_pair]
    spread = variance[data.row_pair]
    one = np.ones(data.n_rows)
    return (
        gather(one, one),
        gather(points, 1 - points),
        gather(expected, 1 - expected),
        gather(spread, spread),
    )


def _taste_variance(gap: FloatArray, v: FloatArray) -> float:
    """τ² at which the median of gap² / (v + τ² v²) is that of χ²₁; 0 when tastes do not show."""

    def median(tau2: float) -> float:
        return float(np.median(gap**2 / (v + tau2 * v**2)))

    if not gap.size or median(0.0) <= _MEDIAN_CHI2:
        return 0.0
    low, high = 0.0, 1.0
    while median(high) > _MEDIAN_CHI2 and high < 1e6:
        high *= 4
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if median(middle) > _MEDIAN_CHI2 else (low, middle)
    return high


def holm(p: FloatArray) -> FloatArray:
    """Holm's adjusted p-values, any order, shape (M,)."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * (p.size - np.arange(p.size))
    out = np.empty(p.size)
    out[order] = np.minimum(np.maximum.accumulate(scaled), 1.0) if p.size else scaled
    return out
