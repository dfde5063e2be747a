"""Intervals that know that one rater's votes hang together.

Votes of one rater share that rater's taste, so they carry less information than as many votes of as many
raters. The sandwich

    V = H⁺ (Σ_r s_r s_rᵀ) H⁺ · R/(R−1),   t with R−1 degrees of freedom,

adds scores within raters before squaring. Below 40 raters it is too small on average; there the scores are
first divided by the root of one minus their leverage (CR2), which makes the estimate unbiased under the
model, and the degrees of freedom are Satterthwaite's (Bell & McCaffrey).

References
----------
Liang & Zeger (1986) Biometrika 73, 13-22; Bell & McCaffrey (2002) Survey Methodology 28, 169-181;
Pustejovsky & Tipton (2018) J. Business & Economic Statistics 36, 672-683;
Cameron, Gelbach & Miller (2011) J. Business & Economic Statistics 29, 238-249 (two-way).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from .arrays import FloatArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import DavidsonFit
from .errors import TooFewRatersError, UnknownLabelError
from .result import Estimate
from .scores import By, ClusterScores, cluster_information, cluster_scores, score_square
from .strengths import Strengths

FEW_CLUSTERS = 40
Correction = Literal["auto", "none", "cr2"]


@dataclass(frozen=True, eq=False)
class Covariance:
    """Covariance of (θ, γ, log ν) with its provenance.

    Attributes
    ----------
    matrix : float array, shape (K + 2, K + 2)
    clusters : int
        Number of clusters; 0 for the model's own (vote-level) covariance.
    df : float
        Degrees of freedom of t; infinity for the vote-level covariance.
    method : str
        In words, for the page.
    few : _FewClusters or None
        What contrast-specific degrees of freedom need; only below 40 clusters.
    """

    matrix: FloatArray
    clusters: int
    df: float
    method: str
    few: _FewClusters | None = None

    def variance(self, contrast: FloatArray) -> float:
        """cᵀVc for a contrast c of shape (K + 2,)."""
        return max(float(contrast @ self.matrix @ contrast), 0.0)

    def degrees_of_freedom(self, contrast: FloatArray) -> float:
        """R − 1, or Bell-McCaffrey's value for this contrast when clusters are few."""
        return self.df if self.few is None else min(self.df, self.few.satterthwaite(contrast))

    def quantile(self, contrast: FloatArray, confidence: float) -> float:
        """Two-sided critical value for the contrast."""
        df = self.degrees_of_freedom(contrast)
        level = (1 + confidence) / 2
        return float(norm.ppf(level)) if not np.isfinite(df) else float(student.ppf(level, df))


@dataclass(frozen=True, eq=False)
class _FewClusters:
    """Per-cluster information and its CR2 adjustment, in the basis where H⁺ is the identity.

    ``root`` is L with L Lᵀ = H⁺, shape (p, q); ``leverage[r]`` = Lᵀ I_r L, shape (q, q);
    ``adjust[r]`` = (1 − leverage[r])^(−1/2).
    """

    root: FloatArray
    leverage: FloatArray
    adjust: FloatArray

    def satterthwaite(self, contrast: FloatArray) -> float:
        """Degrees of freedom of cᵀVc if the model held: (tr Ω)² / tr(Ω²), with Ω over clusters."""
        c = self.root.T @ contrast
        g = self.adjust @ c  # (R, q)
        image = np.einsum("rij,rj->ri", self.leverage, g)
        omega = np.diag(np.einsum("ri,ri->r", g, image)) - image @ image.T
        total = float(np.trace(omega))
        square = float((omega**2).sum())
        return total**2 / square if square > 0 else 1.0


def model_covariance(fit: Strengths) -> Covariance:
    """H⁺: right if all votes were independent. The vote-level comparison for the clustered one."""
    return Covariance(fit.covariance, 0, np.inf, "inverse Fisher information, votes taken as independent")


