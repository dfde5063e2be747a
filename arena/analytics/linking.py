"""Each study's own strengths brought to one scale by the generators that studies share.

A study alone knows its strengths up to a constant. The constants a_u are chosen so that shared generators
(the anchors) stay where they are as well as they can,

    minimise Σ (θ̂_ug − a_u − μ_g)²  over a and μ,  u a study, g an anchor shown in it,   Σ_g μ_g = 0,

which with the same anchors everywhere gives them mean 0 in every study (mean-mean linking). The linked
strength θ̂_ug − a_u is linear in the studies' estimates, so its variance follows from their clustered
covariances; studies have raters of their own, hence these are independent.

References
----------
Kolen & Brennan (2014), Test Equating, Scaling, and Linking, 3rd ed., ch. 6; Satterthwaite (1946), Biometrics
Bulletin 2, 110-114 (degrees of freedom of a sum of variances).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.stats import t as student

from .arrays import BoolArray, FloatArray, IntArray
from .intervals import Covariance
from .strengths import Strengths


@dataclass(frozen=True, eq=False)
class Observed:
    """What the studies say of the generators: n estimates, one per study and generator on its scale.

    Attributes
    ----------
    generators : tuple of str
        K of them.
    study, unit, generator, own : int arrays, shape (n,)
        Study, scale within the studies (a study with separated groups has several), generator, and the
        place among the study's own parameters.
    value : float array, shape (n,)
        θ̂ in logits, mean 0 within each unit.
    covariances : tuple of Covariance
        Clustered by rater, one per study.
    """

    generators: tuple[str, ...]
    study: IntArray
    unit: IntArray
    generator: IntArray
    own: IntArray
    value: FloatArray
    covariances: tuple[Covariance, ...]

    @classmethod
    def of(cls, fits: Sequence[tuple[Strengths, Covariance]]) -> Observed:
        names = tuple(sorted({name for fit, _ in fits for name in fit.generators}))
        at = {name: code for code, name in enumerate(names)}
        rows, units = [], 0
        for s, (fit, _) in enumerate(fits):
            blocks = np.unique(fit.block[fit.block >= 0])
            for i in np.flatnonzero(fit.block >= 0):
                unit = units + int(np.searchsorted(blocks, fit.block[i]))
                rows.append((s, unit, at[fit.generators[i]], int(i), float(fit.theta[i])))
            units += blocks.size
        table = np.array(rows, dtype=np.float64).reshape(-1, 5)
        study_of, unit_of, generator, own = table[:, :4].astype(np.int64).T.copy()
        covariances = tuple(covariance for _, covariance in fits)
        return cls(names, study_of, unit_of, generator, own, table[:, 4], covariances)

    @property
    def n(self) -> int:
        return int(self.value.size)

    @property
    def units(self) -> int:
        return int(self.unit.max(initial=-1)) + 1

    @property
    def shared(self) -> BoolArray:
        """Generators shown in two studies at the least, shape (K,)."""
        out: BoolArray = np.bincount(self.generator, minlength=len(self.generators)) > 1
        return out

    def by_study(self, rows: FloatArray) -> list[FloatArray]:
        """Covariance of the contrasts ``rows`` (m, n) that each study contributes, shapes (m, m)."""
        out = []
        for s, covariance in enumerate(self.covariances):
            at = np.flatnonzero(self.study == s)
            own = covariance.matrix[np.ix_(self.own[at], self.own[at])]
            # A study of one rater has no covariance (NaN), which must not reach what it has no part in.
            concerned = bool((np.abs(rows[:, at]) > 1e-12).any())
            out.append(rows[:, at] @ own @ rows[:, at].T if concerned else np.zeros((rows.shape[0],) * 2))
        return out

    def study_df(self, s: int, row: FloatArray) -> float:
        """Degrees of freedom of what study s contributes to the variance of a contrast (n,)."""
        covariance = self.covariances[s]
        contrast = np.zeros(covariance.matrix.shape[0])
        at = np.flatnonzero(self.study == s)
        contrast[self.own[at]] = row[at]
        return max(covariance.degrees_of_freedom(contrast), 1.0)

    def standard_error(self, row: FloatArray) -> tuple[float, float]:
        """Of one contrast (n,): standard error, and Satterthwaite's degrees of freedom."""
        parts = np.array([float(part[0, 0]) for part in self.by_study(row[None, :])])
        total = float(parts.sum())
        if not total > 0:
            return (0.0 if total == 0 else float("nan")), float("inf")
        below = sum(part**2 / self.study_df(s, row) for s, part in enumerate(parts) if part > 1e-12 * total)
        return float(np.sqrt(total)), total**2 / below

    def half_width(self, row: FloatArray, confidence: float) -> tuple[float, float]:
        """Standard error and half width of the interval of one contrast (n,)."""
        se, df = self.standard_error(row)
        return se, se * float(student.ppf((1 + confidence) / 2, df))


