"""What each rater's votes look like: amount, speed, sides, checks, agreement with the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from .arrays import BoolArray, CodeArray, FloatArray, IntArray
from .canonical import CanonicalVotes, answer_counts, canonical_votes
from .data import LEFT, OUTCOMES, RIGHT, TIE
from .encoding import encode, encode_fixed
from .errors import MissingColumnError
from .proportions import wilson_bounds


@dataclass(frozen=True, eq=False)
class RaterTable:
    """One row per rater; see `rater_table` for the columns."""

    frame: pd.DataFrame
    confidence: float

    def to_frame(self) -> pd.DataFrame:
        return self.frame.copy()


def rater_table(df: pd.DataFrame, *, confidence: float = 0.95) -> RaterTable:
    """Measures per rater, in the order of their names.

    Parameters
    ----------
    df : DataFrame
        Columns ``rater``, ``left``, ``right``, ``outcome``; optional ``comparison`` or ``prompt`` (needed for
        agreement), ``answer_ms``, ``kind`` (``regular``, ``check``, ``repeat``), ``check_passed`` (true,
        false, or empty), ``created_at`` (orders the run lengths; otherwise the order of rows).
        Checks count only as checks; repeats only for consistency.

    Returns
    -------
    RaterTable
        Columns: rater; votes; decided; tie_share; left_share (of decided votes) with left_low, left_high
        (Wilson) and left_p (exact, against 1/2); longest_run (same side in a row); median_ms; checks,
        checks_passed, check_rate; agreement, agreement_n, agreement_low, agreement_high (with the majority
        of the others on the same comparison; comparisons whose others are split are left out);
        winner_agreement, winner_agreement_n (the same among decided votes, the others' ties left out: 1/2 by
        chance); repeats, repeats_consistent, consistency (their ratio). NaN where there is nothing to
        measure.
    """
    missing = [name for name in ("rater", "left", "right", "outcome") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.",
            mend="A rater table needs rater, left, right, outcome.",
        )
    raw, labels = encode(df["rater"], "rater")
    codes, R = raw.astype(np.int64), len(labels)
    regular, check, repeat = (_of_kind(df, kind) for kind in ("regular", "check", "repeat"))
    votes = df if regular.all() else df[regular]
    rater = codes[regular]
    out = pd.DataFrame({"rater": labels, "votes": np.bincount(rater, minlength=R)})
    outcome = encode_fixed(votes["outcome"], OUTCOMES, "outcome")
    _sides(out, rater, outcome, confidence)
    out["longest_run"] = _longest_runs(rater, outcome, _order(votes, rater), R)
    out["median_ms"] = _medians(votes, rater, R)
    _checks(out, df, codes, check)
    _agreement(out, votes, rater, confidence)
    _repeats(out, df, codes, repeat)
    return RaterTable(out, confidence)


def _of_kind(df: pd.DataFrame, kind: str) -> BoolArray:
    """Rows of a kind; without the column every row is regular."""
    if "kind" not in df.columns:
        return np.full(len(df), kind == "regular")
    return (df["kind"] == kind).to_numpy(dtype=np.bool_)


def _sides(out: pd.DataFrame, rater: IntArray, outcome: CodeArray, confidence: float) -> None:
    R = len(out)
    left = np.bincount(rater[outcome == LEFT], minlength=R).astype(np.float64)
    right = np.bincount(rater[outcome == RIGHT], minlength=R).astype(np.float64)
    decided = left + right
    out["decided"] = decided.astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        out["tie_share"] = 1 - decided / out["votes"].to_numpy()
        out["left_share"] = left / decided
    out["left_low"], out["left_high"] = wilson_bounds(left, decided, confidence=confidence)
    # The binomial with share 1/2 is symmetric, so the two-sided p-value is twice the smaller tail.
    out["left_p"] = np.where(
        decided > 0, np.minimum(1.0, 2 * binom.cdf(np.minimum(left, right), decided, 0.5)), np.nan
    )


def _order(votes: pd.DataFrame, rater: IntArray) -> IntArray:
    """Rows by rater, then time (or row)."""
    if "created_at" not in votes.columns or votes["created_at"].is_monotonic_increasing:
        return np.argsort(rater, kind="stable").astype(np.int64)
    time, _ = pd.factorize(votes["created_at"], sort=True)
    return np.lexsort((time, rater)).astype(np.int64)


def _longest_runs(rater: IntArray, outcome: CodeArray, order: IntArray, R: int) -> IntArray:
    """Longest run of the same decided side per rater; ties end a run."""
    longest = np.zeros(R, dtype=np.int64)
    if not rater.size:
        return longest
    side, who = outcome[order], rater[order]
    change = (np.minimum(side[1:], TIE) != np.minimum(side[:-1], TIE)) | (who[1:] != who[:-1])
    starts = np.flatnonzero(np.r_[True, change])
    length = np.diff(np.r_[starts, side.size])
    decided = side[starts] <= RIGHT
    np.maximum.at(longest, who[starts][decided], length[decided])
    return longest


def _medians(votes: pd.DataFrame, rater: IntArray, R: int) -> FloatArray:
    out = np.full(R, np.nan)
    if "answer_ms" in votes.columns:
        time = pd.to_numeric(votes["answer_ms"], errors="coerce")
        median = time.groupby(rater).median()
        out[median.index.to_numpy()] = median.to_numpy(dtype=np.float64)
    return out


def _checks(out: pd.DataFrame, df: pd.DataFrame, codes: IntArray, check: BoolArray) -> None:
    R = len(out)
    asked, passed = np.zeros(R), np.zeros(R)
    if "check_passed" in df.columns:
        answer = df["check_passed"]
        known = check & answer.notna().to_numpy()
        good = known & answer.map(_as_bool).to_numpy(dtype=np.bool_)
        asked = np.bincount(codes[known], minlength=R).astype(np.float64)
        passed = np.bincount(codes[good], minlength=R).astype(np.float64)
    out["checks"], out["checks_passed"] = asked.astype(np.int64), passed.astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        out["check_rate"] = passed / asked


def _as_bool(value: object) -> bool:
    """True for True, 1, "true", "1", as CSV brings them."""
    return str(value).strip().lower() in {"true", "1", "1.0", "t", "yes"}


def leave_one_out(votes: CanonicalVotes) -> tuple[BoolArray, BoolArray]:
    """For every vote: do the others on its item have one majority answer, and does it agree with that?"""
    counts = answer_counts(votes)
    clear = np.empty(counts.shape, dtype=np.bool_)
    agrees = np.empty(counts.shape, dtype=np.bool_)
    # What the others said depends on item and own answer only.
    for own in range(counts.shape[1]):
        same = counts[:, own] - 1
        others = [counts[:, k] for k in range(counts.shape[1]) if k != own]
        top = np.maximum.reduce(others)
        single = sum((other == top).astype(np.int8) for other in others) == 1
        agrees[:, own] = same > top
        clear[:, own] = agrees[:, own] | ((top > same) & single)
    return clear[votes.item, votes.answer], agrees[votes.item, votes.answer]


def winner_agreement(votes: CanonicalVotes) -> tuple[BoolArray, BoolArray]:
    """For every vote: is it decided and do the others on its item favour one generator, and the same one?

    Ties take no part, so that who flips a coin agrees in half of the cases.
    """
    counts = answer_counts(votes)
    own_first = votes.answer == 0
    decided = votes.answer <= 1
    lead = counts[votes.item, 0] - counts[votes.item, 1] - np.where(own_first, 1, -1) * decided
    known = decided & (lead != 0)
    return known, known & ((lead > 0) == own_first)


def _agreement(out: pd.DataFrame, votes: pd.DataFrame, rater: IntArray, confidence: float) -> None:
    R = len(out)
    n, hits, decided, same = (np.zeros(R) for _ in range(4))
    if len(votes) and ("comparison" in votes.columns or "prompt" in votes.columns):
        canonical = canonical_votes(votes)
        clear, agrees = leave_one_out(canonical)
        known, alike = winner_agreement(canonical)
        decided = np.bincount(rater[known], minlength=R).astype(np.float64)
        same = np.bincount(rater[alike], minlength=R).astype(np.float64)
        n = np.bincount(rater[clear], minlength=R).astype(np.float64)
        hits = np.bincount(rater[agrees], minlength=R).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        out["agreement"] = hits / n
        out["winner_agreement"] = same / decided
    out["winner_agreement_n"] = decided.astype(np.int64)
    out["agreement_n"] = n.astype(np.int64)
    out["agreement_low"], out["agreement_high"] = wilson_bounds(hits, n, confidence=confidence)


def repeated_answers(df: pd.DataFrame, rater: IntArray) -> tuple[IntArray, BoolArray]:
    """Rows of repeats whose first answer is known, and whether they repeat it, sides accounted for."""
    regular, repeat = _of_kind(df, "regular"), _of_kind(df, "repeat")
    both = np.flatnonzero(regular | repeat)
    votes = canonical_votes(df.iloc[both])
    key = rater[both] * votes.n_items + votes.item
    again = repeat[both]
    first = pd.Series(votes.answer[~again], index=key[~again])
    first = first[~first.index.duplicated()]
    earlier = first.reindex(key[again]).to_numpy(dtype=np.float64)
    known = np.isfinite(earlier)
    return both[again][known].astype(np.int64), (earlier == votes.answer[again])[known]


def _repeats(out: pd.DataFrame, df: pd.DataFrame, codes: IntArray, repeat: BoolArray) -> None:
    """Repeats answered like the first time, sides accounted for."""
    R = len(out)
    asked, same = np.zeros(R, dtype=np.int64), np.zeros(R, dtype=np.int64)
    if repeat.any() and ("comparison" in df.columns or "prompt" in df.columns):
        rows, alike = repeated_answers(df, codes)
        asked = np.bincount(codes[rows], minlength=R).astype(np.int64)
        same = np.bincount(codes[rows][alike], minlength=R).astype(np.int64)
    out["repeats"], out["repeats_consistent"] = asked, same
    with np.errstate(invalid="ignore", divide="ignore"):
        out["consistency"] = same / asked