@one_thread()
def cluster_covariance(
    fit: DavidsonFit,
    data: PairwiseData,
    *,
    by: By = "rater",
    correction: Correction = "auto",
    scores: ClusterScores | None = None,
) -> Covariance:
    """Cluster-robust sandwich covariance.

    Parameters
    ----------
    fit : DavidsonFit
    data : PairwiseData
        The votes that were fitted.
    by : {"rater", "prompt", "rater_prompt", "vote"}
    correction : {"auto", "none", "cr2"}
        ``auto`` applies CR2 below 40 clusters.
    scores : ClusterScores, optional
        Computed before, to save time.

    Raises
    ------
    TooFewRatersError
        With fewer than two clusters nothing can be said about the variation between them.
    """
    scores = cluster_scores(fit, data, by) if scores is None else scores
    return sandwich(fit, scores, lambda: cluster_information(fit, data, by), correction=correction)


def sandwich(
    fit: Strengths,
    scores: ClusterScores,
    information: Callable[[], FloatArray],
    *,
    correction: Correction = "auto",
) -> Covariance:
    """As `cluster_covariance`, for any model.

    Parameters
    ----------
    fit : Strengths
        p parameters.
    scores : ClusterScores
        s_r, shape (R, p).
    information : function
        Called only when CR2 is wanted: the information of each cluster's votes, shape (R, p, p).
    """
    R, by = scores.count, scores.by
    if R < 2:
        raise TooFewRatersError(
            f"All votes come from one {by}: how much {by}s differ cannot be estimated.",
            mend=f"Collect votes from at least two {by}s; dozens are better.",
            details={"clusters": R},
        )
    use_cr2 = correction == "cr2" or (correction == "auto" and R < FEW_CLUSTERS)
    if not use_cr2:
        half = scores.scores @ fit.covariance
        matrix = half.T @ half * (R / (R - 1))
        words = f"sandwich clustered by {by} ({R} clusters), t with {R - 1} degrees of freedom"
        return Covariance(matrix, R, R - 1, words)
    few = few_clusters(fit, information())
    adjusted = np.einsum("rij,rj->ri", few.adjust, scores.scores @ few.root)
    half = adjusted @ few.root.T
    words = f"sandwich clustered by {by} ({R} clusters), CR2 with Bell-McCaffrey degrees of freedom"
    return Covariance(half.T @ half, R, R - 1, words, few)


@one_thread()
def two_way_covariance(fit: DavidsonFit, data: PairwiseData) -> Covariance:
    """Clustered by rater and by prompt: V_rater + V_prompt − V_rater∩prompt, made non-negative.

    Degrees of freedom are those of the smaller number of clusters.
    """
    rater = cluster_covariance(fit, data, by="rater", correction="none")
    prompt = cluster_covariance(fit, data, by="prompt", correction="none")
    square, R = score_square(fit, data, "rater_prompt")
    # Rater and prompt alone have said already that one cluster is too few.
    both = fit.covariance @ square @ fit.covariance * (R / max(R - 1, 1))
    values, vectors = np.linalg.eigh(rater.matrix + prompt.matrix - both)
    matrix = (vectors * np.maximum(values, 0)) @ vectors.T
    clusters = min(rater.clusters, prompt.clusters)
    words = f"sandwich clustered by rater ({rater.clusters}) and prompt ({prompt.clusters})"
    return Covariance(matrix, clusters, clusters - 1, words)


def few_clusters(fit: Strengths, information: FloatArray) -> _FewClusters:
    """The CR2 adjustment of every cluster, from the information of its votes, shape (R, p, p)."""
    values, vectors = np.linalg.eigh(fit.covariance)
    kept = values > values.max() * 1e-12
    root = vectors[:, kept] * np.sqrt(values[kept])
    leverage = np.einsum("pi,rpq,qj->rij", root, information, root, optimize=True)
    lam, basis = np.linalg.eigh(leverage)
    # A direction that one cluster alone decides (leverage 1) has score 0 there; leave it at 0.
    rest = 1 - lam
    factor = np.where(rest > 1e-8, 1 / np.sqrt(np.maximum(rest, 1e-8)), 0.0)
    adjust = np.einsum("rij,rj,rkj->rik", basis, factor, basis, optimize=True)
    return _FewClusters(root=root, leverage=leverage, adjust=adjust)


@dataclass(frozen=True, eq=False)
class GeneratorIntervals:
    """Intervals of all generators, in logits, each of shape (K,).

    ``estimate`` is θ_i, or θ_i − θ_anchor; NaN where there is no estimate.
    """

    generators: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    df: FloatArray
    confidence: float
    method: str

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "generator": list(self.generators),
                "estimate": self.estimate,
                "se": self.se,
                "low": self.low,
                "high": self.high,
                "df": self.df,
            }
        )


