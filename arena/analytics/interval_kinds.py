"""Every kind of interval beside each other: does the picture hang on how raters and prompts are resampled?

The main interval is the sandwich clustered by rater. The others assume more (votes independent), or take
other things for drawn at random (prompts, or raters and prompts), or lean on resampling instead of a table
of t. Where they agree, the choice does not matter; where they do not, the widest is the careful one.

References
----------
Those of `intervals`, `bootstrap`, `exact_bootstrap` and `wild_bootstrap`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .arrays import FloatArray
from .bootstrap import multiplier_bootstrap
from .data import PairwiseData
from .davidson import DavidsonFit
from .errors import AnalyticsError, OptionError
from .exact_bootstrap import exact_bootstrap, percentile_intervals
from .intervals import (
    FEW_CLUSTERS,
    GeneratorIntervals,
    cluster_covariance,
    generator_intervals,
    index_of,
    model_covariance,
    two_way_covariance,
)
from .result import Undefined
from .scale import BASE_POINTS, POINTS_PER_LOGIT
from .scores import By, cluster_scores
from .wild_bootstrap import wild_bootstrap

KINDS = ("rater", "prompt", "rater_prompt", "one_step", "exact", "wild", "vote")
# Each of a thousand draws of the exact bootstrap is fitted anew: above this many ordered pairs it takes
# longer than anyone waits for a page.
_EXACT_PAIRS = 2_000
# An interval narrower than this share of the one at vote level is rounding.
_NOTHING = 1e-6


@dataclass(frozen=True, eq=False)
class IntervalKinds:
    """Intervals of all generators by kind.

    Attributes
    ----------
    found : dict of GeneratorIntervals or Undefined, by the names in `KINDS`
        In logits, each of shape (K,); `Undefined` says why a kind is not known.
    anchor : str or None
        The generator at 0; otherwise the mean of all is.
    """

    found: dict[str, GeneratorIntervals | Undefined]
    anchor: str | None
    confidence: float

    @property
    def unknown(self) -> dict[str, Undefined]:
        return {name: found for name, found in self.found.items() if isinstance(found, Undefined)}

    def to_frame(self) -> pd.DataFrame:
        """One row per kind and generator: kind, generator, points, low, high, se (points), df, width_ratio
        (to the interval clustered by rater), method."""
        main = self.found["rater"]
        rows = []
        for kind, found in self.found.items():
            if isinstance(found, Undefined):
                continue
            part = found.to_frame()
            for name in ("estimate", "low", "high"):
                part[name] = BASE_POINTS + POINTS_PER_LOGIT * part[name]
            part["se"] *= POINTS_PER_LOGIT
            part["width_ratio"] = _ratio(found, main)
            rows.append(part.assign(kind=kind, method=found.method))
        columns = ["kind", "generator", "points", "low", "high", "se", "df", "width_ratio", "method"]
        if not rows:
            return pd.DataFrame(columns=columns)
        return pd.concat(rows, ignore_index=True).rename(columns={"estimate": "points"})[columns]


def _ratio(found: GeneratorIntervals, main: GeneratorIntervals | Undefined) -> FloatArray:
    if isinstance(main, Undefined):
        return np.full(found.se.size, np.nan)
    width, wanted = found.high - found.low, main.high - main.low
    ratio: FloatArray = np.divide(width, wanted, out=np.full(width.size, np.nan), where=wanted > 0)
    return ratio


def interval_kinds(
    data: PairwiseData,
    fitted: DavidsonFit,
    *,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    anchor: str | None = None,
) -> IntervalKinds:
    """Intervals clustered by rater, by prompt and both ways, by three bootstraps, and at vote level.

    Parameters
    ----------
    data : PairwiseData
        n votes on K generators; prompts are needed for two of the kinds.
    fitted : DavidsonFit
        Of ``data``.
    confidence : float
    draws, seed : int
        Of the bootstraps.
    anchor : str, optional
        As for `intervals.generator_intervals`.

    Returns
    -------
    IntervalKinds
        Every kind of `KINDS`, or why it is not known: one rater, raters all alike, no prompts, a penalised
        fit, too many pairs.

    Raises
    ------
    UnknownLabelError
        For an anchor without votes.
    """
    if anchor is not None and fitted.block[index_of(fitted, anchor)] < 0:
        anchor = None  # Nothing can be measured from a generator without a finite strength.
    options: dict[str, Any] = {"confidence": confidence, "anchor": anchor}

    def by(unit: By) -> GeneratorIntervals:
        return generator_intervals(fitted, cluster_covariance(fitted, data, by=unit), **options)

    def one_step() -> GeneratorIntervals:
        drawn = multiplier_bootstrap(fitted, cluster_scores(fitted, data), draws=draws, seed=seed)
        return percentile_intervals(drawn, fitted, **options)

    def exact() -> GeneratorIntervals:
        pairs = data.cells.left.size
        if pairs > _EXACT_PAIRS:
            raise OptionError(
                f"Every draw is fitted anew, which takes too long for {pairs:,} ordered pairs.",
                mend="The one-step bootstrap stands for it.",
            )
        drawn = exact_bootstrap(data, fitted, draws=draws, seed=seed)
        return percentile_intervals(drawn, fitted, **options)

    def wild() -> GeneratorIntervals:
        if data.n_raters >= FEW_CLUSTERS:
            raise OptionError(
                f"It is for fewer than {FEW_CLUSTERS} raters; with more it agrees with the sandwich.",
                mend="Use the interval clustered by rater.",
            )
        return wild_bootstrap(data, fitted, seed=seed).intervals(**options)

    def both_ways() -> GeneratorIntervals:
        return generator_intervals(fitted, two_way_covariance(fitted, data), **options)

    def at_vote_level() -> GeneratorIntervals:
        return generator_intervals(fitted, model_covariance(fitted), **options)

    ways: dict[str, Callable[[], GeneratorIntervals]] = {
        "rater": lambda: by("rater"),
        "prompt": lambda: by("prompt"),
        "rater_prompt": both_ways,
        "one_step": one_step,
        "exact": exact,
        "wild": wild,
        "vote": at_vote_level,
    }
    nothing = _NOTHING * _widest(at_vote_level())
    return IntervalKinds({kind: _known(way, nothing) for kind, way in ways.items()}, anchor, confidence)


def _known(way: Callable[[], GeneratorIntervals], nothing: float) -> GeneratorIntervals | Undefined:
    try:
        found = way()
    except AnalyticsError as error:
        return Undefined(error.code, str(error))
    if _widest(found) <= nothing:
        return Undefined("alike", "All voted alike: from no difference between them no interval can be made.")
    return found


def _widest(found: GeneratorIntervals) -> float:
    width = found.high - found.low
    return float(np.max(width, initial=0.0, where=np.isfinite(width)))
