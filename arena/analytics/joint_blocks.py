"""Blocks of a study, each in its own protocol, as likelihoods over the same generators and raters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from .arrays import BoolArray, FloatArray, IntArray
from .choice_data import ChoiceData
from .cumulative_link import Ratings, fit_ratings
from .data import PairwiseData
from .errors import NoFiniteMaximumError, require
from .graded import graded_outcomes
from .link_model import ClusterCells, LinkModel, grouped, without_gaps
from .links import CumulativeLink, DavidsonLink, Link
from .newton import Gauge, Maximum, Model, maximise
from .paired_links import FAR, PairRows
from .plackett_luce import ChoiceModel
from .ranking_graded import graded_data
from .separation import position_identified

Kind = Literal["pairwise", "graded", "choices", "ratings"]
KINDS = ("pairwise", "graded", "choices", "ratings")


@dataclass(frozen=True, eq=False)
class JointBlock:
    """Answers to one question of a study.

    Attributes
    ----------
    name : str
    kind : {"pairwise", "graded", "choices", "ratings"}
    votes : DataFrame
        As for `rank`, `rank_graded`, `rank_choices` or `rank_ratings`.
    scale : tuple of int
        Allowed ratings, for ratings only.
    """

    name: str
    kind: Kind
    votes: pd.DataFrame
    scale: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True, eq=False)
class Part:
    """A block's likelihood in its own parameters ψ = (θ, further ones), θ of all K generators.

    Attributes
    ----------
    model : Model
        With all seen generators active, and ψ of length p.
    start : float array, shape (p,)
    seen : bool array, shape (K,)
    per_generator : float array, shape (K,)
        Answers in which each was shown.
    n : float
        Answers.
    raters : tuple of str
        Name of the cluster of each code in ``cluster``.
    scores, information : functions
        Of ψ, the global code of each of ``raters``, and R: shapes (R, p) and (R, p, p).
    met : tuple of int arrays
        Who met whom: places in ``raters``, and generators.
    edges : tuple of int arrays
        Who was set above whom at least once (a tie, or two overlapping ratings: both ways).
    """

    name: str
    kind: Kind
    model: Model
    start: FloatArray
    seen: BoolArray
    per_generator: FloatArray
    n: float
    raters: tuple[str, ...]
    scores: Callable[[FloatArray, IntArray, int], FloatArray]
    information: Callable[[FloatArray, IntArray, int], FloatArray]
    met: tuple[IntArray, IntArray]
    edges: tuple[IntArray, IntArray]

    def alone(self) -> Maximum | None:
        """The maximum of this block by itself; ``None`` when it has no finite one."""
        found = maximise(self.model, self.start)
        return None if found is None or float(np.abs(found.beta).max()) > FAR else found


def part_of(block: JointBlock, generators: tuple[str, ...]) -> Part:
    """Check and encode a block.

    Raises
    ------
    AnalyticsError
        For wrong input, naming row and field.
    """
    require(block.kind, KINDS, "kind")
    if block.kind == "choices":
        return _choices(block, generators)
    return _ratings(block, generators) if block.kind == "ratings" else _pairs(block, generators)


def names_in(block: JointBlock) -> set[str]:
    """Generators that a block mentions."""
    columns = ["left", "right"] if block.kind in ("pairwise", "graded") else ["generator"]
    present = [block.votes[c].dropna() for c in columns if c in block.votes.columns]
    return {str(name) for column in present for name in column.unique()}


def _cluster_names(block: JointBlock, raters: tuple[str, ...], size: int) -> tuple[str, ...]:
    """Named raters are the same in all blocks; unnamed answers are clusters of their own."""
    return raters or tuple(f"\x00{block.name}\x00{k}" for k in range(size))


def _pairs(block: JointBlock, generators: tuple[str, ...]) -> Part:
    K = len(generators)
    if block.kind == "graded":
        data, grade = graded_data(block.votes, generators)
        link: Link
        outcome, link, _ = graded_outcomes(grade)
        rows = replace(PairRows.of(data), outcome=outcome)
    else:
        data = PairwiseData.from_frame(block.votes, generators=generators)
        rows = PairRows.of(data)
        link = DavidsonLink(bool(data.cells.ties.any()))
    seen = np.zeros(K, dtype=np.bool_)
    seen[data.cells.left] = seen[data.cells.right] = True
    position = position_identified(rows.left, rows.right, K)
    model, cells = rows.model(link, np.where(seen, 0, -1), position=position)
    names = _cluster_names(block, data.raters, data.n_rows)
    compact, rater = np.unique(data.rater, return_inverse=True)
    shown = np.concatenate([data.left, data.right]).astype(np.int64)
    won, lost, tie = data.cells.counts[:, 0] > 0, data.cells.counts[:, 1] > 0, data.cells.ties > 0
    left, right = data.cells.left, data.cells.right
    up = (
        np.concatenate([left[won | tie], right[lost | tie]]),
        np.concatenate([right[won | tie], left[lost | tie]]),
    )
    return Part(
        name=block.name,
        kind=block.kind,
        model=model,
        start=model.start(),
        seen=seen,
        per_generator=data.tallies()["n"].to_numpy(dtype=np.float64),
        n=data.n_votes,
        raters=tuple(names[r] for r in compact),
        scores=_link_scores(model, cells),
        information=_link_information(model, cells),
        met=(np.tile(rater, 2), shown),
        edges=up,
    )


def _link_scores(model: LinkModel, cells: ClusterCells) -> Callable[[FloatArray, IntArray, int], FloatArray]:
    def scores(psi: FloatArray, code: IntArray, R: int) -> FloatArray:
        own = model.cluster_scores(psi, cells).scores
        out = np.zeros((R, psi.size))
        out[code] = own
        return out

    return scores


def _link_information(
    model: LinkModel, cells: ClusterCells
) -> Callable[[FloatArray, IntArray, int], FloatArray]:
    def information(psi: FloatArray, code: IntArray, R: int) -> FloatArray:
        out = np.zeros((R, psi.size, psi.size))
        out[code] = model.cluster_information(psi, cells)
        return out

    return information


def _choices(block: JointBlock, generators: tuple[str, ...]) -> Part:
    data = ChoiceData.from_frame(block.votes, generators=generators)
    K = len(generators)
    seen = np.bincount(data.item, minlength=K) > 0
    group = np.zeros(K, dtype=np.int64)
    model = ChoiceModel.of(data, np.where(seen, 0, -1), group, places=len(data.places) > 1)
    present, compact = np.unique(data.rater, return_inverse=True)
    names = _cluster_names(block, data.raters, int(data.rater.max(initial=0)) + 1)

    def scores(psi: FloatArray, code: IntArray, R: int) -> FloatArray:
        return model.cluster_scores(psi, code[compact], R)

    def information(psi: FloatArray, code: IntArray, R: int) -> FloatArray:
        p = model.probabilities(psi)
        out = np.zeros((R, psi.size, psi.size))
        for k, place in enumerate(code):
            out[place] = model.information(p, data.weight * (compact == k))
        return out

    return Part(
        name=block.name,
        kind=block.kind,
        model=model,
        start=np.zeros(K + 2 + model.n_places),
        seen=seen,
        per_generator=data.tallies["shown"].to_numpy(dtype=np.float64),
        n=data.ballots,
        raters=tuple(names[r] for r in present),
        scores=scores,
        information=information,
        met=(compact[data.choice], data.item),
        edges=data.edges(),
    )


def _ratings(block: JointBlock, generators: tuple[str, ...]) -> Part:
    data = Ratings.from_frame(block.votes, scale=block.scale, generators=generators)
    K = len(generators)
    seen = np.bincount(data.generator, minlength=K) > 0
    try:
        rater_sd = fit_ratings(data).rater_sd
    except NoFiniteMaximumError:
        rater_sd = 0.0
    model, cells = _centred_ratings(data, seen, rater_sd)
    names = _cluster_names(block, data.raters, data.rating.size)
    present, rater = np.unique(data.rater, return_inverse=True)
    return Part(
        name=block.name,
        kind=block.kind,
        model=model,
        start=model.start(),
        seen=seen,
        per_generator=np.bincount(data.generator, minlength=K).astype(np.float64),
        n=float(data.rating.size),
        raters=tuple(names[r] for r in present),
        scores=_link_scores(model, cells),
        information=_link_information(model, cells),
        met=(rater, data.generator),
        edges=_overlaps(data, K),
    )


def _centred_ratings(data: Ratings, seen: BoolArray, rater_sd: float) -> tuple[LinkModel, ClusterCells]:
    """Predictor θ_g − mean of θ over the block, so that a constant on θ moves nothing, cuts included."""
    K, link = seen.size, CumulativeLink.free(len(data.scale))
    _, rater = np.unique(data.rater, return_inverse=True)
    keys = [data.generator, data.rating]
    if rater_sd > 0:
        keys.append(rater.astype(np.int64))
    first, cell, count = grouped(keys, None)
    m = first.size
    dense = np.zeros((m, K + 2 + link.size))
    dense[np.arange(m), data.generator[first]] = 1
    dense[:, :K] -= seen / seen.sum()
    model = LinkModel(
        design=csr_matrix(dense),
        outcome=data.rating[first],
        count=count,
        link=link,
        ancillary=K + 2 + np.arange(link.size),
        active=np.r_[seen, False, False, np.ones(link.size, dtype=np.bool_)],
        gauges=(Gauge(np.flatnonzero(seen)),),
        rater=rater[first].astype(np.int64) if rater_sd > 0 else None,
        rater_sd=rater_sd,
    )
    own, size = without_gaps(data.rater)
    return model, ClusterCells.of(own, cell, None, size)


def _overlaps(data: Ratings, K: int) -> tuple[IntArray, IntArray]:
    """i above j when some rating of i is above some rating of j."""
    high, low = np.full(K, -1), np.full(K, len(data.scale))
    np.maximum.at(high, data.generator, data.rating)
    np.minimum.at(low, data.generator, data.rating)
    above = (high[:, None] > low[None, :]) & (high[:, None] >= 0)
    np.fill_diagonal(above, False)
    i, j = np.nonzero(above)
    return i.astype(np.int64), j.astype(np.int64)