def contrasts(fit: Strengths, anchor: str | None = None) -> FloatArray:
    """Rows that turn (θ, γ, log ν) into anchored strengths, shape (K, number of parameters).

    Without anchor θ has mean 0 in its block already. An anchor holds for its own block.
    """
    K = len(fit.generators)
    rows = np.eye(K, fit.covariance.shape[0])
    if anchor is not None:
        a = index_of(fit, anchor)
        rows[fit.block == fit.block[a], a] -= 1
    return rows


def index_of(fit: Strengths, generator: str) -> int:
    """Position of a generator, or `UnknownLabelError`."""
    try:
        return fit.generators.index(generator)
    except ValueError as error:
        raise UnknownLabelError(
            f"{generator!r} is not among the generators.",
            mend="Choose one of those in the votes.",
            details={"field": "generator", "value": generator},
        ) from error


def generator_intervals(
    fit: Strengths, covariance: Covariance, *, confidence: float = 0.95, anchor: str | None = None
) -> GeneratorIntervals:
    """Interval of each strength against the mean of its block, or against ``anchor``.

    θ̂ ± q·√(cᵀVc) with q from t (clustered) or the normal (vote level).
    """
    rows = contrasts(fit, anchor)
    estimate = rows[:, : len(fit.generators)] @ np.nan_to_num(fit.theta)
    estimate[fit.block < 0] = np.nan
    se = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, covariance.matrix, rows, optimize=True), 0))
    se[fit.block < 0] = np.nan
    if covariance.few is None:
        df = np.full(se.size, covariance.df)
        quantile = np.full(se.size, covariance.quantile(rows[0], confidence))
    else:
        df = np.array([covariance.degrees_of_freedom(row) for row in rows])
        quantile = student.ppf((1 + confidence) / 2, np.maximum(df, 1e-3))
    half = np.where(se > 0, quantile * se, 0 * se)
    return GeneratorIntervals(
        fit.generators, estimate, se, estimate - half, estimate + half, df, confidence, covariance.method
    )


def difference(
    fit: Strengths, covariance: Covariance, first: str, second: str, *, confidence: float = 0.95
) -> Estimate:
    """θ_first − θ_second in logits with its interval; NaN with a note when not on one scale."""
    i, j = index_of(fit, first), index_of(fit, second)
    n = fit.n
    if fit.block[i] < 0 or fit.block[i] != fit.block[j]:
        note = "The two are not on one scale: not connected, or separated by one-sided votes."
        return Estimate(np.nan, np.nan, np.nan, confidence, n, covariance.method, note)
    contrast = np.zeros(fit.covariance.shape[0])
    contrast[i] += 1
    contrast[j] -= 1
    return _estimate(float(fit.theta[i] - fit.theta[j]), contrast, covariance, confidence, n)


def position_interval(fit: Strengths, covariance: Covariance, *, confidence: float = 0.95) -> Estimate:
    """γ in logits with its interval: above 0 means that the left side is favoured."""
    n = fit.n
    if not fit.has_position:
        note = "The model has no position effect."
        return Estimate(np.nan, np.nan, np.nan, confidence, n, covariance.method, note)
    contrast = np.zeros(fit.covariance.shape[0])
    contrast[len(fit.generators)] = 1
    return _estimate(fit.position, contrast, covariance, confidence, n)


def _estimate(
    value: float, contrast: FloatArray, covariance: Covariance, confidence: float, n: float
) -> Estimate:
    half = covariance.quantile(contrast, confidence) * math.sqrt(covariance.variance(contrast))
    return Estimate(value, value - half, value + half, confidence, n, covariance.method)


def design_effect(fit: Strengths, covariance: Covariance) -> FloatArray:
    """Clustered over vote-level variance of each strength, shape (K,): by how much votes hang together."""
    K = len(fit.generators)
    model = np.diag(fit.covariance)[:K]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: FloatArray = np.diag(covariance.matrix)[:K] / model
    ratio[fit.block < 0] = np.nan
    return ratio