@dataclass(frozen=True, eq=False)
class Linking:
    """The studies on common scales.

    Attributes
    ----------
    shifts : float array, shape (U, n)
        a = shifts @ θ̂: what is taken off each unit.
    part : int array, shape (U,)
        Units of equal part are on one scale; the part of most units is 0.
    anchors : bool array, shape (K,)
    """

    shifts: FloatArray
    part: IntArray
    anchors: BoolArray

    def rows(self, observed: Observed, of: IntArray | None = None) -> FloatArray:
        """Linked strengths (those in places ``of``, or all) as contrasts of θ̂, shape (m, n)."""
        at = np.arange(observed.n) if of is None else of
        out: FloatArray = -self.shifts[observed.unit[at]]
        out[np.arange(at.size), at] += 1
        return out


def link(observed: Observed, anchors: BoolArray) -> Linking:
    """Constants of all units by least squares on the anchors (K,); see the module.

    A unit that shares no anchor with another stands alone, on its own mean.
    """
    U, K, n = observed.units, len(observed.generators), observed.n
    used = np.flatnonzero(anchors[observed.generator])
    unit, generator = observed.unit[used], observed.generator[used]
    graph = coo_matrix((np.ones(used.size), (unit, U + generator)), shape=(U + K, U + K))
    part = _by_size(np.asarray(connected_components(graph, directed=False)[1][:U], dtype=np.int64))
    # Without μ the equations are those of a Laplacian over units: anchors pull the units that show them.
    shown = np.zeros((U, K))
    shown[unit, generator] = 1
    times = np.maximum(shown.sum(axis=0), 1)
    laplacian = np.diag(shown.sum(axis=1)) - (shown / times) @ shown.T
    right = np.zeros((U, n))
    right[unit, used] += 1
    right[:, used] -= (shown / times)[:, generator]
    shifts = np.linalg.pinv(laplacian, rcond=1e-10, hermitian=True) @ right
    for value in np.unique(part):
        inside = part == value
        known = np.flatnonzero(shown[inside].any(axis=0))
        if not known.size:
            continue
        # The mean of μ over the anchors of a part, as a row over θ̂, goes to the constants.
        mean = np.zeros(n)
        own = inside[unit]
        np.add.at(mean, used[own], 1 / times[generator[own]])
        mean -= (1 / times[generator[own]]) @ shifts[unit[own]]
        shifts[inside] += mean / known.size
    return Linking(shifts, part, anchors)


def _by_size(label: IntArray) -> IntArray:
    """Labels by falling number of members, then by first member."""
    values, first, size = np.unique(label, return_index=True, return_counts=True)
    order = np.lexsort((first, -size))
    place = np.empty(int(values.max(initial=0)) + 1, dtype=np.int64)
    place[values[order]] = np.arange(order.size)
    out: IntArray = place[label]
    return out
