"""How many votes? For a wanted power or precision, ties and clustering included, formula and exact test.

References
----------
Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed., ch. 2;
Kish (1965), Survey Sampling (design effect 1 + (m − 1)·ICC).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom, norm

from .arrays import FloatArray, IntArray
from .errors import OptionError


@dataclass(frozen=True)
class PairPlan:
    """Votes for one pair of generators.

    Attributes
    ----------
    decided : int
        Decided votes by the formula; ``decided_exact`` by the exact binomial test: from there on its power
        never falls below the wanted one.
    votes : int
        With ties and design effect: ⌈decided_exact · design_effect / (1 − tie_rate)⌉.
    power_exact : float
        Power of the exact test at ``decided_exact``.
    """

    share: float
    alpha: float
    power: float
    decided: int
    decided_exact: int
    power_exact: float
    tie_rate: float
    design_effect: float
    votes: int

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([asdict(self)])


def _check(
    share: float, tie_rate: float, design_effect: float, *, alpha: float = 0.05, power: float = 0.8
) -> None:
    if not 0.5 < share < 1:
        raise OptionError(
            f"A share of {share:g} cannot be planned for.",
            mend="Pass the smallest share worth finding, above 0.5 and below 1.",
        )
    if not 0 <= tie_rate < 1 or not 1 <= design_effect < math.inf:
        raise OptionError(
            "Ties must be in [0, 1) and the design effect at least 1.", mend="Correct these assumptions."
        )
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise OptionError(
            f"A power of {power:g} at an error of {alpha:g} cannot be planned for.",
            mend="Both lie between 0 and 1, and the power above the error; 0.8 and 0.05 are usual.",
        )


def votes_by_formula(share: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """n = (z_{1−α/2}/2 + z_power √(p(1−p)))² / (p − 1/2)²: decided votes, not rounded."""
    _check(share, 0, 1, alpha=alpha, power=power)
    z_alpha, z_power = float(norm.ppf(1 - alpha / 2)), float(norm.ppf(power))
    return (z_alpha / 2 + z_power * math.sqrt(share * (1 - share))) ** 2 / (share - 0.5) ** 2


def exact_power(n: int, share: float, *, alpha: float = 0.05) -> float:
    """Power of the exact two-sided binomial test of 1/2 with n decided votes."""
    return float(_exact_powers(np.array([n]), share, alpha)[0])


def _exact_powers(n: IntArray, share: float, alpha: float) -> FloatArray:
    """The power at each n: of at most c or at least n − c wins, the most that α leaves to either side."""
    quantile = np.asarray(binom.ppf(alpha / 2, n, 0.5))
    lower = np.where(binom.cdf(quantile, n, 0.5) > alpha / 2, quantile - 1, quantile)
    found = binom.cdf(lower, n, share) + binom.sf(n - lower - 1, n, share)
    return np.asarray(np.where(lower < 0, 0.0, found), dtype=np.float64)


def plan_pair(
    share: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    tie_rate: float = 0.0,
    design_effect: float = 1.0,
) -> PairPlan:
    """Votes that find a preference of ``share`` among decided votes with the wanted power.

    Parameters
    ----------
    share : float
        Smallest share worth finding, in (0.5, 1).
    tie_rate : float
        Expected share of ties and both-bad answers.
    design_effect : float
        1 + (m − 1)·ICC for m votes per rater; 1 when every vote comes from another rater.

    Raises
    ------
    OptionError
        For a share that cannot be planned for (one half needs endless votes), or impossible assumptions.
    """
    _check(share, tie_rate, design_effect, alpha=alpha, power=power)
    formula = math.ceil(votes_by_formula(share, alpha=alpha, power=power))
    exact = _smallest_for_good(share, alpha, power, formula)
    return PairPlan(
        share=share,
        alpha=alpha,
        power=power,
        decided=formula,
        decided_exact=exact,
        power_exact=exact_power(exact, share, alpha=alpha),
        tie_rate=tie_rate,
        design_effect=design_effect,
        votes=math.ceil(exact * design_effect / (1 - tie_rate) - 1e-9),
    )


def _smallest_for_good(share: float, alpha: float, power: float, formula: int) -> int:
    """Smallest n from which exact power stays at or above ``power`` (it saws up and down with n).

    Exact test and formula differ by about 1/(p − 1/2) votes and the saw's teeth, so far fewer than are
    looked at on either side.
    """
    wide = round(8 / (share - 0.5)) + 40
    n = np.arange(max(1, formula - wide), formula + wide)
    short = np.flatnonzero(_exact_powers(n, share, alpha) < power)
    return int(n[short[-1]] + 1) if short.size else int(n[0])


def votes_for_half_width(
    half_width: float,
    *,
    share: float = 0.5,
    confidence: float = 0.95,
    tie_rate: float = 0.0,
    design_effect: float = 1.0,
) -> int:
    """Votes after which a preference share has a Wilson interval of at most ± ``half_width``.

    Wilson's half width is z√(p(1−p)/n + z²/4n²) / (1 + z²/n); solved for n, then ties and clustering added.

    Raises
    ------
    OptionError
        For a width, share or confidence out of range, or impossible assumptions.
    """
    if not 1e-6 <= half_width < 0.5:
        raise OptionError("The half width must lie between 0 and 0.5.", mend="Pass for example 0.05.")
    if not 0 <= share <= 1 or not 0 < confidence < 1:
        raise OptionError("Share and confidence lie between 0 and 1.", mend="Correct these numbers.")
    _check(0.6, tie_rate, design_effect)
    z = float(norm.ppf((1 + confidence) / 2))

    def width(n: int) -> float:
        return z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)

    low, high = 1, 2
    while width(high) > half_width:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if width(middle) > half_width else (low, middle)
    return math.ceil(high * design_effect / (1 - tie_rate) - 1e-9)


def kish_design_effect(votes_per_rater: float, icc: float) -> float:
    """1 + (m − 1)·ICC."""
    return max(1.0, 1 + (votes_per_rater - 1) * icc)


@dataclass(frozen=True)
class StudyPlan:
    """Votes, raters and cost of a whole round robin."""

    generators: int
    pairs: int
    votes_per_pair: int
    votes: int
    raters: int
    hours: float
    cost: float
    pair_plan: PairPlan

    def to_frame(self) -> pd.DataFrame:
        record = {k: v for k, v in asdict(self).items() if k != "pair_plan"}
        return pd.DataFrame([record])


def plan_study(
    generators: int,
    share: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    tie_rate: float = 0.0,
    icc: float = 0.0,
    votes_per_rater: int = 50,
    seconds_per_vote: float = 8.0,
    cost_per_hour: float = 0.0,
    correct_for_pairs: bool = True,
) -> StudyPlan:
    """Votes for all pairs, each compared directly.

    Parameters
    ----------
    generators : int
        K ≥ 2; K(K−1)/2 pairs. With ``correct_for_pairs`` α is divided by their number (Bonferroni).
    icc : float
        Correlation of one rater's votes on a pair. A rater spreads ``votes_per_rater`` over the pairs, so
        m = max(1, votes_per_rater / pairs) votes fall on each.

    Raises
    ------
    OptionError
        As for `plan_pair`, and for fewer than two generators.
    """
    if generators < 2 or votes_per_rater < 1 or not 0 <= icc <= 1:
        raise OptionError(
            "A plan needs two generators, a vote per rater, and a correlation between 0 and 1.",
            mend="Correct the numbers.",
        )
    pairs = generators * (generators - 1) // 2
    effect = kish_design_effect(max(1.0, votes_per_rater / pairs), icc)
    plan = plan_pair(
        share,
        alpha=alpha / pairs if correct_for_pairs else alpha,
        power=power,
        tie_rate=tie_rate,
        design_effect=effect,
    )
    votes = plan.votes * pairs
    hours = votes * seconds_per_vote / 3600
    return StudyPlan(
        generators=generators,
        pairs=pairs,
        votes_per_pair=plan.votes,
        votes=votes,
        raters=max(2, int(np.ceil(votes / votes_per_rater))),
        hours=hours,
        cost=hours * cost_per_hour,
        pair_plan=plan,
    )
