"""The exact bootstrap: votes, raters or prompts are drawn again and every draw is fitted to the end.

All draws are fitted at once. With counts per ordered pair as columns of a matrix, the score of every draw is
one matrix product, and steps H⁺s with the information at θ̂ close in on each draw's own maximum by a constant
factor; the few draws that are slow get Newton steps of their own. A draw whose maximum is infinite (some
generator won or lost everything in it) is left out and counted.

References
----------
Efron (1979), Annals of Statistics 7, 1-26; Davison & Hinkley (1997), Bootstrap Methods and their Application,
ch. 3.8 (clusters) and 5.3 (percentiles).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix

from .arrays import FloatArray
from .blas import one_thread
from .bootstrap import BootstrapDraws
from .data import PairwiseData
from .davidson import DavidsonFit
from .errors import OptionError, TooFewRatersError, require
from .intervals import GeneratorIntervals, contrasts, index_of
from .likelihood import PairCounts, assemble_information, information_terms, probabilities
from .result import Estimate
from .scores import By, cluster_codes

# Steps shrink by a constant factor, so what is left after a step of this size is far smaller.
_TOLERANCE = 1e-5
_STEPS = 25
_RUNAWAY = 15.0
_CHUNK = 2_000_000
# Fixed, so that the same seed gives the same draws on any machine.
_STREAMS = 2


@one_thread()
def exact_bootstrap(
    data: PairwiseData, fitted: DavidsonFit, *, by: By = "rater", draws: int = 1000, seed: int = 0
) -> BootstrapDraws:
    """Refit the model to resampled clusters (or votes).

    Parameters
    ----------
    data : PairwiseData
        n votes on K generators.
    fitted : DavidsonFit
        Of ``data``, by maximum likelihood.
    by : {"rater", "prompt", "rater_prompt", "vote"}
        What is drawn with replacement. ``vote`` is a multinomial draw over (left, right, outcome) and wants
        whole weights; it takes votes as independent, which they are not when raters have tastes.
    draws : int
        B.
    seed : int

    Returns
    -------
    BootstrapDraws
        ``deviations`` of shape (B', K + 2) with B' = B less the draws without a finite maximum, which are
        counted in ``unbounded``.

    Raises
    ------
    OptionError
        For a penalised fit, or votes of fractional weight with ``by="vote"``.
    TooFewRatersError
        With fewer than two clusters.
    """
    require(by, ("rater", "prompt", "rater_prompt", "vote"), "by")
    if fitted.firth:
        raise OptionError(
            "The exact bootstrap refits by maximum likelihood, but this fit is penalised.",
            mend="Use the one-step bootstrap, or fit without Firth's penalty.",
        )
    solver = _Solver(fitted)
    if by == "vote":
        deviations, clusters = _of_votes(solver, data, draws, seed)
    else:
        deviations, clusters = _of_clusters(solver, data, by, draws, seed)
    kept = np.isfinite(deviations).all(axis=1)
    return BootstrapDraws(
        deviations[kept],
        fitted.theta,
        seed,
        "multinomial",
        clusters,
        fitted.generators,
        unbounded=int((~kept).sum()),
    )


def _of_votes(solver: _Solver, data: PairwiseData, draws: int, seed: int) -> tuple[FloatArray, int]:
    counts = _three(data.cells.counts)
    total = float(counts.sum())
    if abs(total - round(total)) > 1e-6 or np.any(np.abs(counts - np.round(counts)) > 1e-6):
        raise OptionError(
            "Votes with fractional weights cannot be drawn one by one.", mend="Resample raters instead."
        )
    share = counts.T.ravel() / total
    parts = [draws // _STREAMS + (i < draws % _STREAMS) for i in range(_STREAMS)]
    rngs = [np.random.default_rng([seed, i]) for i in range(_STREAMS)]

    def work(stream: int) -> FloatArray:
        out = [np.empty((0, solver.size))]
        for size in _chunks(parts[stream], share.size):
            table = rngs[stream].multinomial(round(total), share, size=size)
            out.append(solver.solve(np.ascontiguousarray(table.T, dtype=np.float64)))
        return np.concatenate(out)

    # Both the draws and the arithmetic release the interpreter lock.
    with ThreadPoolExecutor(_STREAMS) as pool:
        found = list(pool.map(work, range(_STREAMS)))
    return np.concatenate(found), round(total)


def _of_clusters(
    solver: _Solver, data: PairwiseData, by: By, draws: int, seed: int
) -> tuple[FloatArray, int]:
    per_cluster = _counts_per_cluster(data, by)
    P, R = data.cells.left.size, per_cluster.shape[1]
    if R < 2:
        raise TooFewRatersError(
            f"A cluster bootstrap needs at least two {by}s.", mend=f"Collect votes from more {by}s."
        )
    rng = np.random.default_rng(seed)
    out = [np.empty((0, solver.size))]
    for size in _chunks(draws, max(3 * P, R)):
        times = rng.multinomial(R, np.full(R, 1 / R), size=size).T.astype(np.float64)
        out.append(solver.solve(np.asarray(per_cluster @ times, dtype=np.float64)))
    return np.concatenate(out), R


@one_thread()
def refit_without_each(data: PairwiseData, fitted: DavidsonFit, *, by: By = "rater") -> FloatArray:
    """Exact change of (θ, γ, log ν) when one cluster's votes are left out, for every cluster.

    Parameters
    ----------
    data : PairwiseData
    fitted : DavidsonFit
        Of ``data``, by maximum likelihood.

    Returns
    -------
    float array, shape (R, K + 2)
        In the order of the clusters that have votes; NaN where what remains has no finite maximum.

    Raises
    ------
    OptionError
        For a penalised fit.
    """
    if fitted.firth:
        raise OptionError("Refits are by maximum likelihood.", mend="Fit without Firth's penalty.")
    per_cluster = _counts_per_cluster(data, by)
    P, R = data.cells.left.size, per_cluster.shape[1]
    total = np.asarray(per_cluster.sum(axis=1), dtype=np.float64).reshape(3 * P, 1)
    solver, out, start = _Solver(fitted), [np.empty((0, len(fitted.generators) + 2))], 0
    for size in _chunks(R, 3 * P):
        part = per_cluster[:, start : start + size].toarray()
        out.append(solver.solve(np.maximum(total - part, 0.0)))
        start += size
    return np.concatenate(out)


def _counts_per_cluster(data: PairwiseData, by: By) -> csc_matrix:
    """Votes of every cluster: outcome (left, right, tie) and pair by cluster, shape (3P, R)."""
    cluster = cluster_codes(data, by)
    R, P = int(cluster.max()) + 1, data.cells.left.size
    weight = np.ones(data.n_rows) if data.weight is None else data.weight
    row = np.minimum(data.outcome, 2) * P + data.row_pair
    return csc_matrix((weight, (row, cluster)), shape=(3 * P, R))


def _three(counts: FloatArray) -> FloatArray:
    """Left, right, tie (with both-bad), shape (P, 3)."""
    return np.column_stack([counts[:, 0], counts[:, 1], counts[:, 2] + counts[:, 3]])


def _chunks(draws: int, cells: int) -> list[int]:
    step = max(1, _CHUNK // cells)
    return [min(step, draws - start) for start in range(0, draws, step)]


@dataclass(frozen=True, eq=False)
class _Solver:
    """Maxima of many tables of counts with the pairs of one fit."""

    fitted: DavidsonFit

    @property
    def size(self) -> int:
        return len(self.fitted.generators) + 2

    def solve(self, table: FloatArray) -> FloatArray:
        """θ* − θ̂ for counts (3P, B), left wins first, then right wins, then ties; shape (B, K + 2).

        NaN for a draw without a finite maximum.
        """
        pairs, K = self.fitted.pairs, self.size - 2
        P = pairs.left.size
        left, right, ties = table[:P], table[P : 2 * P], table[2 * P :]
        apart = pairs.n == 0
        if apart.any():
            left, right, ties = (np.where(apart[:, None], 0.0, x) for x in (left, right, ties))
        if self.fitted.half_win:
            left, right, ties = left + ties / 2, right + ties / 2, np.zeros_like(ties)
        design = np.zeros((P, K + 2))
        rows = np.arange(P)
        design[rows, pairs.left] = 1.0
        design[rows, pairs.right] = -1.0
        design[:, K] = 1.0
        now = ((left - right) / 2, left + right + ties, ties.sum(axis=0))
        start = self._start()[:, None]
        beta = np.repeat(start, table.shape[1], axis=1)
        current, place = beta.copy(), np.arange(table.shape[1])
        for _ in range(_STEPS):
            step = self.fitted.covariance @ self._scores(current, design, *now)
            largest = np.abs(step).max(axis=0)
            current += step * np.minimum(1.0, 2.0 / np.maximum(largest, 1e-300))
            beta[:, place] = current
            keep = largest > _TOLERANCE
            if not keep.all():
                current, place = current[:, keep], place[keep]
                now = (now[0][:, keep], now[1][:, keep], now[2][keep])
            if not place.size:
                break
        for b in place:
            beta[:, b] = self._newton(left[:, b], right[:, b], ties[:, b])
        return (beta - start).T

    def _start(self) -> FloatArray:
        beta = self.fitted.beta
        return np.where(np.isfinite(beta), beta, 0.0)

    def _scores(
        self, beta: FloatArray, design: FloatArray, lead: FloatArray, n: FloatArray, tied: FloatArray
    ) -> FloatArray:
        """Scores of all draws, shape (K + 2, B); in place where that saves passes over memory."""
        a: FloatArray = (design / 2) @ beta
        np.clip(a, -300, 300, out=a)
        np.exp(a, out=a)
        b = 1 / a
        nu = np.exp(beta[-1]) if self.fitted.has_ties else np.zeros(beta.shape[1])
        per_vote = a + b
        per_vote += nu
        np.divide(n, per_vote, out=per_vote)
        a -= b
        a *= per_vote
        a /= -2
        a += lead
        out: FloatArray = design.T @ a
        out[-1] = tied - nu * per_vote.sum(axis=0)
        return out

    def _newton(self, left: FloatArray, right: FloatArray, ties: FloatArray) -> FloatArray:
        """One draw by Newton's method from θ̂; NaN when it runs away."""
        f, K = self.fitted, self.size - 2
        pairs = PairCounts(f.pairs.left, f.pairs.right, left, right, ties, K)
        active = np.concatenate([f.block >= 0, [f.has_position, f.has_ties]])
        beta = f.beta.copy()
        nothing = np.full(self.size, np.nan)
        if f.has_ties and not ties.any():
            return nothing
        for _ in range(60):
            p = probabilities(pairs, beta)
            by_d = (left - right) / 2 - pairs.n * (p.left - p.right) / 2
            score = np.zeros(self.size)
            np.add.at(score, pairs.left, by_d)
            np.add.at(score, pairs.right, -by_d)
            score[K], score[K + 1] = by_d.sum(), (ties - pairs.n * p.tie).sum()
            H = assemble_information(pairs, pairs.n, information_terms(p))[np.ix_(active, active)]
            step = np.zeros(self.size)
            step[active] = np.linalg.pinv(H, rcond=1e-10, hermitian=True) @ score[active]
            largest = float(np.abs(step).max())
            beta = beta + step * min(1.0, 2.0 / max(largest, 1e-300))
            if np.abs(beta[np.isfinite(beta)]).max() > _RUNAWAY:
                return nothing
            if largest <= _TOLERANCE:
                return np.where(np.isfinite(beta), beta, 0.0)
        return nothing


def _words(draws: BootstrapDraws) -> str:
    left_out = f", {draws.unbounded} without a finite maximum left out" if draws.unbounded else ""
    return f"percentiles of {draws.draws} bootstrap draws, seed {draws.seed}{left_out}"


def percentile_intervals(
    draws: BootstrapDraws,
    fitted: DavidsonFit,
    *,
    confidence: float = 0.95,
    anchor: str | None = None,
) -> GeneratorIntervals:
    """Intervals of all generators from percentiles of any bootstrap draws, in logits, shape (K,)."""
    rows = contrasts(fitted, anchor)
    values = draws.deviations @ rows.T
    estimate = rows[:, : fitted.theta.size] @ np.nan_to_num(fitted.theta)
    absent = fitted.block < 0
    tail = (1 - confidence) / 2
    low, high = estimate + np.quantile(values, [tail, 1 - tail], axis=0)
    se: FloatArray = values.std(axis=0, ddof=1)
    for array in (estimate, se, low, high):
        array[absent] = np.nan
    df = np.full(estimate.size, np.inf)
    return GeneratorIntervals(fitted.generators, estimate, se, low, high, df, confidence, _words(draws))


def drawn_difference(
    draws: BootstrapDraws, fitted: DavidsonFit, first: str, second: str, *, confidence: float = 0.95
) -> Estimate:
    """θ_first − θ_second in logits with its percentile interval; NaN with a note when not on one scale."""
    i, j = index_of(fitted, first), index_of(fitted, second)
    if fitted.block[i] < 0 or fitted.block[i] != fitted.block[j]:
        note = "The two are not on one scale: not connected, or separated by one-sided votes."
        return Estimate(np.nan, np.nan, np.nan, confidence, fitted.n, _words(draws), note)
    gap = draws.deviations[:, i] - draws.deviations[:, j]
    tail = (1 - confidence) / 2
    value = float(fitted.theta[i] - fitted.theta[j])
    low, high = value + np.quantile(gap, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), confidence, fitted.n, _words(draws))
