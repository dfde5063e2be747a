"""Votes turned so that sides no longer matter: which of the two generators won, and on which item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import IntArray
from .data import BOTH_BAD, LEFT, OUTCOMES, RIGHT, TIE
from .encoding import encode, encode_fixed, encode_pair
from .errors import MissingColumnError

CANONICAL = ("first", "second", "tie", "both_bad")
# What each answer becomes when the two generators change names.
MIRROR = (1, 0, 2, 3)


@dataclass(frozen=True, eq=False)
class CanonicalVotes:
    """Item and side-free answer of every vote, each of shape (n,).

    ``answer`` indexes `CANONICAL`: ``first`` means that the generator earlier in sorted order won.
    """

    item: IntArray
    answer: IntArray
    n_items: int

    def first_per_rater(self, rater: IntArray) -> CanonicalVotes:
        """Without a rater's later answers to the same item."""
        again = pd.Series(rater * self.n_items + self.item).duplicated().to_numpy()
        if not again.any():
            return self
        return CanonicalVotes(self.item[~again], self.answer[~again], self.n_items)


def canonical_votes(df: pd.DataFrame) -> CanonicalVotes:
    """Items are comparisons: column ``comparison`` if present, otherwise prompt and unordered pair.

    Parameters
    ----------
    df : DataFrame
        Columns ``left``, ``right``, ``outcome`` and ``comparison`` or ``prompt``.
    """
    needed = ["left", "right", "outcome"]
    missing = [name for name in needed if name not in df.columns]
    if "comparison" not in df.columns and "prompt" not in df.columns:
        missing.append("prompt")
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.",
            mend="Agreement needs left, right, outcome, and comparison or prompt.",
            details={"missing": missing},
        )
    left, right, labels = encode_pair(df["left"], df["right"], None)
    outcome = encode_fixed(df["outcome"], OUTCOMES, "outcome")
    swapped = left > right
    mirrored = np.array([RIGHT, LEFT, TIE, BOTH_BAD])
    answer = np.where(swapped, mirrored[outcome], outcome)
    K = len(labels)
    pair = np.minimum(left, right).astype(np.int64) * K + np.maximum(left, right)
    source = "comparison" if "comparison" in df.columns else "prompt"
    # Numbers are told apart as they are: sorting a million of them as texts takes seconds.
    whole = pd.api.types.is_integer_dtype(df[source])
    codes = pd.factorize(df[source])[0] if whole else encode(df[source], source)[0]
    key = codes.astype(np.int64) * K * K + pair
    # Hashing beats sorting here; items are numbered by first appearance, which nothing depends on.
    item, uniques = pd.factorize(key)
    return CanonicalVotes(item.astype(np.int64), answer.astype(np.int64), int(uniques.size))


def answer_counts(votes: CanonicalVotes, *, both_bad_is_tie: bool = False) -> IntArray:
    """Item x answer counts, shape (N, 4) (the last column empty when both-bad joins the ties)."""
    answer = np.where(votes.answer == BOTH_BAD, TIE, votes.answer) if both_bad_is_tie else votes.answer
    flat = np.bincount(votes.item * 4 + answer, minlength=votes.n_items * 4)
    return flat.reshape(votes.n_items, 4).astype(np.int64)
