"""How few votes, or raters, decide who leads?

When a vote is dropped, the leader's lead over a challenger falls by about that vote's influence cᵀH⁺s.
Dropping the most influential ones first is the fastest way down; how many it really takes is then certified
by fitting again without them.

References
----------
Broderick, Giordano & Meager (2020), An automatic finite-sample robustness metric, arXiv:2011.14999.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pandas as pd

from .arrays import BoolArray, FloatArray, IntArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import DavidsonFit, fit
from .errors import AnalyticsError, NoFiniteMaximumError, NoVotesError
from .exact_bootstrap import refit_without_each
from .result import Undefined
from .scores import cluster_scores, outcome_scores

Unit = Literal["votes", "raters"]
_CHALLENGERS = 5
_REFIT_CELLS = 10_000_000


@dataclass(frozen=True)
class LeadInfluence:
    """The smallest set found whose removal changes the leader.

    Attributes
    ----------
    unit : {"votes", "raters"}
    dropped : int
        How many are dropped; refitting without them puts ``new_leader`` first. A smaller set may exist: this
        is an upper bound, certified by the refit.
    of : int
        How many there are.
    names : tuple of str
        The raters, for ``raters``.
    """

    unit: Unit
    leader: str
    new_leader: str
    dropped: int
    of: int
    names: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """A sentence fit for a page."""
        what = self.unit if self.dropped != 1 else self.unit.removesuffix("s")
        return (
            f"Without {self.dropped} {what} of {self.of:,}, {self.new_leader} would lead, not {self.leader}."
        )

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([asdict(self) | {"words": self.words}])


@one_thread()
def lead_influence(
    data: PairwiseData, fitted: DavidsonFit, *, unit: Unit = "votes", largest_share: float = 0.5
) -> LeadInfluence | Undefined:
    """Smallest number of votes or raters, found greedily, whose removal changes the leader.

    Parameters
    ----------
    data : PairwiseData
        n votes, each of weight 1 (grouped votes are refused for ``votes``).
    fitted : DavidsonFit
        Of ``data``; its model is used for the refits.
    unit : {"votes", "raters"}
    largest_share : float
        Give up when more than this share would have to go.

    Returns
    -------
    LeadInfluence
    Undefined
        ``robust`` when no such set is found, ``no_leader`` without two comparable strengths, ``grouped``.
    """
    if unit == "votes" and data.weight is not None:
        return Undefined("grouped", "Votes that come with weights cannot be dropped one by one.")
    main = _main_block(fitted)
    if main.size < 2:
        return Undefined("no_leader", "Fewer than two generators have comparable strengths.")
    order = main[np.argsort(-fitted.theta[main], kind="stable")]
    unit_of_row, units = _units(data, unit)
    best: LeadInfluence | None = None
    for challenger in order[1 : 1 + _CHALLENGERS]:
        effect = _effects(fitted, data, int(order[0]), int(challenger), unit_of_row, units)
        limit = int(units * largest_share) if best is None else best.dropped - 1
        gap = float(fitted.theta[order[0]] - fitted.theta[challenger])
        found = _certified(data, fitted, int(order[0]), effect, unit_of_row, gap, limit, unit)
        best = found or best
    if best is None:
        share = f"{largest_share:.0%} of the {unit}"
        return Undefined("robust", f"Dropping the {share} that help it most does not unseat the leader.")
    return best


def _main_block(fitted: DavidsonFit) -> IntArray:
    sizes = np.bincount(fitted.block[fitted.block >= 0]) if (fitted.block >= 0).any() else np.array([0])
    return np.flatnonzero(fitted.block == int(sizes.argmax()))


def _units(data: PairwiseData, unit: Unit) -> tuple[IntArray, int]:
    if unit == "votes":
        return np.arange(data.n_rows, dtype=np.int64), data.n_rows
    return data.rater.astype(np.int64), data.n_clusters


def _effects(
    fitted: DavidsonFit, data: PairwiseData, leader: int, challenger: int, unit_of_row: IntArray, units: int
) -> FloatArray:
    """By how much the lead falls when a unit is dropped, to first order, shape (units,)."""
    direction = fitted.covariance[leader] - fitted.covariance[challenger]
    if units != data.n_rows:
        # Cluster codes without gaps are what the scores are made of; raters without votes have none.
        present = np.bincount(unit_of_row, minlength=units) > 0
        out = np.zeros(units)
        out[present] = cluster_scores(fitted, data).scores @ direction
        return out
    by_d, by_eta = outcome_scores(fitted, data)
    K = len(fitted.generators)
    left, right = data.cells.left, data.cells.right
    along = direction[left] - direction[right] + direction[K]
    effect = by_d * along[:, None] + by_eta * direction[K + 1]
    return np.asarray(effect.ravel()[data.row_pair * 4 + data.outcome], dtype=np.float64)


def _certified(
    data: PairwiseData,
    fitted: DavidsonFit,
    leader: int,
    effect: FloatArray,
    unit_of_row: IntArray,
    gap: float,
    limit: int,
    unit: Unit,
) -> LeadInfluence | None:
    """Drop the most influential first; the first-order count is where the search by refits begins."""
    order = np.argsort(-effect, kind="stable")
    order = order[effect[order] > 0]
    enough = np.flatnonzero(np.cumsum(effect[order]) >= gap)
    guess = int(enough[0]) + 1 if enough.size else order.size
    low, high = 0, min(max(guess, 1), order.size, limit)
    if high < 1:
        return None
    name = _leader_without(data, fitted, order[:high], unit_of_row)
    while name in (None, fitted.generators[leader]) and high < min(order.size, limit):
        low, high = high, min(high + max(1, high // 4), order.size, limit)
        name = _leader_without(data, fitted, order[:high], unit_of_row)
    if name in (None, fitted.generators[leader]):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        other = _leader_without(data, fitted, order[:middle], unit_of_row)
        if other in (None, fitted.generators[leader]):
            low = middle
        else:
            high, name = middle, other
    names = tuple(data.raters[i] for i in order[:high]) if unit == "raters" and data.has_raters else ()
    total = data.n_rows if unit == "votes" else data.n_raters
    return LeadInfluence(unit, fitted.generators[leader], str(name), high, total, names)


def _leader_without(
    data: PairwiseData, fitted: DavidsonFit, dropped: IntArray, unit_of_row: IntArray
) -> str | None:
    """Who leads without these units; ``None`` when that cannot be estimated."""
    out: BoolArray = np.zeros(int(unit_of_row.max()) + 1, dtype=np.bool_)
    out[dropped] = True
    try:
        again = fit(
            data.subset(~out[unit_of_row]),
            position=fitted.has_position,
            ties="half" if fitted.half_win else "davidson",
            firth=fitted.firth,
        )
    except (NoFiniteMaximumError, NoVotesError):
        return None
    if not again.finite_maximum:
        return None
    return again.generators[int(np.nanargmax(again.theta))]


def without_each_rater(data: PairwiseData, fitted: DavidsonFit) -> pd.DataFrame:
    """The ranking without any one rater: who leads, and what moves.

    By refits for a maximum-likelihood fit up to about a second's work; to first order for larger ones and for
    penalised fits (column ``exact`` tells).

    Returns
    -------
    DataFrame
        Columns rater, votes, largest_shift (logits), leader, places_changed (generators whose place differs),
        finite (False where what remains has no finite maximum; then the leader is empty and the shift NaN),
        exact; most influential first.

    Raises
    ------
    AnalyticsError
        When the votes name no raters.
    """
    if not data.has_raters:
        raise AnalyticsError("The votes name no raters.", mend="Add a rater column.")
    scores = cluster_scores(fitted, data)
    K = len(fitted.generators)
    exact = not fitted.firth and data.cells.left.size * scores.count <= _REFIT_CELLS
    if not exact:
        shift = -(scores.scores @ fitted.covariance)[:, :K]
    else:
        shift = refit_without_each(data, fitted)[:, :K]
    finite: BoolArray = np.isfinite(shift.sum(axis=1))
    theta = np.where(np.isnan(fitted.theta), -np.inf, fitted.theta)
    without = theta + np.where(finite[:, None], shift, 0.0)
    leaders = without.argmax(axis=1)
    places = np.argsort(np.argsort(-without, axis=1, kind="stable"), axis=1)
    usual = np.argsort(np.argsort(-theta, kind="stable"))
    counted = np.bincount(data.rater, minlength=data.n_clusters) > 0
    frame = pd.DataFrame(
        {
            "rater": [data.raters[i] for i in np.flatnonzero(counted)],
            "votes": scores.votes,
            "largest_shift": np.abs(shift).max(axis=1),
            "leader": [fitted.generators[i] if ok else "" for i, ok in zip(leaders, finite, strict=True)],
            "places_changed": (places != usual).sum(axis=1),
            "finite": finite,
            "exact": exact,
        }
    )
    order = np.argsort(-np.nan_to_num(frame["largest_shift"].to_numpy(), nan=np.inf), kind="stable")
    return frame.iloc[order].reset_index(drop=True)
