"""Strengths from graded preference on pairs: cumulative logit with symmetric thresholds.

With d = θ_left − θ_right + γ, "left is at least slightly better" has the chance F(d − τ_1), "left is much
better" F(d − τ_2), and the mirror for right; F is the logistic function, and a tie is what lies between −τ_1
and τ_1. Without grades this is Rao and Kupper's model.

References
----------
Agresti (1992) Applied Statistics 41, 287-297; McCullagh (1980) J. R. Statistical Society B 42, 109-142.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .arrays import IntArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import blocks_of
from .errors import NoFiniteMaximumError
from .graph import GraphDiagnosis, diagnose
from .links import CumulativeLink
from .newton import maximise
from .paired_links import FAR, LinkedFit, PairRows, strength_fit
from .separation import position_identified

# Grades as distance from a tie, signed: above 0 the left side is better.
GRADES = {"much_right": -2, "right": -1, "tie": 0, "both_bad": 0, "left": 1, "much_left": 2}


@one_thread()
def fit_graded(data: PairwiseData, grade: IntArray, *, position: bool = True) -> LinkedFit:
    """Strengths by maximum likelihood from graded votes.

    Parameters
    ----------
    data : PairwiseData
        n votes with their grades forgotten ("much better" as a win).
    grade : int array, shape (n,)
        −2 … 2, above 0 when the left side is better; see `GRADES`.
    position : bool

    Returns
    -------
    LinkedFit
        ``fit.tie`` is τ_1 and ``fit.extra`` the further thresholds. Grades that nobody used have none. A
        generator that never lost can have a finite strength here, if some of its wins were slight.

    Raises
    ------
    NoFiniteMaximumError
    """
    diagnosis = diagnose(data, position=False)
    if diagnosis.obstacle == "all_ties":
        raise NoFiniteMaximumError(
            " ".join(diagnosis.words), mend="Collect more votes.", details={"obstacle": "all_ties"}
        )
    whole = _graded(data, grade, _joined(diagnosis), position=position)
    if whole is not None:
        return whole
    parted = _graded(data, grade, diagnosis, position=position)
    if parted is None:
        raise NoFiniteMaximumError(
            " ".join(diagnosis.words)
            or "These graded votes have no finite estimate: they separate too cleanly.",
            mend="Collect more votes.",
            details={"obstacle": "separation"},
        )
    return parted


def graded_outcomes(grade: IntArray) -> tuple[IntArray, CumulativeLink, bool]:
    """Ordered outcomes from 0 with the grades that nobody used left out, their link, and whether some tie."""
    used = np.unique(np.abs(grade))
    tied = bool(used[0] == 0)
    level = np.sign(grade) * (np.searchsorted(used[used > 0], np.abs(grade)) + 1)
    top = int(np.count_nonzero(used))
    outcome = level + top if tied else level + top - (level > 0)
    return outcome.astype(np.int64), CumulativeLink.symmetric(2 * top + tied), tied


def _joined(diagnosis: GraphDiagnosis) -> GraphDiagnosis:
    """As if nothing but missing connection stood in the way."""
    return replace(
        diagnosis,
        groups=diagnosis.components,
        group_of=diagnosis.component_of,
        winless=(),
        undefeated=(),
        finite_maximum=True,
        obstacle="none",
        words=() if diagnosis.connected else diagnosis.words[:1],
    )


def _graded(
    data: PairwiseData, grade: IntArray, diagnosis: GraphDiagnosis, *, position: bool
) -> LinkedFit | None:
    """The fit within the groups of ``diagnosis``, or ``None`` when it runs away."""
    block = blocks_of(diagnosis.group_of)
    rows = PairRows.of(data)
    inside = diagnosis.group_of[rows.left] == diagnosis.group_of[rows.right]
    if data.weight is not None:
        inside &= data.weight > 0
    if not inside.any():
        return None
    rows = rows.where(inside)
    outcome, link, tied = graded_outcomes(grade[inside])
    rows = replace(rows, outcome=outcome)
    with_position = position and position_identified(rows.left, rows.right, rows.K)
    model, cells = rows.model(link, block, position=with_position)
    found = maximise(model, model.start())
    if found is None or float(np.abs(found.beta).max()) > FAR:
        return None
    fit = strength_fit(
        data.generators,
        found,
        block,
        diagnosis,
        link=link,
        position=with_position,
        tie_model="rao_kupper" if tied else "none",
        names=tuple(f"threshold {k}" for k in range(2, link.size + 1)),
        n=float(model.count.sum()),
        method="cumulative logit of graded preference, symmetric thresholds, "
        + ("position effect" if with_position else "no position effect"),
    )
    return LinkedFit(fit, model, cells)
