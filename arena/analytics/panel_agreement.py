"""Crowd against expert: do two panels say the same about the same comparisons, and rank alike?

A panel's verdict on a comparison is the generator that more of its raters preferred, or a tie when equally
many did (ties and both-bad decide nothing). κ is taken over the comparisons that both panels judged, plain
and with linear weights (a tie lies between the two generators), each counted in both orders of its generators
so that names play no part; its interval draws comparisons again.

References
----------
Cohen (1960, 1968); Bonett & Wright (2000), Psychometrika 65, 23-28.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from .agreement_table import kappa_bootstrap
from .arrays import BoolArray, IntArray
from .canonical import canonical_votes
from .data import PairwiseData
from .davidson import fit
from .encoding import encode_pair
from .errors import AnalyticsError, MissingColumnError
from .human_metric import GeneratorCorrelation, generator_correlation
from .proportions import wilson
from .result import Estimate, Undefined


@dataclass(frozen=True, eq=False)
class PanelAgreement:
    """Two panels compared.

    Attributes
    ----------
    kappa, kappa_weighted : Estimate or Undefined
        On verdicts, over common comparisons.
    same, opposite : Estimate or Undefined
        Share of common comparisons with the same verdict, and with opposite winners (Wilson).
    ranks : GeneratorCorrelation or Undefined
        Rank correlation of the generators' strengths fitted in each panel, over all its votes.
    verdicts : DataFrame
        3 x 3 counts: the first panel's verdict by the second's.
    comparisons : DataFrame
        Common comparisons on which the verdicts differ (at most ``most`` of ``differing``), opposite ones
        first, then by difference: comparison,
        first, second (generators), votes_a, share_a, votes_b, share_b (points of the first generator, a tie
        one half), difference, opposite, p (Fisher's exact test on decided votes).
    names : (str, str)
    common, differing, only_a, only_b : int
        Comparisons judged by both, those with unequal verdicts, and those judged by one panel alone.
    """

    kappa: Estimate | Undefined
    kappa_weighted: Estimate | Undefined
    same: Estimate | Undefined
    opposite: Estimate | Undefined
    ranks: GeneratorCorrelation | Undefined
    verdicts: pd.DataFrame
    comparisons: pd.DataFrame
    names: tuple[str, str]
    common: int
    differing: int
    only_a: int
    only_b: int

    def to_frame(self) -> pd.DataFrame:
        found: list[tuple[str, Any]] = [
            ("kappa", self.kappa),
            ("kappa_weighted", self.kappa_weighted),
            ("same", self.same),
            ("opposite", self.opposite),
        ]
        return pd.DataFrame([{"measure": name} | value.to_dict() for name, value in found])


def panel_agreement(
    df: pd.DataFrame,
    first: str = "crowd",
    second: str = "expert",
    *,
    panel: str = "panel",
    most: int = 500,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> PanelAgreement:
    """Compare two panels.

    Parameters
    ----------
    df : DataFrame
        Votes: ``left``, ``right``, ``outcome``, ``comparison`` or ``prompt``, and the column ``panel`` with
        the panel's name (or kind).
    first, second : str
        Which two values of it.
    most : int
        Differing comparisons listed.

    Returns
    -------
    PanelAgreement
        With ``Undefined`` where there is nothing in common, or too few generators to rank.
    """
    if panel not in df.columns:
        raise MissingColumnError(f"There is no column {panel}.", mend="Name the panel of every vote.")
    which = df[panel].astype(str)
    votes = df[which.isin([first, second])].reset_index(drop=True)
    of_second = (which[which.isin([first, second])] == second).to_numpy(dtype=np.bool_)
    if votes.empty:
        return _nothing(first, second)
    canonical = canonical_votes(votes)
    N = canonical.n_items
    counts = np.stack(
        [
            np.bincount(
                canonical.item[mask] * 3 + np.minimum(canonical.answer[mask], 2), minlength=3 * N
            ).reshape(N, 3)
            for mask in (~of_second, of_second)
        ]
    ).astype(np.int64)
    judged = counts.sum(axis=2) > 0
    both = judged.all(axis=0)
    common = counts[:, both]
    verdict = 1 - np.sign(common[:, :, 0] - common[:, :, 1])  # 0 first generator, 1 tie, 2 second
    table = np.bincount(verdict[0] * 3 + verdict[1], minlength=9).reshape(3, 3).astype(np.int64)
    n = int(both.sum())
    options = {"draws": draws, "seed": seed, "confidence": confidence}
    labels = ["first generator", "tie", "second generator"]
    return PanelAgreement(
        kappa=kappa_bootstrap(table, mirrored=True, **options),  # type: ignore[arg-type]
        kappa_weighted=kappa_bootstrap(table, weights="linear", mirrored=True, **options),  # type: ignore[arg-type]
        same=wilson(float(np.trace(table)), n, confidence=confidence),
        opposite=wilson(float(table[0, 2] + table[2, 0]), n, confidence=confidence),
        ranks=_ranks(votes, of_second, confidence),
        verdicts=pd.DataFrame(table, index=labels, columns=labels),
        comparisons=_differing(votes, canonical.item, common, verdict, np.flatnonzero(both), most),
        names=(first, second),
        common=n,
        differing=n - int(np.trace(table)),
        only_a=int((judged[0] & ~judged[1]).sum()),
        only_b=int((judged[1] & ~judged[0]).sum()),
    )


def _ranks(votes: pd.DataFrame, of_second: BoolArray, confidence: float) -> GeneratorCorrelation | Undefined:
    strengths = []
    for mask in (~of_second, of_second):
        if not mask.any():
            return Undefined("no_votes", "One of the panels has no votes.")
        try:
            fitted = fit(PairwiseData.from_frame(votes[mask]), firth=True)
        except AnalyticsError as error:
            return Undefined(error.code, f"One panel has no ranking: {error.message}")
        strengths.append(dict(zip(fitted.generators, fitted.theta.tolist(), strict=True)))
    return generator_correlation(strengths[0], strengths[1], confidence=confidence)


def _differing(
    votes: pd.DataFrame, item: IntArray, common: IntArray, verdict: IntArray, items: IntArray, most: int
) -> pd.DataFrame:
    """Common comparisons with unequal verdicts."""
    left, right, labels = encode_pair(votes["left"], votes["right"], None)
    _, start = np.unique(item, return_index=True)
    row = start[items]
    source = "comparison" if "comparison" in votes.columns else "prompt"
    names = np.array(labels, dtype=object)
    n = common.sum(axis=2)
    share = (common[:, :, 0] + common[:, :, 2] / 2) / np.maximum(n, 1)
    frame = pd.DataFrame(
        {
            "comparison": votes[source].to_numpy()[row],
            "first": names[np.minimum(left, right)[row]],
            "second": names[np.maximum(left, right)[row]],
            "votes_a": n[0],
            "share_a": share[0],
            "votes_b": n[1],
            "share_b": share[1],
            "difference": share[0] - share[1],
            "opposite": np.abs(verdict[0] - verdict[1]) == 2,
        }
    )
    differ = verdict[0] != verdict[1]
    decided = common[:, differ, :2]
    frame = frame[differ]
    order = np.lexsort((-np.abs(frame["difference"].to_numpy()), ~frame["opposite"].to_numpy()))[:most]
    ordered: pd.DataFrame = frame.iloc[order].reset_index(drop=True)
    ordered["p"] = [float(fisher_exact(decided[:, i]).pvalue) for i in order]
    return ordered


def _nothing(first: str, second: str) -> PanelAgreement:
    reason = Undefined("no_votes", "Neither panel has votes.")
    empty = pd.DataFrame()
    return PanelAgreement(reason, reason, reason, reason, reason, empty, empty, (first, second), 0, 0, 0, 0)
