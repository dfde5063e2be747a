"""One scale for a study: pairs, graded pairs, choices and ratings fitted together with shared strengths.

Each block b keeps its own model and its own further parameters, but its strengths are s_b·θ: the same θ for
all, stretched by a slope, as a question may spread the same generators more or less. The first block sets the
scale (slope 1). β = (θ, further parameters of all blocks, slopes) is found by Newton's method with

    score = Σ_b J_bᵀ score_b,   information = Σ_b J_bᵀ I_b J_b,   J_b = ∂ψ_b/∂β.

Whether blocks agree is tested by the distance of each block's own estimate from s_b·θ̂, whose covariance comes
from the influence of every rater on all blocks at once.

References
----------
Bradley-Terry and Plackett-Luce with common worths: Turner, van Etten, Firth & Kosmidis (2020), Computational
Statistics 35, 1027-1057. Minimum-distance test: Hansen (1982), Econometrica 50, 1029-1054; small samples by
Hotelling's T².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arrays import BoolArray, FloatArray, IntArray
from .blas import one_thread
from .errors import NoFiniteMaximumError, OptionError
from .graph import GraphDiagnosis, diagnose_edges
from .joint_blocks import JointBlock, Part, names_in, part_of
from .newton import Evaluation, Gauge, Maximum, maximise
from .paired_links import FAR
from .scores import ClusterScores
from .strengths import StrengthFit


@dataclass(frozen=True, eq=False)
class JointFit:
    """The joint maximum and its parts.

    Attributes
    ----------
    fit : StrengthFit
        ``extra`` holds the blocks' further parameters, then the slopes of all blocks but the first.
    parts : tuple of Part
    own : tuple of Maximum or None
        Each block's maximum by itself.
    slopes : float array, shape (B,)
        1 for the first.
    model : JointModel
    raters : tuple of str
        R clusters.
    codes : tuple of int arrays
        For each block the places of its raters in ``raters``.
    """

    fit: StrengthFit
    parts: tuple[Part, ...]
    own: tuple[Maximum | None, ...]
    slopes: FloatArray
    model: JointModel
    raters: tuple[str, ...]
    codes: tuple[IntArray, ...]

    def scores(self) -> ClusterScores:
        """s_r over all blocks, shape (R, p)."""
        beta, R = self.fit.parameters, len(self.raters)
        total = np.zeros((R, beta.size))
        for b, part in enumerate(self.parts):
            total += part.scores(self.model.psi(b, beta), self.codes[b], R) @ self.model.jacobian(b, beta)
        votes = np.zeros(R)
        for code, part in zip(self.codes, self.parts, strict=True):
            votes[code] += part.n / code.size
        return ClusterScores(total, votes, "rater")

    def information(self) -> FloatArray:
        """Information of each rater's answers, shape (R, p, p)."""
        beta, R = self.fit.parameters, len(self.raters)
        out = np.zeros((R, beta.size, beta.size))
        for b, part in enumerate(self.parts):
            J = self.model.jacobian(b, beta)
            own = part.information(self.model.psi(b, beta), self.codes[b], R)
            out += np.einsum("ip,rij,jq->rpq", J, own, J, optimize=True)
        return out


@dataclass(frozen=True, eq=False)
class JointModel:
    """All blocks' likelihoods as one, in β = (θ (K), 0, 0, further parameters, slopes (B − 1))."""

    parts: tuple[Part, ...]
    seen: BoolArray

    @property
    def further(self) -> list[slice]:
        """Where each block's ψ beyond θ stands in β."""
        out, at = [], self.seen.size + 2
        for part in self.parts:
            size = part.start.size - self.seen.size
            out.append(slice(at, at + size))
            at += size
        return out

    @property
    def size(self) -> int:
        return int(self.further[-1].stop) + len(self.parts) - 1

    @property
    def active(self) -> BoolArray:
        own = [part.model.active[self.seen.size :] for part in self.parts]
        out: BoolArray = np.concatenate(
            [self.seen, [False, False], *own, np.ones(len(self.parts) - 1, dtype=np.bool_)]
        )
        return out

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        sets = [Gauge(np.flatnonzero(self.seen))]
        for part, place in zip(self.parts, self.further, strict=True):
            # Gauges beyond θ (places of choices) come along.
            sets += [
                Gauge(gauge.members - self.seen.size + place.start)
                for gauge in part.model.gauges
                if (gauge.members >= self.seen.size).all()
            ]
        return tuple(sets)

    def slope(self, b: int, beta: FloatArray) -> float:
        return 1.0 if b == 0 else float(beta[self.further[-1].stop + b - 1])

    def psi(self, b: int, beta: FloatArray) -> FloatArray:
        out: FloatArray = np.concatenate(
            [self.slope(b, beta) * beta[: self.seen.size], beta[self.further[b]]]
        )
        return out

    def jacobian(self, b: int, beta: FloatArray) -> FloatArray:
        """∂ψ_b/∂β, shape (p_b, p)."""
        K, place = self.seen.size, self.further[b]
        J = np.zeros((self.parts[b].start.size, self.size))
        J[:K, :K] = self.slope(b, beta) * np.eye(K)
        J[K:, place] = np.eye(place.stop - place.start)
        if b:
            J[:K, self.further[-1].stop + b - 1] = beta[:K]
        return J

    def evaluate(self, beta: FloatArray) -> Evaluation:
        value, score, H = 0.0, np.zeros(beta.size), np.zeros((beta.size, beta.size))
        for b, part in enumerate(self.parts):
            here, J = part.model.evaluate(self.psi(b, beta)), self.jacobian(b, beta)
            value += here.value
            score += J.T @ here.score
            H += J.T @ here.information @ J
        return Evaluation(value, score * self.active, H)


