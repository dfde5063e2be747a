"""What each exclusion rule looks at in a rater table, whom it hits, and the evidence in words.

Probabilities are those of an ordinary rater at the same number of answers: side shares and runs against
independent sides with the study's own left share (so that a study-wide position effect condemns nobody),
agreement and consistency against the crowd's pooled rate, skipped checks against both the rater's own other
trials and the crowd's rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom, hypergeom

from .arrays import BoolArray, FloatArray, IntArray

Rule = Mapping[str, Any]
# Whoever is less probable than this under the crowd's rate does not help to set that rate.
_ATYPICAL = 0.05
# How often a guesser is taken to be right, at most; only the weights of the measures depend on it.
_GUESSED = 0.5
_OTHERS = "the others' winner"


@dataclass(frozen=True, eq=False)
class Found:
    """Hit rows of the table, and per row value, n, p (NaN for fixed limits), each of shape (R,)."""

    rows: IntArray
    value: FloatArray
    n: FloatArray
    p: FloatArray
    evidence: Callable[[int], str]


@dataclass(frozen=True)
class Words:
    """The rule in words, with a fixed limit ({value} or {percent}) or by probability."""

    fixed: str
    improbable: str = ""


@dataclass(frozen=True)
class Measure:
    """Columns that a rule needs (``by_chance``: more by probability), its words, and what applies it."""

    columns: tuple[str, ...]
    words: Words
    find: Callable[[pd.DataFrame, Rule], Found]
    by_chance: tuple[str, ...] = ()

    def absent(self, frame: pd.DataFrame, rule: Rule) -> list[str]:
        """Needed columns that the table lacks."""
        needed = ("rater", *self.columns, *(self.by_chance if "p_below" in rule else ()))
        return [name for name in needed if name not in frame.columns]


def run_p_value(longest: FloatArray, n: FloatArray, *, share: float = 0.5) -> FloatArray:
    """Chance that n independent sides hold a run of ``longest`` or more on either side.

    Union bound over where the run starts: q^L + (1−q)^L at the first vote, and at each of the n − L later
    ones a change of side before it, (1−q) q^L + q (1−q)^L. Exact in the limit of small probabilities, never
    too small.

    Parameters
    ----------
    longest, n : float array, shape (R,)
    share : float
        q, the share of left among decided votes.
    """
    L, n = np.maximum(np.asarray(longest, np.float64), 1), np.asarray(n, np.float64)
    a, b = share**L, (1 - share) ** L
    chance = a + b + np.maximum(n - L, 0) * ((1 - share) * a + share * b)
    return np.asarray(np.where(np.asarray(longest) > 0, np.minimum(chance, 1.0), 1.0), dtype=np.float64)


def typical_rate(hits: FloatArray, n: FloatArray) -> float:
    """Pooled rate of raters who are not themselves improbable under it; strictly between 0 and 1.

    A few random raters would pull a plain mean down and so hide themselves; a few rounds without the
    improbable ones settle it.
    """
    keep = n > 0
    rate = 0.5
    for _ in range(6):
        rate = float((hits[keep].sum() + 0.5) / (n[keep].sum() + 1))
        keep = (n > 0) & (binom.cdf(hits, n, rate) > _ATYPICAL)
    return rate


def _column(frame: pd.DataFrame, name: str) -> FloatArray:
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _blank(frame: pd.DataFrame) -> FloatArray:
    return np.full(len(frame), np.nan)


def _rows(hit: BoolArray) -> IntArray:
    return np.flatnonzero(hit).astype(np.int64)


def _failed_checks(frame: pd.DataFrame, rule: Rule) -> Found:
    n, passed = _column(frame, "checks"), _column(frame, "checks_passed")
    failed = n - passed
    return Found(
        _rows(failed >= rule["count"]),
        failed,
        n,
        _blank(frame),
        lambda r: (
            f"{failed[r]:.0f} of {n[r]:.0f} checks failed; the rule excludes from {rule['count']:.0f} on."
        ),
    )


def _failed_check_share(frame: pd.DataFrame, rule: Rule) -> Found:
    n, passed = _column(frame, "checks"), _column(frame, "checks_passed")
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (n - passed) / n
    hit = (n >= rule["at_least"]) & (share > rule["above"])
    return Found(
        _rows(hit),
        share,
        n,
        _blank(frame),
        lambda r: (
            f"{n[r] - passed[r]:.0f} of {n[r]:.0f} checks failed ({share[r]:.0%}); "
            f"the rule allows {rule['above']:.0%}."
        ),
    )


def _skipped_checks(frame: pd.DataFrame, rule: Rule) -> Found:
    """Whoever spots a check can skip it at no cost: unless skips on checks are held against other skips.

    By probability a rater is hit only when so many are improbable twice: drawn at random from all that they
    skipped (hypergeometric, Fisher's exact test), which spares who skips much everywhere; and at the crowd's
    own rate of skipping checks, which spares everybody where the checks themselves invite it: a degraded
    copy may honestly be called unclear. Broken pictures are reported apart and count nowhere here.
    """
    skipped, n = _column(frame, "checks_skipped"), _column(frame, "checks")
    n = n + skipped
    elsewhere = _column(frame, "others_skipped")
    others = _column(frame, "votes") + elsewhere
    with np.errstate(invalid="ignore", divide="ignore"):
        share = skipped / n
    if "p_below" in rule:
        typical = 1 - typical_rate(n - skipped, n)
        by_chance = hypergeom.sf(skipped - 1, n + others, n, skipped + elsewhere)
        p = np.maximum(by_chance, binom.sf(skipped - 1, n, typical))
        p = np.asarray(np.where(skipped > 0, p, 1.0), dtype=np.float64)
        hit = p < rule["p_below"]
        limit = f"the crowd skips {typical:.1%} of checks: so many with probability {{p:.2g}} at the most."
    else:
        p = _blank(frame)
        hit = share > rule["above"]
        limit = f"the rule allows {rule['above']:.0%}."
    return Found(
        _rows(hit & (n >= rule["at_least"])),
        share,
        n,
        p,
        lambda r: (
            f"Skipped {skipped[r]:.0f} of {n[r]:.0f} checks ({share[r]:.0%}) and {elsewhere[r]:.0f} of "
            f"{others[r]:.0f} other comparisons; {limit.format(p=p[r])}"
        ),
    )


def _median_answer(frame: pd.DataFrame, rule: Rule) -> Found:
    n, median = _column(frame, "votes"), _column(frame, "median_ms")
    hit = (n >= rule["at_least"]) & (median < rule["below"])
    return Found(
        _rows(hit),
        median,
        n,
        _blank(frame),
        lambda r: (
            f"Half of {n[r]:.0f} answers took less than {median[r]:,.0f} ms; "
            f"the rule asks for {rule['below']:,.0f} ms."
        ),
    )


def _longest_run(frame: pd.DataFrame, rule: Rule) -> Found:
    longest, n = _column(frame, "longest_run"), _column(frame, "votes")
    if "p_below" not in rule:
        hit = longest > rule["above"]
        limit = f"the rule allows {rule['above']}."
        p = _blank(frame)
    else:
        share = _left_share(frame)
        p = run_p_value(longest, n, share=share)
        hit = p < rule["p_below"]
        limit = "chance alone gives such a run with probability {p:.2g}."
    return Found(
        _rows(hit),
        longest,
        n,
        p,
        lambda r: (
            f"The same answer {longest[r]:.0f} times in a row among {n[r]:.0f} votes; {limit.format(p=p[r])}"
        ),
    )


def _left_share(frame: pd.DataFrame) -> float:
    """Left share of the study: the median rater's, within 0.3 and 0.7 lest a one-sided crowd sets it."""
    share = _column(frame, "left_share")
    known = share[np.isfinite(share)]
    return float(np.clip(np.median(known), 0.3, 0.7)) if known.size else 0.5


def _side_share(frame: pd.DataFrame, rule: Rule) -> Found:
    n, left = _column(frame, "decided"), _column(frame, "left_share")
    count = np.nan_to_num(np.round(left * n))
    share = np.maximum(left, 1 - left)
    if "p_below" in rule:
        q = _left_share(frame)
        tail = np.minimum(binom.cdf(count, n, q), binom.sf(count - 1, n, q))
        p = np.asarray(np.minimum(1.0, 2 * tail), dtype=np.float64)
        hit = p < rule["p_below"]
        limit = "sides at the study's own share give that with probability {p:.2g}."
    else:
        p = _blank(frame)
        hit = share > rule["above"]
        limit = f"the rule allows {rule['above']:.0%}."
    hit = hit & (n >= rule["at_least"])

    def evidence(r: int) -> str:
        side = "left" if left[r] >= 0.5 else "right"
        most = max(count[r], n[r] - count[r])
        return f"The {side} side in {most:.0f} of {n[r]:.0f} decided votes ({share[r]:.0%}); " + limit.format(
            p=p[r]
        )

    return Found(_rows(hit), share, n, p, evidence)


def _rate(hits: FloatArray, n: FloatArray, rule: Rule, what: str, own: str) -> Found:
    """A rate that must not be too low: consistency, agreement."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = hits / n
    if "p_below" in rule:
        typical = typical_rate(hits, n)
        p = np.asarray(np.where(n > 0, binom.cdf(hits, n, typical), 1.0), dtype=np.float64)
        hit = p < rule["p_below"]
        limit = f"others reach {typical:.0%}, which gives so few with probability {{p:.2g}}."
    else:
        p = np.full(n.size, np.nan)
        hit = rate < rule["below"]
        limit = f"the rule asks for {rule['below']:.0%}."
    return Found(
        _rows(hit & (n >= rule["at_least"])),
        rate,
        n,
        p,
        lambda r: f"{own}: {hits[r]:.0f} of {n[r]:.0f} {what} ({rate[r]:.0%}); {limit.format(p=p[r])}",
    )


def _consistency(frame: pd.DataFrame, rule: Rule) -> Found:
    n, hits = _column(frame, "repeats"), _column(frame, "repeats_consistent")
    return _rate(hits, n, rule, "repeated comparisons answered alike", "With sides swapped")


def _agreement(frame: pd.DataFrame, rule: Rule) -> Found:
    n = _column(frame, "agreement_n")
    hits = np.nan_to_num(np.round(_column(frame, "agreement") * n))
    return _rate(hits, n, rule, "votes with the majority of the others", "Agrees")


def _combined_p(hits: FloatArray, n: FloatArray, typical: FloatArray, weight: FloatArray) -> float:
    """Exact chance of a weighted sum of independent binomials as low as observed; all of shape (M,)."""
    sums, chance = np.zeros(1), np.ones(1)
    for count, rate, w in zip(n, typical, weight, strict=True):
        k = np.arange(int(count) + 1)
        sums = np.add.outer(sums, w * k).ravel()
        chance = np.multiply.outer(chance, binom.pmf(k, int(count), rate)).ravel()
    return min(float(chance[sums <= float(weight @ hits) + 1e-9].sum()), 1.0)


def _guessing(frame: pd.DataFrame, rule: Rule) -> Found:
    """Checks, agreement and repeats together, each weighted by how well it tells guessing from the crowd."""
    names, hits, n = _right_answers(frame)
    typical = np.array([typical_rate(h, m) for h, m in zip(hits, n, strict=True)])
    # Where the crowd itself does no better than a coin, the measure carries no weight.
    weight = np.log(typical / (1 - typical)) - np.log(_GUESSED / (1 - _GUESSED))
    weight = np.maximum(weight, 0.0)
    p = np.ones(len(frame))
    spread = np.sqrt((typical * (1 - typical) * weight**2) @ n)
    # Only those well below what is typical can be improbable; the exact sum is for them. Who passed every
    # check and repeated every answer does not guess, but thinks otherwise than most, which is no fault.
    low = ((n - hits)[np.array(names) != _OTHERS] > 0).any(axis=0)
    low &= weight @ hits < weight @ (typical[:, None] * n) - spread
    for row in np.flatnonzero(low & (n.sum(axis=0) >= rule["at_least"])):
        p[row] = _combined_p(hits[:, row], n[:, row], typical, weight)
    total, right = n.sum(axis=0), hits.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = right / total

    def evidence(r: int) -> str:
        parts = [
            f"{name} {hits[m, r]:.0f} of {n[m, r]:.0f} (others {typical[m]:.0%})"
            for m, name in enumerate(names)
            if n[m, r]
        ]
        return f"{'; '.join(parts)}: together as poor as this with probability {p[r]:.2g}."

    return Found(_rows(p < rule["p_below"]), value, total, p, evidence)


def _right_answers(frame: pd.DataFrame) -> tuple[list[str], FloatArray, FloatArray]:
    """Names, hits and cases (M, R) of the measures that the table has."""
    parts = [("passed checks", _column(frame, "checks_passed"), _column(frame, "checks"))]
    if "winner_agreement_n" in frame.columns:
        m = _column(frame, "winner_agreement_n")
        hits = np.nan_to_num(np.round(_column(frame, "winner_agreement") * m))
        parts.append((_OTHERS, hits, m))
    if "repeats" in frame.columns:
        parts.append(("consistent repeats", _column(frame, "repeats_consistent"), _column(frame, "repeats")))
    return [x[0] for x in parts], np.stack([x[1] for x in parts]), np.stack([x[2] for x in parts])


def _too_few(frame: pd.DataFrame, rule: Rule) -> Found:
    n = _column(frame, "votes")
    return Found(
        _rows(n < rule["below"]),
        n,
        n,
        _blank(frame),
        lambda r: f"{n[r]:.0f} votes; the rule asks for {rule['below']:.0f}.",
    )


MEASURES: dict[str, Measure] = {
    "failed_checks": Measure(
        ("checks", "checks_passed"), Words("{value} or more attention checks failed"), _failed_checks
    ),
    "failed_check_share": Measure(
        ("checks", "checks_passed"),
        Words("more than {percent} of attention checks failed"),
        _failed_check_share,
    ),
    "skipped_checks": Measure(
        ("votes", "checks", "checks_skipped", "others_skipped"),
        Words(
            "more than {percent} of attention checks skipped",
            "improbably many attention checks skipped, against own other trials and the crowd",
        ),
        _skipped_checks,
    ),
    "median_answer_ms": Measure(
        ("votes", "median_ms"), Words("median answer time below {value:g} ms"), _median_answer
    ),
    "longest_run": Measure(
        ("votes", "longest_run"),
        Words("the same side more than {value} times in a row", "an improbably long run of the same side"),
        _longest_run,
        # Ratings have no sides: half of them may honestly be the same, so chance is not known there.
        by_chance=("left_share",),
    ),
    "side_share": Measure(
        ("decided", "left_share"),
        Words("one side in more than {percent} of decided votes", "an improbable share of one side"),
        _side_share,
    ),
    "consistency": Measure(
        ("repeats", "repeats_consistent"),
        Words(
            "fewer than {percent} of swapped repeats answered alike",
            "improbably few swapped repeats answered alike",
        ),
        _consistency,
    ),
    "agreement": Measure(
        ("agreement", "agreement_n"),
        Words(
            "agreement with the majority of the others below {percent}",
            "improbably low agreement with the majority of the others",
        ),
        _agreement,
    ),
    "guessing": Measure(
        ("checks", "checks_passed"),
        Words("", "checks, agreement and repeats together improbably poor"),
        _guessing,
    ),
    "too_few_votes": Measure(("votes",), Words("fewer than {value} votes"), _too_few),
}
