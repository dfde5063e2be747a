"""Does the model fit? Observed against expected outcomes by pair, forgiving that raters' votes hang together.

For every ordered pair and outcome k, O_k votes were seen and E_k = n·P_k are expected:

    X² = Σ (O_k − E_k)² / E_k,   G² = 2 Σ O_k log(O_k / E_k),   df = free cells − parameters.

Raters whose answers to the same pair hang together make X² larger even if the model holds on average. With
e_r a rater's part of O − E and s_r the rater's score, the part of e_r that the parameters cannot absorb has
squared length Σ_k e_rk² / E_k − s_rᵀH⁺s_r, and the overdispersion

    φ = Σ_r (Σ_k e_rk² / E_k − s_rᵀH⁺s_r) / df

is 1 for independent votes; X²/φ is referred to χ² (Rao and Scott's first-order correction). Votes on the same
pictures hang together too: where prompts are known φ is also taken over prompts, and the larger one counts.

References
----------
Pearson (1900); Rao & Scott (1984), Annals of Statistics 12, 46-60; McCullagh & Nelder (1989), Generalized
Linear Models, ch. 4.5; Agresti (2013), Categorical Data Analysis, ch. 11.6 (paired preferences).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from .arrays import BoolArray, FloatArray
from .data import PairwiseData
from .davidson import DavidsonFit
from .errors import OptionError
from .likelihood import probabilities
from .result import Undefined, p_words
from .scores import By, cluster_codes, cluster_scores

_SMALL = 5.0


@dataclass(frozen=True, eq=False)
class GoodnessOfFit:
    """Fit of the whole model, and pair by pair.

    Attributes
    ----------
    pearson, deviance : float
        X² and G².
    df : int
    p_independent : float
        Of X² if votes were independent.
    overdispersion : float
        φ; 1 without names of raters and prompts.
    p : float
        Of X²/φ: small when the model misses something that tastes do not explain.
    small_cells : float
        Share of cells with E < 5, where χ² is rough.
    pairs : DataFrame
        By unordered pair, worst first: first, second, votes, share (of the first, ties one half), expected, z
        (overdispersion accounted for).
    note : str
    """

    pearson: float
    deviance: float
    df: int
    p_independent: float
    overdispersion: float
    p: float
    small_cells: float
    pairs: pd.DataFrame
    note: str

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([{k: v for k, v in asdict(self).items() if k != "pairs"}])

    @property
    def words(self) -> str:
        """A sentence fit for a page."""
        verdict = (
            "the pairs differ from the model by more than chance explains"
            if self.p < 0.05
            else "no misfit is proved"
        )
        return (
            f"X² = {self.pearson:.1f} on {self.df} degrees of freedom, overdispersion "
            f"{self.overdispersion:.2f}, {p_words(self.p)}: {verdict}. {self.note}"
        ).strip()


def goodness_of_fit(data: PairwiseData, fitted: DavidsonFit) -> GoodnessOfFit | Undefined:
    """Compare every pair's outcomes with the fitted model.

    Parameters
    ----------
    data : PairwiseData
        The votes that were fitted.
    fitted : DavidsonFit
        With Davidson ties (half wins are no distribution of outcomes).

    Returns
    -------
    GoodnessOfFit
    Undefined
        ``saturated``: as many parameters as free cells.

    Raises
    ------
    OptionError
        For a fit with ties as half wins.
    """
    if fitted.half_win:
        raise OptionError("Ties as half wins have no goodness of fit.", mend="Fit Davidson ties.")
    f = fitted.pairs
    used = f.n > 0
    observed = np.stack([f.wins_left, f.wins_right, f.ties], axis=1)[used]
    p = probabilities(f, fitted.beta)
    share = np.stack([p.left, p.right, p.tie], axis=1)[used]
    expected = observed.sum(axis=1, keepdims=True) * share
    cells = expected > 0
    parameters = int((fitted.block >= 0).sum()) - int(np.unique(fitted.block[fitted.block >= 0]).size)
    parameters += int(fitted.has_position) + int(fitted.has_ties)
    df = int(cells.sum()) - int(used.sum()) - parameters
    if df < 1:
        return Undefined("saturated", "There are as many parameters as pairs can show: any data would fit.")
    with np.errstate(divide="ignore", invalid="ignore"):
        pearson = float(np.where(cells, (observed - expected) ** 2 / expected, 0.0).sum())
        ratio = np.where(observed > 0, observed * np.log(observed / expected), 0.0)
    phi = max(
        [1.0, *(_overdispersion(data, fitted, by, used, share, expected, df) for by in _clusters(data))]
    )
    small = float((expected[cells] < _SMALL).mean())
    return GoodnessOfFit(
        pearson=pearson,
        deviance=2 * float(ratio.sum()),
        df=df,
        p_independent=float(chi2.sf(pearson, df)),
        overdispersion=phi,
        p=float(chi2.sf(pearson / phi, df)),
        small_cells=small,
        pairs=_by_pair(fitted, observed, share, used, phi),
        note=f"{100 * small:.0f}\u00a0% of the cells expect fewer than {_SMALL:.0f} votes: p is rough."
        if small > 0.2
        else "",
    )


def _clusters(data: PairwiseData) -> list[By]:
    out: list[By] = ["rater"] if data.has_raters else []
    return out if data.prompt is None else [*out, "prompt"]


def _overdispersion(
    data: PairwiseData,
    fitted: DavidsonFit,
    by: By,
    used: BoolArray,
    share: FloatArray,
    expected: FloatArray,
    df: int,
) -> float:
    """φ over raters or prompts."""
    place = np.full(used.size, -1)
    place[used] = np.arange(int(used.sum()))
    pair = place[data.row_pair]
    keep = pair >= 0
    P = share.shape[0]
    weight = (np.ones(data.n_rows) if data.weight is None else data.weight)[keep]
    # Clusters by pair, only where they voted.
    key, group = np.unique(cluster_codes(data, by)[keep] * P + pair[keep], return_inverse=True)
    counts = np.bincount(group * 3 + np.minimum(data.outcome[keep], 2), weight, key.size * 3).reshape(-1, 3)
    at = key % P
    gap = counts - counts.sum(axis=1, keepdims=True) * share[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(expected[at] > 0, gap**2 / expected[at], 0.0).sum()
    scores = cluster_scores(fitted, data, by).scores
    absorbed = float(np.einsum("ri,ij,rj->", scores, fitted.covariance, scores, optimize=True))
    return (float(spread) - absorbed) / df


def _by_pair(
    fitted: DavidsonFit, observed: FloatArray, share: FloatArray, used: BoolArray, phi: float
) -> pd.DataFrame:
    """Residuals by unordered pair, in points (a tie is one half)."""
    f = fitted.pairs
    left, right, n = f.left[used], f.right[used], observed.sum(axis=1)
    mean = share[:, 0] + share[:, 2] / 2
    points = observed[:, 0] + observed[:, 2] / 2
    variance = n * (share[:, 0] + share[:, 2] / 4 - mean**2)
    swap = left > right
    K = f.n_generators
    key = np.where(swap, right * K + left, left * K + right)
    keys, group = np.unique(key, return_inverse=True)
    votes = np.bincount(group, n)
    won = np.bincount(group, np.where(swap, n - points, points))
    hoped = np.bincount(group, np.where(swap, n - n * mean, n * mean))
    z = (won - hoped) / np.sqrt(phi * np.maximum(np.bincount(group, variance), 1e-12))
    frame = pd.DataFrame(
        {
            "first": [fitted.generators[k // K] for k in keys],
            "second": [fitted.generators[k % K] for k in keys],
            "votes": votes,
            "share": won / votes,
            "expected": hoped / votes,
            "z": z,
        }
    )
    order = np.argsort(-np.abs(z), kind="stable")
    return frame.iloc[order].reset_index(drop=True)
