"""The ranking as rows fit for a page, an export, or a report."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from .errors import NoVotesError
from .intervals import Covariance, difference
from .result import Estimate
from .scale import BASE_POINTS, POINTS_PER_LOGIT, WinMatrix, win_matrix
from .strengths import Strengths

Status = Literal[
    "ok",
    "no_votes",
    "one_generator",
    "all_ties",
    "disconnected",
    "no_finite_maximum",
    "too_few_raters",
    "not_converged",
]


@dataclass(frozen=True)
class RankingRow:
    """One generator. ``None`` stands where nothing can be estimated; ``note`` then says why.

    Attributes
    ----------
    points, low, high : float or None
        Strength in points (400/ln 10 per logit) with its rater-clustered interval.
    se : float or None
        Clustered standard error in points.
    vote_low, vote_high : float or None
        The interval if all votes were independent, for comparison.
    design_effect : float or None
        Clustered over vote-level variance.
    rank, rank_low, rank_high : int or None
        Place by points, and the places that the data leave open (simultaneous for all generators). Counted
        within the component.
    group : int or None
        First statistically tied run that the generator belongs to; ``groups`` all of them.
    wins, losses, ties, both_bad, n : float
        Counts of votes (sums of weights).
    win_rate : float or None
        (wins + (ties + both_bad)/2) / n.
    raters : int
    prob_best : float or None
        Share of bootstrap draws in which it leads.
    component, scale : int
        Connected part of the comparisons, and scale within it; points compare on equal ``scale`` only
        (−1: none).
    """

    generator: str
    points: float | None = None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    vote_low: float | None = None
    vote_high: float | None = None
    design_effect: float | None = None
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    group: int | None = None
    groups: tuple[int, ...] = ()
    wins: float = 0.0
    losses: float = 0.0
    ties: float = 0.0
    both_bad: float = 0.0
    n: float = 0.0
    win_rate: float | None = None
    raters: int = 0
    prob_best: float | None = None
    component: int = 0
    scale: int = -1
    note: str = ""


@dataclass(frozen=True, eq=False)
class RankingResult:
    """A ranking with its conditions.

    Attributes
    ----------
    status : str
        ``ok``, or the first reason why part of it is missing.
    rows : tuple of RankingRow
        Best first; by component, then by points.
    method, interval_method : str
        In words.
    position : Estimate or None
        γ in logits (above 0: the left side is favoured).
    left_share : Estimate or None
        The same as the chance that the left one of two equal generators wins a decided vote.
    both_bad_rate, tie_rate : float or None
    warnings : tuple of str
        Sentences; empty when all is well.
    components : tuple of tuple of str
    n_votes : float
    n_raters : int
    fit, covariance : for differences and further analysis; ``None`` when nothing was fitted.
    """

    status: Status
    rows: tuple[RankingRow, ...]
    method: str
    interval_method: str
    confidence: float
    n_votes: float
    n_raters: int
    position: Estimate | None
    left_share: Estimate | None
    tie_rate: float | None
    both_bad_rate: float | None
    warnings: tuple[str, ...]
    components: tuple[tuple[str, ...], ...]
    anchor: str | None
    draws: int
    seed: int
    critical: float | None = None
    groups: tuple[tuple[str, ...], ...] = ()
    fit: Strengths | None = field(default=None, repr=False)
    covariance: Covariance | None = field(default=None, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row per generator, columns as in `RankingRow`."""
        frame = pd.DataFrame([asdict(row) for row in self.rows])
        if not frame.empty:
            frame["groups"] = [" ".join(map(str, row.groups)) for row in self.rows]
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "status": self.status,
            "method": self.method,
            "interval_method": self.interval_method,
            "confidence": self.confidence,
            "n_votes": self.n_votes,
            "n_raters": self.n_raters,
            "position": None if self.position is None else self.position.to_dict(),
            "left_share": None if self.left_share is None else self.left_share.to_dict(),
            "tie_rate": self.tie_rate,
            "both_bad_rate": self.both_bad_rate,
            "warnings": list(self.warnings),
            "components": [list(c) for c in self.components],
            "groups": [list(g) for g in self.groups],
            "anchor": self.anchor,
            "base_points": BASE_POINTS,
            "points_per_logit": POINTS_PER_LOGIT,
            "draws": self.draws,
            "seed": self.seed,
            "critical_value": self.critical,
            "rows": [asdict(row) | {"groups": list(row.groups)} for row in self.rows],
        }

    def win_matrix(self) -> WinMatrix:
        """Win and tie probabilities of every pair.

        Raises
        ------
        NoVotesError
            When nothing could be fitted.
        """
        return win_matrix(self._fitted())

    def difference(self, first: str, second: str) -> Estimate:
        """Points of ``first`` minus points of ``second``, with the clustered interval of the difference."""
        fitted = self._fitted()
        if self.covariance is None:
            value = POINTS_PER_LOGIT * float(
                fitted.theta[fitted.generators.index(first)] - fitted.theta[fitted.generators.index(second)]
            )
            nan = math.nan
            why = next((said for said in self.warnings if said.endswith("no intervals.")), "no interval")
            return Estimate(value, nan, nan, self.confidence, self.n_votes, self.method, why.rstrip("."))
        raw = difference(fitted, self.covariance, first, second, confidence=self.confidence)
        return replace(
            raw,
            value=raw.value * POINTS_PER_LOGIT,
            low=raw.low * POINTS_PER_LOGIT,
            high=raw.high * POINTS_PER_LOGIT,
        )

    def _fitted(self) -> Strengths:
        if self.fit is None:
            reason = " ".join(self.warnings) or "Nothing was fitted."
            raise NoVotesError(reason, mend="Choose a method with strengths, or collect votes.")
        return self.fit
