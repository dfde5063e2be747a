"""Simultaneous rank sets: which places each generator may truly hold.

Two generators are told apart when |θ_i − θ_j| / se_ij exceeds the 95 % quantile of the maximum of that ratio
over all pairs (max-T), taken from bootstrap draws. All statements then hold together with the stated
confidence: if all generators were equal, any false separation at all has at most 5 % probability.

References
----------
Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for ranks, Review of Economic Studies 91, 476-518.
Chernozhukov, Chetverikov & Kato (2013), Annals of Statistics 41, 2786-2819 (multiplier max-T).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import BoolArray, FloatArray, IntArray
from .bootstrap import BootstrapDraws
from .intervals import Covariance
from .strengths import Strengths


@dataclass(frozen=True, eq=False)
class RankSets:
    """Rank ranges and groups, all arrays of shape (K,) in the order of ``generators``.

    Attributes
    ----------
    rank : int array
        Place by estimate within the block, 1 is best; 0 where there is no estimate.
    low, high : int array
        Best and worst place that the data leave open.
    better : bool array, shape (K, K)
        ``better[i, j]``: i is told apart from j and above it.
    groups : tuple of tuple of int
        Statistically tied runs: generators next to each other in the ranking, no two of them told apart;
        each run is as long as possible, so runs overlap.
    critical : float
        Critical value of the max-T, for comparison with 1.96.
    """

    generators: tuple[str, ...]
    rank: IntArray
    low: IntArray
    high: IntArray
    better: BoolArray
    groups: tuple[tuple[int, ...], ...]
    critical: float
    confidence: float

    def memberships(self) -> tuple[tuple[int, ...], ...]:
        """For each generator the runs (counted from 1) it belongs to."""
        out: list[list[int]] = [[] for _ in self.generators]
        for number, members in enumerate(self.groups, start=1):
            for member in members:
                out[member].append(number)
        return tuple(tuple(x) for x in out)

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "generator": list(self.generators),
                "rank": self.rank,
                "rank_low": self.low,
                "rank_high": self.high,
                "groups": self.memberships(),
            }
        )


def rank_sets(
    fit: Strengths, covariance: Covariance, draws: BootstrapDraws, *, confidence: float = 0.95
) -> RankSets:
    """Rank ranges that hold simultaneously for all generators of a block.

    Parameters
    ----------
    fit : Strengths
    covariance : Covariance
        Clustered, for se_ij.
    draws : BootstrapDraws
        B draws of θ* − θ̂ for the law of the maximum. Each draw is divided by √(χ²_f / f), f the degrees of
        freedom, so that few raters widen the critical value as t does for a single interval.
    confidence : float

    Notes
    -----
    low_i = 1 + #{j told above i}, high_i = size − #{j told below i}.
    """
    K = fit.theta.size
    rank, low, high = (np.zeros(K, dtype=np.int64) for _ in range(3))
    better = np.zeros((K, K), dtype=np.bool_)
    groups: list[tuple[int, ...]] = []
    blocks = [np.flatnonzero(fit.block == b) for b in np.unique(fit.block[fit.block >= 0])]
    scaled = _scaled(draws, covariance.df)
    V = covariance.matrix[:K, :K]
    weights = _inverse_se(V)
    critical = _max_t(scaled, blocks, weights, confidence)
    for member in blocks:
        gap = fit.theta[member][:, None] - fit.theta[member][None, :]
        above = gap * weights[np.ix_(member, member)] > critical
        order = member[np.argsort(-fit.theta[member], kind="stable")]
        rank[order] = np.arange(1, member.size + 1)
        low[member] = 1 + above.sum(axis=0)
        high[member] = member.size - above.sum(axis=1)
        better[np.ix_(member, member)] = above
        groups += _runs(order, better)
    return RankSets(fit.generators, rank, low, high, better, tuple(groups), critical, confidence)


def _scaled(draws: BootstrapDraws, df: float) -> FloatArray:
    """Deviations transposed to (K, B) and studentised."""
    theta = draws.deviations[:, : draws.theta.size].T
    if not np.isfinite(df):
        return np.ascontiguousarray(theta)
    rng = np.random.default_rng([draws.seed, 1])
    return np.ascontiguousarray(theta / np.sqrt(rng.chisquare(df, draws.draws) / df))


def _inverse_se(V: FloatArray) -> FloatArray:
    """1/se_ij, with 0 where a difference has no variance (the pair then decides nothing)."""
    d = np.diag(V)
    variance = d[:, None] + d[None, :] - 2 * V
    scale = float(d.max(initial=0.0))
    with np.errstate(divide="ignore"):
        return np.where(variance > 1e-12 * scale, 1 / np.sqrt(np.maximum(variance, 1e-300)), 0.0)


def _max_t(scaled: FloatArray, blocks: list[IntArray], weights: FloatArray, confidence: float) -> float:
    """Quantile over draws of the largest |δ_i − δ_j| / se_ij within any block."""
    largest = np.zeros(scaled.shape[1])
    for member in blocks:
        part, w = scaled[member], weights[np.ix_(member, member)]
        for i in range(member.size - 1):
            gap = np.abs(part[i + 1 :] - part[i])
            gap *= w[i, i + 1 :, None]
            np.maximum(largest, gap.max(axis=0), out=largest)
    return float(np.quantile(largest, confidence)) if blocks else float("nan")


def _runs(order: IntArray, better: BoolArray) -> list[tuple[int, ...]]:
    """Longest runs of neighbours in the ranking among which nobody is told apart."""
    runs: list[tuple[int, ...]] = []
    end_before = 0
    start = 0
    for end in range(1, order.size + 1):
        while better[np.ix_(order[start:end], order[start:end])].any():
            if end - 1 > end_before:
                runs.append(tuple(int(x) for x in order[start : end - 1]))
                end_before = end - 1
            start += 1
    runs.append(tuple(int(x) for x in order[start:]))
    return runs
