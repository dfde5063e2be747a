"""Wild cluster bootstrap-t: intervals for few raters (or prompts) that lean on no table of t.

For a contrast c, cluster r contributes u_r = cᵀH⁺A_r s_r to the estimate (A_r the CR2 adjustment). A draw
turns every contribution's sign or size by a random w_r (mean 0, variance 1) and studentises itself:

    δ* = Σ w_r u_r,   u*_r = w_r u_r − cᵀH⁺ I_r Σ_q w_q H⁺ s_q,   t* = δ* / √(Σ u*_r²),

the second term being what refitting takes out of cluster r. The interval is θ̂ ∓ quantile(|t*|) · √(Σ u_r²).
Weights are Rademacher's, or Webb's six points below 13 clusters, where 2^R signs are too few.

References
----------
Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90, 414-427; Webb (2014), Queen's
Economics Department Working Paper 1315; Kline & Santos (2012), J. Econometric Methods 1, 23-41 (scores
instead of refits).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import FloatArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import DavidsonFit
from .errors import OptionError, TooFewRatersError
from .intervals import FEW_CLUSTERS, GeneratorIntervals, contrasts, few_clusters, index_of
from .result import Estimate
from .scores import By, cluster_information, cluster_scores

MANY_CLUSTERS = 1000
_WEBB = 13


@dataclass(frozen=True, eq=False)
class WildBootstrap:
    """What every contrast needs; made by `wild_bootstrap`.

    Attributes
    ----------
    contributions : float array, shape (R, K + 2)
        H⁺A_r s_r, the clusters' contributions to the estimate.
    leverage : float array, shape (R, K + 2, K + 2)
        H⁺I_r.
    multipliers : float array, shape (B, R)
    """

    fitted: DavidsonFit
    contributions: FloatArray
    leverage: FloatArray
    multipliers: FloatArray
    by: By
    seed: int

    @property
    def method(self) -> str:
        draws, R = self.multipliers.shape
        weights = "Webb" if R < _WEBB else "Rademacher"
        return (
            f"wild cluster bootstrap-t by {self.by} ({R} clusters), {draws} draws of {weights} weights, "
            f"seed {self.seed}"
        )

    def half_width(self, contrast: FloatArray, confidence: float) -> tuple[float, float]:
        """Standard error of cᵀ(θ, γ, log ν) and half of its interval."""
        u = self.contributions @ contrast
        se = float(np.sqrt((u**2).sum()))
        if se == 0:
            return 0.0, 0.0
        shift = self.multipliers @ self.contributions
        spread = np.einsum("p,rpq->rq", contrast, self.leverage) @ shift.T
        drawn = self.multipliers.T * u[:, None] - spread
        t = np.abs(shift @ contrast) / np.sqrt(np.maximum((drawn**2).sum(axis=0), 1e-300))
        return se, float(np.quantile(t, confidence)) * se

    def intervals(self, *, confidence: float = 0.95, anchor: str | None = None) -> GeneratorIntervals:
        """Interval of each strength against the mean of its block, or against ``anchor``, in logits."""
        f = self.fitted
        rows = contrasts(f, anchor)
        estimate = rows[:, : f.theta.size] @ np.nan_to_num(f.theta)
        se, half = (np.array(x) for x in zip(*(self.half_width(c, confidence) for c in rows), strict=True))
        for array in (estimate, se, half):
            array[f.block < 0] = np.nan
        df = np.full(estimate.size, np.nan)
        return GeneratorIntervals(
            f.generators, estimate, se, estimate - half, estimate + half, df, confidence, self.method
        )

    def difference(self, first: str, second: str, *, confidence: float = 0.95) -> Estimate:
        """θ_first − θ_second in logits with its interval; NaN with a note when not on one scale."""
        f = self.fitted
        i, j = index_of(f, first), index_of(f, second)
        if f.block[i] < 0 or f.block[i] != f.block[j]:
            note = "The two are not on one scale: not connected, or separated by one-sided votes."
            return Estimate(np.nan, np.nan, np.nan, confidence, f.n, self.method, note)
        contrast = np.zeros(f.covariance.shape[0])
        contrast[i] += 1
        contrast[j] -= 1
        _, half = self.half_width(contrast, confidence)
        value = float(f.theta[i] - f.theta[j])
        return Estimate(value, value - half, value + half, confidence, f.n, self.method)


@one_thread()
def wild_bootstrap(
    data: PairwiseData, fitted: DavidsonFit, *, by: By = "rater", draws: int = 999, seed: int = 0
) -> WildBootstrap:
    """Prepare the wild bootstrap for few clusters.

    Parameters
    ----------
    data : PairwiseData
    fitted : DavidsonFit
        Of ``data``.
    by : {"rater", "prompt", "rater_prompt"}
    draws : int
        B.

    Returns
    -------
    WildBootstrap
        With ``intervals()`` of all generators and ``difference(first, second)``.

    Raises
    ------
    OptionError
        Above 1,000 clusters, where the sandwich needs no help.
    TooFewRatersError
        With fewer than two clusters.
    """
    scores = cluster_scores(fitted, data, by)
    R = scores.count
    if R < 2:
        raise TooFewRatersError(
            f"All votes come from one {by}: how much {by}s differ cannot be estimated.",
            mend=f"Collect votes from at least two {by}s; dozens are better.",
            details={"clusters": R},
        )
    if R > MANY_CLUSTERS:
        raise OptionError(
            f"The wild bootstrap is for few clusters, and there are {R:,} {by}s.",
            mend="Use the clustered sandwich: with so many clusters the two agree.",
        )
    information = cluster_information(fitted, data, by)
    contributions = scores.scores @ fitted.covariance
    if R < FEW_CLUSTERS:
        few = few_clusters(fitted, information)
        contributions = np.einsum("rij,rj->ri", few.adjust, scores.scores @ few.root) @ few.root.T
    leverage = np.einsum("ij,rjk->rik", fitted.covariance, information)
    rng = np.random.default_rng(seed)
    if R < _WEBB:
        points = np.sqrt(np.array([1.5, 1.0, 0.5]))
        w = rng.choice(np.concatenate([points, -points]), (draws, R))
    else:
        w = rng.integers(0, 2, (draws, R)) * 2.0 - 1.0
    return WildBootstrap(fitted, contributions, leverage, w, by, seed)
