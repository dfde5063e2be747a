"""Which metric adds something of its own? Rank correlations with people, plain and given the other metrics.

With R the matrix of Spearman correlations of the human value and the metrics, the partial correlation of
human and metric j given all others is −P_0j / √(P_00 P_jj), P = R⁻¹. Intervals are percentiles of bootstrap
draws of prompts (pictures of one prompt hang together); ranks are taken once.

References
----------
Kendall & Gibbons (1990), Rank Correlation Methods, ch. 8 (partial); Davison & Hinkley (1997), ch. 3.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from .arrays import FloatArray, IntArray
from .errors import MissingColumnError
from .result import Estimate, Undefined

MIN_ROWS = 10


@dataclass(frozen=True, eq=False)
class PartialCorrelations:
    """Correlations with people by metric, and among the metrics.

    Attributes
    ----------
    plain, partial : dict of str to Estimate
        Spearman's ρ with the human value: as it is, and given all other metrics.
    metrics : DataFrame
        Spearman correlations among the metrics.
    n : int
        Complete rows.
    """

    plain: dict[str, Estimate]
    partial: dict[str, Estimate]
    metrics: pd.DataFrame
    n: int

    def to_frame(self) -> pd.DataFrame:
        rows = [
            {"metric": name, "kind": kind} | estimate.to_dict()
            for kind, found in (("plain", self.plain), ("partial", self.partial))
            for name, estimate in found.items()
        ]
        return pd.DataFrame(rows)


def partial_correlations(
    df: pd.DataFrame,
    metrics: Sequence[str],
    *,
    human: str = "human",
    by: str = "prompt",
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> PartialCorrelations | Undefined:
    """Plain and partial rank correlations.

    Parameters
    ----------
    df : DataFrame
        One row per picture (or comparison, with differences): the human value and one column per metric.
    metrics : sequence of str
        Columns; turned so that larger is better.
    by : str
        Column of clusters; rows are drawn one by one when it is absent.

    Returns
    -------
    PartialCorrelations
    Undefined
        ``too_few`` below 10 complete rows more than metrics, ``constant``, ``collinear`` (one metric is a
        function of the others).
    """
    names = list(dict.fromkeys(metrics))
    missing = [name for name in (human, *names) if name not in df.columns]
    if missing or not names:
        raise MissingColumnError(
            f"There is no column {', '.join(missing) or 'of a metric'}.",
            mend="Name the human value and metrics.",
        )
    values = df[[human, *names]].to_numpy(dtype=np.float64)
    complete = np.isfinite(values).all(axis=1)
    x = values[complete]
    n = x.shape[0]
    if n < MIN_ROWS + len(names):
        return Undefined("too_few", f"{n} complete rows are too few for {len(names)} metrics.")
    if (np.ptp(x, axis=0) == 0).any():
        return Undefined("constant", "A metric or the human value is the same everywhere.")
    ranks = np.column_stack([rankdata(column) for column in x.T])
    R = np.corrcoef(ranks.T)
    if np.linalg.cond(R) > 1e8:
        return Undefined("collinear", "One metric orders the pictures exactly as others together do.")
    code = np.arange(n)
    if by in df.columns:
        code, _ = pd.factorize(df[by][complete])
    drawn = _bootstrap(ranks, code.astype(np.int64), draws, seed)
    words = f"Spearman's ρ, {draws} bootstrap draws of {by if by in df.columns else 'rows'}, seed {seed}"
    plain, partial = {}, {}
    point = _partial(R[None])[0]
    drawn_partial = _partial(drawn)
    for j, name in enumerate(names, start=1):
        plain[name] = _estimate(float(R[0, j]), drawn[:, 0, j], n, confidence, words)
        partial[name] = _estimate(
            float(point[j - 1]), drawn_partial[:, j - 1], n, confidence, f"partial {words}"
        )
    among = pd.DataFrame(R[1:, 1:], index=names, columns=names)
    return PartialCorrelations(plain, partial, among, n)


def _bootstrap(ranks: FloatArray, code: IntArray, draws: int, seed: int) -> FloatArray:
    """Correlation matrices of resampled clusters, from sums per cluster; shape (B, p, p)."""
    p = ranks.shape[1]
    z = (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)
    G = int(code.max()) + 1
    size = np.bincount(code, minlength=G).astype(np.float64)
    first = np.zeros((G, p))
    np.add.at(first, code, z)
    second = np.zeros((G, p, p))
    np.add.at(second, code, z[:, :, None] * z[:, None, :])
    times = np.random.default_rng(seed).multinomial(G, np.full(G, 1 / G), size=draws).astype(np.float64)
    total = times @ size
    mean = times @ first / total[:, None]
    moment = (times @ second.reshape(G, p * p)).reshape(-1, p, p) / total[:, None, None]
    cov = moment - mean[:, :, None] * mean[:, None, :]
    sd = np.sqrt(np.maximum(np.einsum("bii->bi", cov), 1e-300))
    out: FloatArray = cov / (sd[:, :, None] * sd[:, None, :])
    return out


def _partial(R: FloatArray) -> FloatArray:
    """Partial correlations of the first with each other variable, shape (B, p − 1)."""
    P = np.linalg.pinv(R, hermitian=True)
    scale = np.sqrt(np.maximum(P[:, :1, 0] * np.einsum("bii->bi", P)[:, 1:], 1e-300))
    out: FloatArray = -P[:, 0, 1:] / scale
    return out


def _estimate(value: float, drawn: FloatArray, n: int, confidence: float, method: str) -> Estimate:
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), confidence, n, method)
