"""The joint scale in the shape of a ranking, each block beside it, and whether the blocks agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from .arrays import FloatArray
from .blas import one_thread
from .errors import NoFiniteMaximumError, NoVotesError, OneGeneratorError
from .intervals import index_of
from .joint_blocks import JointBlock, names_in
from .joint_scale import JointFit, fit_joint
from .ranking_choices import wald_p_value
from .ranking_numbers import numbers_of
from .ranking_result import RankingResult, RankingRow, Status
from .ranking_rows import Counts, assemble, empty_result
from .result import Estimate, Undefined
from .scale import BASE_POINTS, POINTS_PER_LOGIT


@dataclass(frozen=True)
class BlockAgreement:
    """Wald test that all blocks rank alike, up to their slopes.

    Attributes
    ----------
    statistic : float
    df : int
        Independent restrictions.
    clusters : int
        Raters.
    p_value : float
        By Hotelling's T²: T²·(R − q)/(q(R − 1)) against F(q, R − q).
    blocks : tuple of str
        Blocks that took part.
    method : str
    """

    statistic: float
    df: int
    clusters: int
    p_value: float
    blocks: tuple[str, ...]
    method: str

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([self.__dict__ | {"blocks": ", ".join(self.blocks)}])


@dataclass(frozen=True, eq=False)
class JointRanking:
    """One ranking of all blocks.

    Attributes
    ----------
    ranking : RankingResult
        Points on the scale of the first block; ``n`` counts the answers in which a generator was shown.
    slopes : dict of str to Estimate
        How much each block spreads the generators, against the first. An interval that contains 0 says that
        a block hardly tells them apart.
    blocks : DataFrame
        generator, block, points (the block's own estimate, divided by its slope), low, high (clustered),
        joint (points of the ranking). Blocks without a finite estimate of their own, or that run against
        the others, are absent.
    agreement : BlockAgreement or Undefined
    """

    ranking: RankingResult
    slopes: dict[str, Estimate]
    blocks: pd.DataFrame
    agreement: BlockAgreement | Undefined

    def to_frame(self) -> pd.DataFrame:
        return self.ranking.to_frame()

    def to_dict(self) -> dict[str, Any]:
        agreement = self.agreement
        return self.ranking.to_dict() | {
            "slopes": {name: slope.to_dict() for name, slope in self.slopes.items()},
            "blocks": self.blocks.replace({np.nan: None}).to_dict("records"),
            "agreement": agreement.to_dict()
            if isinstance(agreement, Undefined)
            else agreement.__dict__ | {"blocks": list(agreement.blocks)},
        }


@one_thread()
def rank_joint(
    blocks: Sequence[JointBlock],
    *,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    anchor: str | None = None,
    generators: tuple[str, ...] | None = None,
) -> JointRanking:
    """Rank generators by all blocks of a study on one scale.

    Parameters
    ----------
    blocks : sequence of JointBlock
        The first sets the scale.
    confidence, draws, seed, anchor, generators
        As for `ranking.rank`.

    Returns
    -------
    JointRanking
        Always for well-formed blocks; what cannot be estimated is explained in ``ranking.warnings``.

    Raises
    ------
    AnalyticsError
        For wrong input, naming row and field.
    """
    try:
        joint = fit_joint(blocks, generators=generators)
    except (NoFiniteMaximumError, NoVotesError, OneGeneratorError) as error:
        names = generators or tuple(sorted(set().union(*(names_in(block) for block in blocks))))
        return _nothing(error, names, confidence)
    fit, notes = joint.fit, list[str]()
    if not fit.converged:
        notes.append("The fit did not converge: treat these numbers as provisional.")
    if anchor is not None and fit.block[index_of(fit, anchor)] < 0:
        notes.append(f"{anchor} has no answers and cannot be the anchor; the mean is used.")
        anchor = None
    options: dict[str, Any] = {"confidence": confidence, "draws": draws, "seed": seed, "anchor": anchor}
    numbers = numbers_of(fit, joint.scores(), joint.information, **options)
    if numbers.covariance is None:
        notes.append(numbers.silent)
    for part, own in zip(joint.parts, joint.own, strict=True):
        if own is None:
            notes.append(f"Block {part.name} has no finite estimate of its own; it counts in the joint one.")
    for part, slope in zip(joint.parts, joint.slopes, strict=True):
        if slope <= 0:
            notes.append(f"Block {part.name} runs against the others: its slope is {slope:.2f}.")
    result = assemble(_counts(joint), numbers, method="joint", notes=notes, **options)
    return JointRanking(
        ranking=result,
        slopes=_slopes(joint, result),
        blocks=_beside(joint, result),
        agreement=agreement_of(joint),
    )


def agreement_of(joint: JointFit) -> BlockAgreement | Undefined:
    """Whether the blocks' own estimates are the joint strengths but for their slopes.

    δ_b = θ̂_b − s_b·θ̂ over the generators of each block; Wald = δᵀ V⁺ δ with V the sum of squares of the
    raters' influence on δ, and q = Σ_b (K_b − 1) − (K − 1) − (B − 1) restrictions.

    Returns
    -------
    BlockAgreement
    Undefined
        ``one_block``, ``not_finite`` (a block by itself), ``no_overlap`` (nothing left to compare) or
        ``few_raters``.
    """
    if len(joint.parts) < 2:
        return Undefined("one_block", "There is only one block.")
    absent = [part.name for part, own in zip(joint.parts, joint.own, strict=True) if own is None]
    if absent:
        return Undefined("not_finite", f"No finite estimate of its own: {', '.join(absent)}.")
    K = len(joint.fit.generators)
    inside = np.any([part.seen for part in joint.parts], axis=0)
    q = sum(int(part.seen.sum()) - 1 for part in joint.parts) - int(inside.sum()) + 1 - len(joint.parts) + 1
    if q < 1:
        return Undefined("no_overlap", "The blocks share too few generators to be compared.")
    R = len(joint.raters)
    if q + 1 >= R:
        return Undefined("few_raters", f"{R} raters are too few to test {q} restrictions.")
    whole = joint.scores().scores @ joint.fit.covariance
    theta = np.nan_to_num(joint.fit.theta)
    delta, moved = [], []
    for b, part in enumerate(joint.parts):
        seen = part.seen
        slope_at = joint.fit.covariance.shape[0] - len(joint.parts) + b
        ours = joint.slopes[b] * whole[:, :K]
        if b:
            ours = ours + np.outer(whole[:, slope_at], theta)
        own = _own_influence(joint, b)[:, :K]
        gap, gap_moved = _own_theta(joint, b) - joint.slopes[b] * theta, own - ours
        delta.append(gap[seen] - gap[seen].mean())
        moved.append(gap_moved[:, seen] - gap_moved[:, seen].mean(axis=1, keepdims=True))
    d, V = np.concatenate(delta), np.concatenate(moved, axis=1)
    values, vectors = np.linalg.eigh(V.T @ V * (R / (R - 1)))
    values, vectors = values[-q:], vectors[:, -q:]
    if values[0] <= 1e-10 * values[-1]:
        return Undefined("few_raters", "The raters do not vary enough to test whether the blocks agree.")
    wald = float(((d @ vectors) ** 2 / values).sum())
    names = tuple(part.name for part in joint.parts)
    words = f"Wald test clustered by rater ({R} clusters), Hotelling's T²"
    return BlockAgreement(wald, q, R, wald_p_value(wald, q, R), names, words)


def _own_theta(joint: JointFit, b: int) -> FloatArray:
    own = joint.own[b]
    assert own is not None
    return own.beta[: len(joint.fit.generators)]


def _own_influence(joint: JointFit, b: int) -> FloatArray:
    """What each rater moves a block's own estimate by, shape (R, p_b)."""
    own, part = joint.own[b], joint.parts[b]
    assert own is not None
    out: FloatArray = part.scores(own.beta, joint.codes[b], len(joint.raters)) @ own.inverse
    return out


def _beside(joint: JointFit, result: RankingResult) -> pd.DataFrame:
    """Each block's own strengths on the joint scale."""
    rows = []
    points = {row.generator: row.points for row in result.rows}
    for b, part in enumerate(joint.parts):
        slope = float(joint.slopes[b])
        if joint.own[b] is None or slope <= 0:
            continue
        theta = np.where(part.seen, _own_theta(joint, b), np.nan)
        # A block that misses generators has its mean where the joint scale has that of the same ones.
        centre = float(np.nanmean(np.where(part.seen, joint.fit.theta, np.nan)))
        if result.anchor is not None:
            centre -= float(joint.fit.theta[joint.fit.generators.index(result.anchor)])
        moved = _own_influence(joint, b)[joint.codes[b]]
        R = joint.codes[b].size
        half = np.full(theta.size, np.nan)
        if R > 1:
            se = np.sqrt((moved**2).sum(axis=0) * R / (R - 1))[: theta.size]
            half = float(student.ppf((1 + result.confidence) / 2, R - 1)) * se / abs(slope)
        for i in np.flatnonzero(part.seen):
            value = BASE_POINTS + POINTS_PER_LOGIT * (theta[i] / slope + centre)
            rows.append(
                {
                    "generator": joint.fit.generators[i],
                    "block": part.name,
                    "points": value,
                    "low": value - POINTS_PER_LOGIT * half[i],
                    "high": value + POINTS_PER_LOGIT * half[i],
                    "joint": points[joint.fit.generators[i]],
                }
            )
    return pd.DataFrame(rows)


def _slopes(joint: JointFit, result: RankingResult) -> dict[str, Estimate]:
    out, size = {}, joint.fit.covariance.shape[0]
    for b, part in enumerate(joint.parts):
        value, half, note = float(joint.slopes[b]), float("nan"), "one rater: no interval"
        if b == 0:
            note = "1 by definition: this block sets the scale"
        elif result.covariance is not None:
            row = np.eye(1, size, size - len(joint.parts) + b)[0]
            half = result.covariance.quantile(row, result.confidence) * result.covariance.variance(row) ** 0.5
            note = ""
        out[part.name] = Estimate(
            value, value - half, value + half, result.confidence, part.n, result.interval_method, note
        )
    return out


def _counts(joint: JointFit) -> Counts:
    n = np.sum([part.per_generator for part in joint.parts], axis=0)
    R = len(joint.raters)
    met = np.zeros((R, n.size), dtype=np.bool_)
    for part, code in zip(joint.parts, joint.codes, strict=True):
        met[code[part.met[0]], part.met[1]] = True
    raters = met.sum(axis=0)
    rows = [
        RankingRow(generator=name, n=float(n[i]), raters=int(raters[i]))
        for i, name in enumerate(joint.fit.generators)
    ]
    return Counts(rows, joint.fit.n, len(joint.raters), None, None)


def _nothing(
    error: NoFiniteMaximumError | NoVotesError | OneGeneratorError,
    generators: tuple[str, ...],
    confidence: float,
) -> JointRanking:
    status: Status = "no_votes"
    if isinstance(error, OneGeneratorError):
        status = "one_generator"
    elif isinstance(error, NoFiniteMaximumError):
        apart = error.details.get("obstacle") == "disconnected"
        status = "disconnected" if apart else "no_finite_maximum"
    result = empty_result(status, str(error), generators, "joint", confidence)
    words = Undefined(error.code, error.message)
    return JointRanking(result, {}, pd.DataFrame(), words)
