"""Do shared generators keep their relative strengths from study to study?

If nothing changed, strengths of the anchors are additive, θ_ug = a_u + μ_g, in every study u and for every
anchor g. With Q an orthonormal basis of what additivity leaves over, the drift is d = Qᵀθ̂ and

    W = dᵀ V⁻¹ d,   V = Σ_s V_s,

V_s being the covariance that study s contributes, clustered by its raters. W counts studies × generators
interactions only, however the scale is anchored. Each V_s is known to as many degrees of freedom n_s as
raters allow, so that W·(ν − q + 1)/(νq) is held against F(q, ν − q + 1) with

    ν = (q + q²) / Σ_s (1/n_s)·{tr((V_s V⁻¹)²) + (tr V_s V⁻¹)²},

which for one restriction is Satterthwaite's. Each generator is tested in the same way against the other
anchors, with Holm's correction; one that moved makes the others seem to move the other way, so it is taken
out of what they are held against, and they are tested again (purification of anchors).

References
----------
Krishnamoorthy & Yu (2004), Statistics & Probability Letters 66, 161-169 (ν); Pustejovsky & Tipton (2018),
J. Business & Economic Statistics 36, 672-683 (small samples of clusters); Holm (1979), Scandinavian J. of
Statistics 6, 65-70; Wells, Hambleton, Kirkpatrick & Meng (2014), Applied Measurement in Education 27, 214-231
(drift of anchors); Candell & Drasgow (1988), Applied Psychological Measurement 12, 253-260 (purification).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import f as fisher

from .arrays import BoolArray, FloatArray, IntArray
from .linking import Linking, Observed, link
from .result import Undefined
from .scale import POINTS_PER_LOGIT

LEVEL = 0.05
_COLUMNS = ("generator", "studies", "first", "last", "change", "low", "high", "p_value")


@dataclass(frozen=True)
class DriftTest:
    """The test that all anchors keep their places relative to each other.

    Attributes
    ----------
    statistic : float
        W.
    df, df2 : float
        Restrictions q, and ν − q + 1.
    p_value : float
    spread : float
        Root mean square deviation of an anchor in a study from its mean place, in points.
    beyond_chance : float
        The same with what chance explains taken off, in points; 0 when chance explains all.
    raters : int
        Of the studies that take part.
    studies, anchors : tuple of str
        That take part.
    method : str
    """

    statistic: float
    df: int
    df2: float
    p_value: float
    spread: float
    beyond_chance: float
    raters: int
    studies: tuple[str, ...]
    anchors: tuple[str, ...]
    method: str

    def to_dict(self) -> dict[str, Any]:
        return self.__dict__ | {"studies": list(self.studies), "anchors": list(self.anchors)}

    def to_frame(self) -> pd.DataFrame:
        joined = {"studies": ", ".join(self.studies), "anchors": ", ".join(self.anchors)}
        return pd.DataFrame([self.__dict__ | joined])


def drift_test(
    observed: Observed, linking: Linking, names: tuple[str, ...], raters: IntArray
) -> DriftTest | Undefined:
    """All anchors at once.

    Parameters
    ----------
    observed : Observed
    linking : Linking
    names : tuple of str
        Of the studies.
    raters : int array, shape (S,)

    Returns
    -------
    DriftTest
    Undefined
        ``one_study``, ``no_link`` (studies share no generator), ``one_anchor`` (what is shared fixes the
        scale and nothing is left to test), ``few_raters``.
    """
    used = np.flatnonzero(linking.anchors[observed.generator])
    linked = np.bincount(linking.part)[linking.part] > 1
    used = used[linked[observed.unit[used]]]
    if len(names) < 2:
        return Undefined(
            "one_study", "One study alone has no trend: another is needed that shares generators."
        )
    if not used.size:
        return Undefined("no_link", "No two studies share a generator, so there is no common scale.")
    basis = _interactions(observed.unit[used], observed.generator[used])
    if not basis.shape[1]:
        return Undefined(
            "one_anchor",
            "The studies share one generator only: it fixes the common scale, and no second one is left to "
            "tell whether it stayed where it was.",
        )
    rows = np.zeros((basis.shape[1], observed.n))
    rows[:, used] = basis.T
    found = _wald(observed, rows)
    if found is None:
        return Undefined(
            "few_raters", f"There are too few raters to test {basis.shape[1]} differences between studies."
        )
    statistic, df2, p_value = found
    residual = basis @ (basis.T @ observed.value[used])
    chance = sum(float(np.trace(part)) for part in observed.by_study(rows))
    square = float(residual @ residual)
    took = np.unique(observed.study[used])
    anchors = np.unique(observed.generator[used])
    return DriftTest(
        statistic=statistic,
        df=int(basis.shape[1]),
        df2=df2,
        p_value=p_value,
        spread=POINTS_PER_LOGIT * float(np.sqrt(square / used.size)),
        beyond_chance=POINTS_PER_LOGIT * float(np.sqrt(max(square - chance, 0.0) / used.size)),
        raters=int(raters[took].sum()),
        studies=tuple(names[s] for s in took),
        anchors=tuple(observed.generators[g] for g in anchors),
        method="Wald test of studies × generators, clustered by rater, approximate F (Krishnamoorthy & Yu)",
    )


def drift_by_generator(
    observed: Observed, anchors: BoolArray, names: tuple[str, ...], *, confidence: float
) -> pd.DataFrame:
    """Each shared generator against the other anchors that did not move themselves.

    Returns
    -------
    DataFrame
        generator, studies (number of them), first, last (names), change (points, last minus first, against
        the mean of those that it is held against), low, high, p_value (equal in all studies), p_holm, moved
        (p_holm below 0.05), reference (others are held against it). One row per shared generator that others
        can be held against; the order given is that of time.
    """
    held = anchors & observed.shared
    while True:
        frame = _against(observed, held, names, confidence)
        suspects = frame[frame["moved"] & frame["reference"]]
        # Of two that are left it cannot be told which one moved.
        if suspects.empty or int(held.sum()) <= 2:
            return frame
        worst = suspects.sort_values("p_value", kind="stable")["generator"].iloc[0]
        held[observed.generators.index(worst)] = False


def _against(observed: Observed, held: BoolArray, names: tuple[str, ...], confidence: float) -> pd.DataFrame:
    """Every shared generator against those ``held``, itself left out."""
    rows = []
    for g in np.flatnonzero(observed.shared):
        others = held.copy()
        others[g] = False
        if not others.any():
            continue
        row = _one(observed, link(observed, others), int(g), names, confidence)
        if row is not None:
            rows.append(row | {"reference": bool(held[g])})
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, "reference"])
    # Of two anchors it is one distance that is tested, so there is nothing to correct for.
    once = len(frame) == 2 and int(held.sum()) == 2
    p = frame["p_value"].to_numpy(dtype=np.float64)
    frame["p_holm"] = p if once else holm(p)
    frame["moved"] = frame["p_holm"] < LEVEL
    return frame


def _one(
    observed: Observed, linking: Linking, g: int, names: tuple[str, ...], confidence: float
) -> dict[str, Any] | None:
    """One generator's places on the scale of the others, in the part where it is shown most."""
    own = np.flatnonzero(observed.generator == g)
    parts = linking.part[observed.unit[own]]
    value = int(np.bincount(parts).argmax())
    # Units that stand alone all have parts of their own: then nothing is left to compare.
    own = own[parts == value]
    if own.size < 2:
        return None
    own = own[np.argsort(observed.study[own], kind="stable")]
    rows = linking.rows(observed, own)
    gaps = rows[1:] - rows[0]
    found = _wald(observed, gaps)
    change = gaps[-1]
    _, half = observed.half_width(change, confidence)
    value_points, half_points = (POINTS_PER_LOGIT * float(x) for x in (change @ observed.value, half))
    return {
        "generator": observed.generators[g],
        "studies": int(own.size),
        "first": names[int(observed.study[own[0]])],
        "last": names[int(observed.study[own[-1]])],
        "change": value_points,
        "low": value_points - half_points,
        "high": value_points + half_points,
        "p_value": float("nan") if found is None else found[2],
    }


