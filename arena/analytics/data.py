"""Pairwise votes as integer arrays, checked once and aggregated once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .arrays import BoolArray, CodeArray, FloatArray, IntArray
from .encoding import encode, encode_fixed, encode_pair
from .errors import MissingColumnError, NoVotesError, OneGeneratorError, SelfPairError, WeightError

OUTCOMES = ("left", "right", "tie", "both_bad")
LEFT, RIGHT, TIE, BOTH_BAD = range(4)
# Above this many cells a dense table of counts would cost more than sorting the keys.
_DENSE_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class Cells:
    """Votes summed over equal (left, right, outcome).

    Attributes
    ----------
    left, right : int array, shape (P,)
        Ordered pairs of generators as shown, each once.
    counts : float array, shape (P, 4)
        Sum of weights per outcome, in the order of `OUTCOMES`.
    """

    left: IntArray
    right: IntArray
    counts: FloatArray

    @property
    def n(self) -> FloatArray:
        """Votes per ordered pair, shape (P,)."""
        total: FloatArray = self.counts.sum(axis=1)
        return total

    @property
    def ties(self) -> FloatArray:
        """Ties and both-bad votes per ordered pair, shape (P,)."""
        total: FloatArray = self.counts[:, TIE] + self.counts[:, BOTH_BAD]
        return total


@dataclass(frozen=True, eq=False)
class PairwiseData:
    """Votes on pairs as arrays of codes.

    Attributes
    ----------
    generators : tuple of str
        Labels, sorted unless given; codes index into it. K of them.
    raters : tuple of str
        Labels, sorted; R of them. Empty when the votes carry no rater, in which case every vote
        counts as its own rater.
    left, right : int32 array, shape (n,)
        Generator shown on each side.
    outcome : int32 array, shape (n,)
        Index into `OUTCOMES`, as shown (``left`` means the left picture won).
    rater : int32 array, shape (n,)
    weight : float array, shape (n,), or None
        Multiplicity of a row; ``None`` means 1 everywhere. A row with weight 5 counts like five
        equal rows, so votes may arrive already grouped.
    prompt, category : int32 array, shape (n,), or None
        With their labels in ``prompts`` and ``categories``; an empty cell has the label "".
    """

    generators: tuple[str, ...]
    raters: tuple[str, ...]
    left: CodeArray
    right: CodeArray
    outcome: CodeArray
    rater: CodeArray
    weight: FloatArray | None = None
    prompt: CodeArray | None = None
    prompts: tuple[str, ...] = ()
    category: CodeArray | None = None
    categories: tuple[str, ...] = ()

    @classmethod
    def from_frame(cls, df: pd.DataFrame, *, generators: Sequence[str] | None = None) -> PairwiseData:
        """Check and encode labelled votes.

        Parameters
        ----------
        df : DataFrame
            Columns ``left``, ``right`` (generators as shown), ``outcome`` (one of `OUTCOMES`); optional
            ``rater``, ``prompt``, ``category``, ``weight``. Text columns may be object, string, Arrow or
            categorical.
        generators : sequence of str, optional
            All generators of the study, also those without votes. A label outside it is an error.

        Raises
        ------
        MissingColumnError, MissingValueError, UnknownLabelError, SelfPairError, WeightError
            Naming row (counted from 1) and field.
        NoVotesError
            No row, or no row with a positive weight.
        OneGeneratorError
            Fewer than two generators.
        """
        _require_columns(df)
        if len(df) == 0:
            raise NoVotesError("There are no votes.", mend="Collect votes, or widen the filter.")
        left, right, labels = encode_pair(df["left"], df["right"], generators)
        if len(labels) < 2:
            raise OneGeneratorError(
                "There is only one generator.", mend="Compare at least two generators to get a ranking."
            )
        _refuse_self_pairs(left, right, labels)
        outcome = encode_fixed(df["outcome"], OUTCOMES, "outcome")
        weight = checked_weights(df["weight"]) if "weight" in df.columns else None
        rater, raters = _optional(df, "rater")
        prompt, prompts = _optional(df, "prompt")
        category, categories = _optional(df, "category")
        if rater is None:
            rater = np.arange(len(df), dtype=np.int32)
        return cls(
            generators=tuple(labels),
            raters=raters,
            left=left,
            right=right,
            outcome=outcome,
            rater=rater,
            weight=weight,
            prompt=prompt,
            prompts=prompts,
            category=category,
            categories=categories,
        )

    @property
    def n_rows(self) -> int:
        return int(self.left.size)

    @property
    def n_generators(self) -> int:
        return len(self.generators)

    @cached_property
    def n_votes(self) -> float:
        """Sum of the weights: the number of votes."""
        return float(self.n_rows if self.weight is None else self.weight.sum())

    @property
    def has_raters(self) -> bool:
        return bool(self.raters)

    @property
    def n_clusters(self) -> int:
        """Size of the rater code range, with gaps counted."""
        return len(self.raters) if self.raters else self.n_rows

    @cached_property
    def votes_per_rater(self) -> FloatArray:
        """Votes (sum of weights) of each rater, shape (R,)."""
        return np.bincount(self.rater, weights=self.weight, minlength=self.n_clusters).astype(np.float64)

    @property
    def n_raters(self) -> int:
        """Raters with at least one vote; each vote counts as a rater when none is named."""
        return int(np.count_nonzero(self.votes_per_rater))

    @property
    def _dense(self) -> bool:
        return self.n_generators**2 * 4 <= _DENSE_CELLS

    @cached_property
    def cells(self) -> Cells:
        """Votes summed over (left, right, outcome); computed on first use."""
        K = self.n_generators
        if self._dense:
            # Small codes stay 32 bits wide: half the memory traffic of a million rows.
            key = (self.left * np.int32(K) + self.right) * np.int32(4) + self.outcome
            table = np.bincount(key, weights=self.weight, minlength=4 * K * K).reshape(K * K, 4)
            keys = np.flatnonzero(table.any(axis=1))
            counts = table[keys]
        else:
            keys, row_pair = np.unique(self.left.astype(np.int64) * K + self.right, return_inverse=True)
            counts = np.bincount(row_pair * 4 + self.outcome, self.weight, 4 * keys.size).reshape(-1, 4)
        return Cells(left=keys // K, right=keys % K, counts=counts.astype(np.float64))

    @cached_property
    def row_pair(self) -> IntArray:
        """For every vote the index of its pair in ``cells``, shape (n,); 0 for votes of weight 0."""
        K = self.n_generators
        keys = self.cells.left * K + self.cells.right
        if self._dense:
            lookup = np.zeros(K * K, dtype=np.int64)
            lookup[keys] = np.arange(keys.size)
            index: IntArray = lookup[self.left * np.int32(K) + self.right]
            return index
        place = np.searchsorted(keys, self.left.astype(np.int64) * K + self.right)
        return np.minimum(place, keys.size - 1).astype(np.int64)

    def subset(self, mask: BoolArray) -> PairwiseData:
        """The votes where ``mask`` (shape (n,)) holds, with all labels kept.

        Raises
        ------
        NoVotesError
            When nothing remains.
        """
        if not mask.any():
            raise NoVotesError("No vote passes the filter.", mend="Widen the filter.")
        pick = np.flatnonzero(mask)
        rater = self.rater[pick] if self.raters else np.arange(pick.size, dtype=np.int32)
        return PairwiseData(
            generators=self.generators,
            raters=self.raters,
            left=self.left[pick],
            right=self.right[pick],
            outcome=self.outcome[pick],
            rater=rater,
            weight=None if self.weight is None else self.weight[pick],
            prompt=None if self.prompt is None else self.prompt[pick],
            prompts=self.prompts,
            category=None if self.category is None else self.category[pick],
            categories=self.categories,
        )

    def tallies(self) -> pd.DataFrame:
        """Wins, losses, ties, both_bad and n per generator, in the order of ``generators``."""
        cells, K = self.cells, self.n_generators

        def total(index: IntArray, outcome: int) -> FloatArray:
            return np.bincount(index, weights=cells.counts[:, outcome], minlength=K).astype(np.float64)

        def either(outcome: int) -> FloatArray:
            return total(cells.left, outcome) + total(cells.right, outcome)

        frame = pd.DataFrame(
            {
                "generator": list(self.generators),
                "wins": total(cells.left, LEFT) + total(cells.right, RIGHT),
                "losses": total(cells.left, RIGHT) + total(cells.right, LEFT),
                "ties": either(TIE),
                "both_bad": either(BOTH_BAD),
            }
        )
        frame["n"] = frame[["wins", "losses", "ties", "both_bad"]].sum(axis=1)
        return frame

    def raters_per_generator(self) -> IntArray:
        """Number of raters who voted on each generator, shape (K,)."""
        R, K = self.n_clusters, self.n_generators
        if R * K <= 2 * _DENSE_CELLS:
            seen = np.zeros(R * K, dtype=np.bool_)
            base = self.rater.astype(np.int64) * K
            seen[base + self.left] = True
            seen[base + self.right] = True
            table = seen.reshape(R, K)
            return np.asarray(np.count_nonzero(table, axis=0), dtype=np.int64)
        base = self.rater.astype(np.int64) * K
        keys = np.unique(np.concatenate([base + self.left, base + self.right]))
        count: IntArray = np.bincount((keys % K).astype(np.int64), minlength=K).astype(np.int64)
        return count


def _require_columns(df: pd.DataFrame) -> None:
    missing = [name for name in ("left", "right", "outcome") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"The votes have no column {', '.join(missing)}.",
            mend="Name the columns left, right and outcome, or map them to these names.",
            details={"missing": missing, "found": [str(c) for c in df.columns]},
        )


def _optional(df: pd.DataFrame, field: str) -> tuple[CodeArray | None, tuple[str, ...]]:
    if field not in df.columns:
        return None, ()
    codes, labels = encode(df[field], field, allow_empty=field != "rater")
    return codes, tuple(labels)


def _refuse_self_pairs(left: CodeArray, right: CodeArray, labels: list[str]) -> None:
    equal = np.flatnonzero(left == right)
    if equal.size:
        row = int(equal[0])
        raise SelfPairError(
            f"Row {row + 1}: {labels[left[row]]!r} is compared with itself ({equal.size} such rows).",
            mend="Remove these rows; attention checks do not belong in a ranking.",
            details={"row": row + 1, "field": "right", "value": labels[left[row]], "rows": int(equal.size)},
        )


def checked_weights(values: pd.Series) -> FloatArray:
    """Weights as floats; `WeightError` for a negative, infinite or missing one."""
    weight = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if bad.size:
        row = int(bad[0])
        value = str(values.iloc[row])
        raise WeightError(
            f"Row {row + 1}: weight {value!r} is negative, missing or not a number ({bad.size} such rows).",
            mend="Give every vote a weight of 0 or more, or leave the column out.",
            details={"row": row + 1, "field": "weight", "value": value, "rows": int(bad.size)},
        )
    if not weight.any():
        raise NoVotesError("Every vote has weight 0.", mend="Give at least one vote a positive weight.")
    return weight