@one_thread()
def fit_joint(blocks: Sequence[JointBlock], *, generators: tuple[str, ...] | None = None) -> JointFit:
    """Strengths shared by all blocks.

    Parameters
    ----------
    blocks : sequence of JointBlock
        The first sets the scale; raters of one name are one rater in all blocks.
    generators : tuple of str, optional
        All generators; by default those that some block mentions.

    Raises
    ------
    AnalyticsError
        For wrong input, naming row and field.
    NoFiniteMaximumError
        ``disconnected`` when the blocks together do not link all generators, or a block shares too few of
        them for a slope; ``separation`` when the joint likelihood has no finite maximum.
    """
    if not blocks or len({block.name for block in blocks}) < len(blocks):
        raise OptionError("Blocks must be there, each of another name.", mend="Name every block once.")
    names = generators or tuple(sorted(set().union(*(names_in(block) for block in blocks))))
    parts = tuple(part_of(block, names) for block in blocks)
    seen = np.any([part.seen for part in parts], axis=0)
    diagnosis = _diagnosis(names, parts, seen)
    own = tuple(part.alone() for part in parts)
    model = JointModel(parts, seen)
    found = maximise(model, _start(model, own), max_iter=60)
    if found is None or float(np.abs(found.beta).max()) > FAR:
        raise NoFiniteMaximumError(
            "The blocks together have no finite estimate: some generators stand apart from the others "
            "without exception, or a block's spread cannot be told.",
            mend="Collect more answers, or rank the blocks one by one.",
            details={"obstacle": "separation"},
        )
    raters = tuple(sorted({name for part in parts for name in part.raters}))
    place = {name: r for r, name in enumerate(raters)}
    fit = _strengths(names, parts, found, seen, diagnosis)
    return JointFit(
        fit=fit,
        parts=parts,
        own=own,
        slopes=np.array([model.slope(b, found.beta) for b in range(len(parts))]),
        model=model,
        raters=raters,
        codes=tuple(np.array([place[name] for name in part.raters], dtype=np.int64) for part in parts),
    )


def _diagnosis(names: tuple[str, ...], parts: tuple[Part, ...], seen: BoolArray) -> GraphDiagnosis:
    """Connection over all blocks; refused when it is missing."""
    above, below = (np.concatenate([part.edges[side] for part in parts]) for side in (0, 1))
    found = diagnose_edges(names, above, below)
    largest = found.component_of == found.component_of[np.flatnonzero(seen)[0]]
    if (seen & ~largest).any():
        raise NoFiniteMaximumError(
            found.words[0], mend="Rank the parts one by one.", details={"obstacle": "disconnected"}
        )
    for part in parts[1:]:
        others = np.any([other.seen for other in parts if other is not part], axis=0)
        if np.count_nonzero(part.seen & others) < 2:
            raise NoFiniteMaximumError(
                f"Block {part.name} shares fewer than two generators with the others, so its spread cannot "
                "be told.",
                mend="Rank it by itself.",
                details={"obstacle": "disconnected"},
            )
    # Each block's own obstacles fall away when the joint maximum is finite.
    return replace(
        found,
        groups=found.components,
        group_of=found.component_of,
        winless=(),
        undefeated=(),
        finite_maximum=True,
        obstacle="none",
        words=(),
    )


def _start(model: JointModel, own: tuple[Maximum | None, ...]) -> FloatArray:
    """The blocks' own maxima, put on the scale of the first by regression through the origin."""
    K, beta = model.seen.size, np.zeros(model.size)
    total, weight = np.zeros(K), np.zeros(K)
    for b, (part, maximum) in enumerate(zip(model.parts, own, strict=True)):
        psi = part.start if maximum is None else maximum.beta
        beta[model.further[b]] = psi[K:]
        slope = 1.0
        if maximum is not None:
            known = part.seen & (weight > 0)
            mean = total[known] / weight[known]
            theirs, ours = mean - mean.mean() if known.any() else mean, psi[:K][known]
            if known.sum() > 1 and float(theirs @ theirs) > 1e-6:
                slope = float(np.clip(theirs @ (ours - ours.mean()) / (theirs @ theirs), 0.2, 5.0))
            total[part.seen] += psi[:K][part.seen] / slope
            weight[part.seen] += 1
        if b:
            beta[model.further[-1].stop + b - 1] = slope
    beta[:K] = np.where(weight > 0, total / np.maximum(weight, 1), 0.0)
    # A slope cannot be told from strengths that are all 0: leave the start a little off it.
    if float(np.abs(beta[:K]).max()) < 1e-3:
        beta[:K] = np.linspace(0.05, -0.05, K)
    return beta


def _strengths(
    names: tuple[str, ...],
    parts: tuple[Part, ...],
    found: Maximum,
    seen: BoolArray,
    diagnosis: GraphDiagnosis,
) -> StrengthFit:
    K = seen.size
    labels = [f"{part.name} {k}" for part in parts for k in range(part.start.size - K)]
    labels += [f"slope of {part.name}" for part in parts[1:]]
    return StrengthFit(
        generators=names,
        theta=np.where(seen, found.beta[:K], np.nan),
        block=np.where(seen, 0, -1),
        position=0.0,
        has_position=False,
        tie=0.0,
        tie_model="none",
        extra=found.beta[K + 2 :],
        names=tuple(labels),
        covariance=found.inverse,
        n=sum(part.n for part in parts),
        log_likelihood=found.value,
        converged=found.converged,
        iterations=found.iterations,
        finite_maximum=True,
        diagnosis=diagnosis,
        method=f"joint scale of {', '.join(f'{part.name} ({part.kind})' for part in parts)}",
    )
