"""Strengths from ratings on a scale, with the severity of each rater: the cumulative logit model.

Rater r gives a picture of generator g at most k with the chance F(c_k − θ_g − b_r); F is the logistic
function. The leniency b_r is normal with mean 0 and a standard deviation that is estimated; the cuts c_k
are free. As every shrunken effect, severity presumes that who rates what does not depend on it, as under
random assignment; where harsh raters met one generator more often, most of the harm is undone, not all.

References
----------
McCullagh (1980) J. R. Statistical Society B 42, 109-142; Tutz & Hennevogl (1996) Computational Statistics &
Data Analysis 22, 537-557 (random effects, by penalty and EM).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from .arrays import BoolArray, FloatArray, IntArray
from .blas import one_thread
from .encoding import encode, encode_fixed
from .errors import (
    MissingColumnError,
    NoFiniteMaximumError,
    NoVotesError,
    OneGeneratorError,
    UnknownLabelError,
)
from .graph import GraphDiagnosis, diagnose_edges
from .link_model import ClusterCells, LinkModel, grouped, without_gaps
from .links import CumulativeLink
from .newton import Gauge, Maximum, maximise
from .paired_links import FAR, LinkedFit
from .strengths import StrengthFit

# Below this standard deviation (logits) raters are equally severe for all that one can see.
_LEVEL = 0.03


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings as codes.

    Attributes
    ----------
    generators, raters : tuple of str
    generator, rating, rater : int array, shape (n,)
        ``rating`` is the place on ``scale``, from 0.
    scale : tuple of int
        Points of the scale that somebody used, ascending.
    named : bool
        Whether the ratings name their rater.
    """

    generators: tuple[str, ...]
    raters: tuple[str, ...]
    generator: IntArray
    rating: IntArray
    rater: IntArray
    scale: tuple[int, ...]
    named: bool

    @classmethod
    def from_frame(
        cls, df: pd.DataFrame, *, scale: tuple[int, ...], generators: tuple[str, ...] | None = None
    ) -> Ratings:
        """Check and encode ratings; see `ranking_graded.rank_ratings` for columns and errors."""
        missing = [name for name in ("generator", "rating") if name not in df.columns]
        if missing:
            raise MissingColumnError(
                f"There is no column {', '.join(missing)}.", mend="Ratings need generator and rating."
            )
        given = df["rating"].notna().to_numpy()
        value = pd.to_numeric(df["rating"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        strange = np.flatnonzero(given & ~np.isin(value, scale))
        if strange.size:
            row = int(strange[0])
            shown = str(df["rating"].iloc[row])
            raise UnknownLabelError(
                f"Row {row + 1}: rating {shown!r} is not on the scale {scale[0]}-{scale[-1]} "
                f"({strange.size} such rows).",
                mend="Correct these ratings, or leave the rows out.",
                details={"row": row + 1, "field": "rating", "value": shown, "rows": int(strange.size)},
            )
        if not given.any():
            raise NoVotesError("There are no ratings.", mend="Collect ratings, or widen the filter.")
        rated = df[given]
        if generators is None:
            item, labels = encode(rated["generator"], "generator")
        else:
            labels = list(dict.fromkeys(str(name) for name in generators))
            item = encode_fixed(rated["generator"], tuple(labels), "generator")
        if len(labels) < 2:
            raise OneGeneratorError("There is only one generator.", mend="Rate at least two generators.")
        raters: list[str] = []
        rater = np.arange(len(rated), dtype=np.int32)
        if "rater" in df.columns:
            rater, raters = encode(rated["rater"], "rater")
        points, rating = np.unique(value[given], return_inverse=True)
        return cls(
            generators=tuple(labels),
            raters=tuple(raters),
            generator=item.astype(np.int64),
            rating=rating.astype(np.int64),
            rater=rater.astype(np.int64),
            scale=tuple(int(point) for point in points),
            named=bool(raters),
        )

    def where(self, keep: BoolArray) -> Ratings:
        return replace(self, generator=self.generator[keep], rating=self.rating[keep], rater=self.rater[keep])


@dataclass(frozen=True, eq=False)
class RatingsFit:
    """Strengths, cuts (in ``linked.fit.extra``) and severities.

    ``severity``: −b per rater of ``raters``, logits, above 0 for a rater who rates low; empty without rater
    effects. ``rater_sd``: their standard deviation (0 without).
    """

    linked: LinkedFit
    severity: FloatArray
    raters: tuple[str, ...]
    rater_sd: float


@one_thread()
def fit_ratings(data: Ratings, *, severity: bool = True) -> RatingsFit:
    """Strengths by maximum likelihood from ratings, rater effects shrunk by their estimated spread.

    Parameters
    ----------
    data : Ratings
    severity : bool
        Give each rater an effect. Without it (or with one rater, or unnamed ones) ratings are taken as they
        stand; intervals are clustered by rater in either case.

    Returns
    -------
    RatingsFit
        A generator with nothing but the highest (lowest) rating has no finite strength: NaN.

    Raises
    ------
    NoVotesError
        When nobody gave two different ratings.
    NoFiniteMaximumError
    """
    if len(data.scale) < 2:
        raise NoVotesError("Every rating is the same.", mend="Collect ratings that tell generators apart.")
    diagnosis, keep = _extremes(data)
    block = np.where(np.bincount(data.generator[keep], minlength=len(data.generators)) > 0, 0, -1)
    part = data.where(keep)
    if np.unique(part.rating).size < 2:
        raise NoFiniteMaximumError(
            " ".join(diagnosis.words), mend="Collect more ratings.", details={"obstacle": "separation"}
        )
    with_raters = severity and data.named and np.unique(part.rater).size > 1
    rater_sd, found = 0.0, None
    model, cells = _rating_model(part, block, 1.0 if with_raters else 0.0)
    if with_raters:
        model, rater_sd = _spread(model)
        if rater_sd == 0:
            model, cells = _rating_model(part, block, 0.0)
    found = maximise(model, model.start())
    if found is None or float(np.abs(found.beta).max()) > FAR:
        raise NoFiniteMaximumError(
            "Some generators are rated above others without any overlap: the distance between them has no "
            "finite estimate.",
            mend="Collect more ratings.",
            details={"obstacle": "separation"},
        )
    fit = _rating_fit(data, found, block, diagnosis, rater_sd, float(keep.sum()))
    b = model.rater_effects(found.beta)
    if b is None:
        return RatingsFit(LinkedFit(fit, model, cells), np.zeros(0), (), 0.0)
    names = tuple(data.raters[r] for r in np.unique(part.rater))
    return RatingsFit(LinkedFit(fit, model, cells), -b, names, rater_sd)


def _rating_model(part: Ratings, block: IntArray, rater_sd: float) -> tuple[LinkModel, ClusterCells]:
    K = block.size
    present, rating = np.unique(part.rating, return_inverse=True)
    link = CumulativeLink.free(present.size)
    _, rater = np.unique(part.rater, return_inverse=True)
    keys = [part.generator, rating.astype(np.int64)]
    if rater_sd > 0:
        keys.append(rater.astype(np.int64))
    first, cell, count = grouped(keys, None)
    m = first.size
    model = LinkModel(
        design=csr_matrix(
            (np.ones(m), part.generator[first], np.arange(m + 1)), shape=(m, K + 2 + link.size)
        ),
        outcome=rating[first].astype(np.int64),
        count=count,
        link=link,
        ancillary=K + 2 + np.arange(link.size),
        active=np.r_[block >= 0, False, False, np.ones(link.size, dtype=np.bool_)],
        gauges=(Gauge(np.flatnonzero(block >= 0), K + 2 + np.arange(link.size)),),
        rater=rater[first].astype(np.int64) if rater_sd > 0 else None,
        rater_sd=rater_sd,
    )
    own, size = without_gaps(part.rater)
    return model, ClusterCells.of(own, cell, None, size)


def _spread(model: LinkModel, max_iter: int = 60) -> tuple[LinkModel, float]:
    """The standard deviation of rater effects by EM, each expectation by Laplace's approximation."""
    beta = model.start()
    for _ in range(max_iter):
        found = maximise(model, beta, tol=1e-4, max_iter=20)
        if found is None:
            break
        beta, b = found.beta, model.rater_effects(found.beta)
        assert b is not None
        sd = float(np.sqrt(np.mean(b**2 + 1 / model.rater_precision(beta))))
        settled = abs(sd - model.rater_sd) < 1e-3 * sd
        model = replace(model, rater_sd=sd)
        if settled or sd < _LEVEL:
            break
    return model, model.rater_sd if model.rater_sd >= _LEVEL else 0.0


def _extremes(data: Ratings) -> tuple[GraphDiagnosis, BoolArray]:
    """Generators that only ever got the highest (lowest) rating in use, and the ratings without them."""
    K = len(data.generators)
    keep = np.ones(data.rating.size, dtype=np.bool_)
    top, bottom = np.zeros(K, dtype=np.bool_), np.zeros(K, dtype=np.bool_)
    while keep.any():
        g, y = data.generator[keep], data.rating[keep]
        n = np.bincount(g, minlength=K)
        at_top = (n > 0) & (np.bincount(g[y == y.max()], minlength=K) == n)
        at_bottom = (n > 0) & (np.bincount(g[y == y.min()], minlength=K) == n)
        if not (at_top | at_bottom).any():
            break
        top, bottom = top | at_top, bottom | (at_bottom & ~at_top)
        keep &= ~(top | bottom)[data.generator]
    seen = np.bincount(data.generator, minlength=K) > 0
    rank_of = np.where(top, 0, np.where(bottom, 2, 1))
    order = np.argsort(rank_of[seen], kind="stable")
    line = np.flatnonzero(seen)[order]
    # Links both ways within a level, one way between levels.
    up, down = line[:-1], line[1:]
    level = rank_of[up] == rank_of[down]
    level &= rank_of[up] == 1
    winner, loser = np.concatenate([up, down[level]]), np.concatenate([down, up[level]])
    diagnosis = diagnose_edges(data.generators, winner.astype(np.int64), loser.astype(np.int64))
    found = replace(
        diagnosis,
        undefeated=tuple(data.generators[i] for i in np.flatnonzero(top)),
        winless=tuple(data.generators[i] for i in np.flatnonzero(bottom)),
        words=_rating_words(data, top, bottom, ~seen),
    )
    return found, keep


def _rating_words(data: Ratings, top: BoolArray, bottom: BoolArray, unseen: BoolArray) -> tuple[str, ...]:
    out = []
    for mask, words in (
        (top, "Only ever got the highest rating, so no finite strength"),
        (bottom, "Only ever got the lowest rating, so no finite strength"),
        (unseen, "Never rated"),
    ):
        if mask.any():
            out.append(f"{words}: {', '.join(data.generators[i] for i in np.flatnonzero(mask))}.")
    return tuple(out)


def _rating_fit(
    data: Ratings, found: Maximum, block: IntArray, diagnosis: GraphDiagnosis, rater_sd: float, n: float
) -> StrengthFit:
    K = len(data.generators)
    words = f"rater severity (sd {rater_sd:.2f} logits)" if rater_sd else "no rater effects"
    return StrengthFit(
        generators=data.generators,
        theta=np.where(block >= 0, found.beta[:K], np.nan),
        block=block,
        position=0.0,
        has_position=False,
        tie=0.0,
        tie_model="latent",
        extra=found.beta[K + 2 :],
        names=tuple(f"cut {k}" for k in range(1, found.beta.size - K - 1)),
        covariance=found.inverse,
        n=n,
        log_likelihood=found.value,
        converged=found.converged,
        iterations=found.iterations,
        finite_maximum=diagnosis.finite_maximum,
        diagnosis=diagnosis,
        method=f"cumulative logit of ratings, {words}",
    )
