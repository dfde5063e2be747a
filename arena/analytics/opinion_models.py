"""Ratings cleaned the standard ways: BT.500 screening of raters, and bias with inconsistency (P.913).

References
----------
ITU-R BT.500-14 (2019), annex 1 to part 1, A1-2.3 (screening); ITU-T P.913 (2021), 12.4 and 12.6;
Li, Bampis, Krasula, Janowski & Katsavounidis (2020), A simple model for subject behavior in subjective
experiments, Human Vision and Electronic Imaging;
Smyth (2004), Statistical Applications in Genetics and Molecular Biology 3, article 3 (variances that lean on
the pooled one).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import FloatArray, IntArray
from .encoding import encode
from .errors import MissingColumnError, NoVotesError

# Degrees of freedom that each rater's spread borrows from the pooled one.
_BORROWED = 4.0


@dataclass(frozen=True, eq=False)
class Screening:
    """BT.500 counts per rater and the verdict.

    ``frame``: rater, n, above (P), below (Q), outside = (P+Q)/n, lopsided = |P−Q|/(P+Q), rejected.
    """

    frame: pd.DataFrame

    @property
    def rejected(self) -> tuple[str, ...]:
        return tuple(self.frame.loc[self.frame["rejected"], "rater"])

    def to_frame(self) -> pd.DataFrame:
        return self.frame.copy()


@dataclass(frozen=True, eq=False)
class OpinionModel:
    """Opinion u = ψ_item + bias_rater + N(0, inconsistency_rater²), fitted.

    ``items``: item, score (ψ), se, n. ``raters``: rater, bias (mean 0), inconsistency (sd), n.
    """

    items: pd.DataFrame
    raters: pd.DataFrame
    converged: bool
    iterations: int

    def to_frame(self) -> pd.DataFrame:
        return self.items.copy()


def _encoded(df: pd.DataFrame) -> tuple[IntArray, list[str], IntArray, list[str], FloatArray]:
    missing = [name for name in ("item", "rater", "rating") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Ratings need item, rater and rating."
        )
    rated = df[df["rating"].notna()]
    if rated.empty:
        raise NoVotesError("There are no ratings.", mend="Collect ratings, or widen the filter.")
    item, items = encode(rated["item"], "item")
    rater, raters = encode(rated["rater"], "rater")
    values = pd.to_numeric(rated["rating"]).to_numpy(dtype=np.float64)
    return item.astype(np.int64), items, rater.astype(np.int64), raters, values


def screen_bt500(df: pd.DataFrame) -> Screening:
    """Reject raters whose ratings scatter on both sides of everyone's, as BT.500 does.

    Parameters
    ----------
    df : DataFrame
        Columns ``item``, ``rater``, ``rating``.

    Notes
    -----
    For each item with mean m, standard deviation s and kurtosis β₂ = m₄/m₂², a rating counts as above
    (below) when it is at least m + c·s (at most m − c·s), c = 2 for 2 ≤ β₂ ≤ 4 and √20 otherwise. A rater is
    rejected when more than 5 % of the ratings are outside and |P − Q|/(P + Q) < 0.3. The rule
    presumes that most raters rated most items; with few ratings per item s is too uncertain for it, and
    items with fewer than 3 ratings or no spread are left out.
    """
    item, items, rater, raters, u = _encoded(df)
    N, R = len(items), len(raters)
    n = np.bincount(item, minlength=N).astype(np.float64)
    mean = np.bincount(item, u, N) / n
    gap = u - mean[item]
    m2, m4 = np.bincount(item, gap**2, N) / n, np.bincount(item, gap**4, N) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        kurtosis = m4 / m2**2
        s = np.sqrt(m2 * n / (n - 1))
    c = np.where((kurtosis >= 2) & (kurtosis <= 4), 2.0, np.sqrt(20))
    usable = (n >= 3) & (m2 > 0)
    limit = np.where(usable, c * s, np.inf)
    above = np.bincount(rater, gap >= limit[item], R)
    below = np.bincount(rater, gap <= -limit[item], R)
    total = np.bincount(rater, minlength=R)
    outside = (above + below) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        lopsided = np.abs(above - below) / (above + below)
    rejected = (outside > 0.05) & (lopsided < 0.3)
    frame = pd.DataFrame(
        {
            "rater": raters,
            "n": total,
            "above": above.astype(int),
            "below": below.astype(int),
            "outside": outside,
            "lopsided": lopsided,
            "rejected": rejected,
        }
    )
    return Screening(frame)


def bias_inconsistency(df: pd.DataFrame, *, tol: float = 1e-9, max_iter: int = 1000) -> OpinionModel:
    """Scores of items with each rater's bias taken off and weighted by each rater's consistency.

    Alternates, until no score moves by more than ``tol``: bias_r = mean(u − ψ),
    v_r² = (Σ residual² + 4 v²) / (f_r + 4), ψ_i = Σ (u − bias_r)/v_r² / Σ 1/v_r² over the item's ratings
    (P.913, 12.6, but for f_r and v).

    Parameters
    ----------
    df : DataFrame
        Columns ``item``, ``rater``, ``rating``. Raters and items should overlap.

    Notes
    -----
    f_r = n_r − 1 − Σ_i h_ir with h_ir the share of rater r in the weight of item i. P.913 divides by n_r:
    then consistent raters, who pull the scores towards themselves, look more consistent than they are,
    and se_i = (Σ 1/v_r²)^(−1/2) comes out too small. v² is the pooled variance of residuals: a rater with
    few ratings, or one who rated with few others, has residuals near 0 whatever the inconsistency, and with
    nothing to lean on would take the scores over at a standard error near 0. After dozens of ratings v
    hardly counts. v_r is also kept above a hundredth of the overall spread.
    """
    item, items, rater, raters, u = _encoded(df)
    N, R = len(items), len(raters)
    n_item, n_rater = np.bincount(item, minlength=N), np.bincount(rater, minlength=R)
    floor = max(float(u.std()) / 100, 1e-12)
    psi = np.bincount(item, u, N) / n_item
    bias, spread = np.zeros(R), np.ones(R)
    spare = max(u.size - R - N + 1, 1)
    weight_sum = n_item.astype(np.float64)
    share = 1 / weight_sum[item]
    converged, iteration = False, 0
    while not converged and iteration < max_iter:
        iteration += 1
        bias = np.bincount(rater, u - psi[item], R) / n_rater
        bias -= np.average(bias, weights=n_rater)
        square = np.bincount(rater, (u - psi[item] - bias[rater]) ** 2, R)
        freedom = np.maximum(n_rater - 1 - np.bincount(rater, share, R), 0.0)
        leant = (square + _BORROWED * square.sum() / spare) / (freedom + _BORROWED)
        spread = np.maximum(np.sqrt(leant), floor)
        w = 1 / spread[rater] ** 2
        weight_sum = np.bincount(item, w, N).astype(np.float64)
        share = w / weight_sum[item]
        moved = np.bincount(item, w * (u - bias[rater]), N) / weight_sum
        converged = float(np.abs(moved - psi).max()) <= tol
        psi = moved
    return OpinionModel(
        items=pd.DataFrame({"item": items, "score": psi, "se": weight_sum**-0.5, "n": n_item}),
        raters=pd.DataFrame({"rater": raters, "bias": bias, "inconsistency": spread, "n": n_rater}),
        converged=converged,
        iterations=iteration,
    )