def holm(p: FloatArray) -> FloatArray:
    """p values corrected for their number, step down; NaN stays NaN and is not counted."""
    out = np.full(p.size, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return out


def _interactions(unit: IntArray, generator: IntArray) -> FloatArray:
    """Orthonormal basis (n, q) of what units and generators, added up, leave over."""
    columns = [unit[:, None] == np.unique(unit), generator[:, None] == np.unique(generator)]
    X = np.concatenate(columns, axis=1).astype(np.float64)
    left, singular, _ = np.linalg.svd(X, full_matrices=True)
    rank = int((singular > 1e-9 * singular[0]).sum())
    return left[:, rank:]


def _wald(observed: Observed, rows: FloatArray) -> tuple[float, float, float] | None:
    """W, ν − q + 1 and p of the contrasts ``rows`` (q, n) being 0; ``None`` with too few raters."""
    q = rows.shape[0]
    parts = observed.by_study(rows)
    V = np.sum(parts, axis=0)
    values, vectors = np.linalg.eigh(V)
    if values[0] <= 1e-10 * values[-1] or values[-1] <= 0:
        return None
    white = vectors / np.sqrt(values)
    d = white.T @ (rows @ observed.value)
    below = 0.0
    for s, part in enumerate(parts):
        share = white.T @ part @ white
        trace = float(np.trace(share))
        if trace > 1e-12 * q:
            below += (float((share * share).sum()) + trace**2) / _study_df(observed, s, white.T @ rows)
    nu = (q + q**2) / below
    if nu <= q:
        return None
    statistic = float(d @ d)
    df2 = nu - q + 1
    return statistic, df2, float(fisher.sf(statistic * df2 / (nu * q), q, df2))


def _study_df(observed: Observed, s: int, rows: FloatArray) -> float:
    """Degrees of freedom of a study's covariance: R − 1, or CR2's own, averaged over the contrasts."""
    covariance = observed.covariances[s]
    if covariance.few is None:
        return covariance.df
    own = [observed.study_df(s, row) for row in rows if np.abs(row[observed.study == s]).max() > 1e-12]
    return len(own) / sum(1 / df for df in own)
