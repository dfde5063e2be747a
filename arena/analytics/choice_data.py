"""Best-of-N answers and rankings as choices: one item chosen out of those that were still open.

A ranking is a row of choices, best first: item i is chosen out of itself and all that rank below it. A
best-of-N answer is the first of these. Best and worst are two: the best out of all, then the worst out of the
rest. Items of equal rank are each chosen over what ranks strictly below, and say nothing about one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import BoolArray, CodeArray, FloatArray, IntArray
from .data import checked_weights
from .encoding import encode, encode_fixed
from .errors import MissingColumnError, NoVotesError, OneGeneratorError, OptionError, UnknownLabelError

ANSWERS = ("best", "worst", "shown")


@dataclass(frozen=True, eq=False)
class ChoiceData:
    """Choices as arrays, one entry per item of each choice.

    Attributes
    ----------
    generators, raters, places : tuple of str
        Labels; ``raters`` is empty when the ballots name none, and each ballot is then a rater.
    choice : int array, shape (E,)
        Which choice an entry belongs to, ascending; C choices.
    item, place : int array, shape (E,)
        Generator of the entry, and where it was shown (0 everywhere when not known).
    chosen : bool array, shape (E,)
    sign : float array, shape (C,)
        1 when the best was chosen, −1 when the worst was.
    rater : int array, shape (C,)
    weight : float array, shape (C,)
    tallies : DataFrame
        Per generator: shown, best (first, alone), level (first, together with others), worst (last, alone),
        none (on ballots without any choice), raters.
    ballots, empty_ballots : float
        Weighted ballots, and those among them that set nothing above anything ("none of them").
    """

    generators: tuple[str, ...]
    raters: tuple[str, ...]
    places: tuple[str, ...]
    choice: IntArray
    item: IntArray
    place: IntArray
    chosen: BoolArray
    sign: FloatArray
    rater: IntArray
    weight: FloatArray
    tallies: pd.DataFrame
    ballots: float
    empty_ballots: float
    n_raters: int

    @property
    def n_choices(self) -> int:
        return int(self.sign.size)

    def edges(self) -> tuple[IntArray, IntArray]:
        """Who was set above whom, each of shape (E − C,)."""
        winner = np.zeros(self.n_choices, dtype=np.int64)
        winner[self.choice[self.chosen]] = self.item[self.chosen]
        other = ~self.chosen & (self.weight[self.choice] > 0)
        picked, rest = winner[self.choice[other]], self.item[other]
        best = self.sign[self.choice[other]] > 0
        return np.where(best, picked, rest), np.where(best, rest, picked)

    @classmethod
    def from_frame(cls, df: pd.DataFrame, *, generators: tuple[str, ...] | None = None) -> ChoiceData:
        """Check and encode ballots.

        Parameters
        ----------
        df : DataFrame
            One row per shown picture: ``ballot``, ``generator``, and either ``rank`` (1 is best; equal ranks
            allowed; empty for pictures that were not ranked, which then stand below all ranked ones) or
            ``answer`` ("best", "worst" or "shown"). Optional ``rater``, ``place`` (where it was shown, for
            example 0, 1, 2) and ``weight`` (of the ballot; the first row's counts).
        generators : tuple of str, optional
            All generators, also those never shown.

        Raises
        ------
        MissingColumnError, MissingValueError, UnknownLabelError, OptionError, WeightError
            A generator twice on one ballot, two bests or two worsts on one, a rank that is no number.
        NoVotesError, OneGeneratorError
        """
        _require(df)
        if df.empty:
            raise NoVotesError("There are no ballots.", mend="Collect choices, or widen the filter.")
        ballot, ballots = encode(df["ballot"], "ballot")
        item, labels = _items(df, generators)
        _refuse_twice(df, ballot, item, labels)
        level = _levels(df, ballot, len(ballots))
        place_of, places = _places(df)
        raters: list[str] = []
        rater = ballot
        if "rater" in df.columns:
            rater, raters = encode(df["rater"], "rater")
        weight = checked_weights(df["weight"]) if "weight" in df.columns else np.ones(len(df))
        order = np.lexsort((item, level, ballot))
        flat = _flatten(ballot[order], level[order])
        entry = order[flat.entry]
        first = order[flat.row]
        tallies, empty = _tallies(
            ballot[order], level[order], item[order], rater[order], weight[order], labels
        )
        starts = order[np.r_[True, np.diff(ballot[order]) > 0]]
        return cls(
            generators=tuple(labels),
            raters=tuple(raters),
            places=places,
            choice=flat.choice,
            item=item[entry].astype(np.int64),
            place=place_of[entry],
            chosen=entry == first[flat.choice],
            sign=np.where(flat.worst, -1.0, 1.0),
            rater=rater[first].astype(np.int64),
            weight=weight[first],
            tallies=tallies,
            ballots=float(weight[starts].sum()),
            empty_ballots=empty,
            n_raters=int(np.unique(rater).size),
        )


def _require(df: pd.DataFrame) -> None:
    missing = [name for name in ("ballot", "generator") if name not in df.columns]
    if "rank" not in df.columns and "answer" not in df.columns:
        missing.append("rank")
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.",
            mend="Choices need ballot, generator, and rank (or answer).",
            details={"missing": missing},
        )


def _items(df: pd.DataFrame, generators: tuple[str, ...] | None) -> tuple[CodeArray, list[str]]:
    if generators is None:
        item, labels = encode(df["generator"], "generator")
    else:
        labels = list(dict.fromkeys(str(name) for name in generators))
        item = encode_fixed(df["generator"], tuple(labels), "generator")
    if len(labels) < 2:
        raise OneGeneratorError(
            "There is only one generator.", mend="Compare at least two generators to get a ranking."
        )
    return item, labels


def _places(df: pd.DataFrame) -> tuple[IntArray, tuple[str, ...]]:
    if "place" not in df.columns:
        return np.zeros(len(df), dtype=np.int64), ()
    code, labels = encode(df["place"], "place")
    return code.astype(np.int64), tuple(labels)


# Levels in which ballots are sorted: ranks as they are, then the unranked, then the worst of best-and-worst.
_UNRANKED, _WORST = 1e12, 1e13


def _levels(df: pd.DataFrame, ballot: CodeArray, ballots: int) -> FloatArray:
    if "rank" in df.columns:
        rank = pd.to_numeric(df["rank"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = (np.isnan(rank) & df["rank"].notna().to_numpy()) | (rank < 1) | (rank >= _UNRANKED)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise OptionError(
                f"Row {row + 1}: rank {str(df['rank'].iloc[row])!r} is not a number from 1 upwards.",
                mend="Give ranks as 1 (best), 2, 3 …, or leave them empty.",
                details={"row": row + 1, "field": "rank"},
            )
        return np.where(np.isnan(rank), _UNRANKED, rank)
    answer = encode_fixed(df["answer"], ANSWERS, "answer")
    for code, word in enumerate(ANSWERS[:2]):
        count = np.bincount(ballot[answer == code], minlength=ballots)
        if (count > 1).any():
            row = int(np.flatnonzero((ballot == int(np.argmax(count > 1))) & (answer == code))[1])
            raise UnknownLabelError(
                f"Row {row + 1}: a second {word!r} on one ballot.",
                mend=f"Give one {word} per ballot; use ranks for ties.",
                details={"row": row + 1, "field": "answer", "value": word},
            )
    return np.array([1.0, _WORST, _UNRANKED])[answer]


def _refuse_twice(df: pd.DataFrame, ballot: CodeArray, item: CodeArray, labels: list[str]) -> None:
    again = pd.Series(ballot.astype(np.int64) * len(labels) + item).duplicated().to_numpy()
    if again.any():
        row = int(np.flatnonzero(again)[0])
        name = labels[item[row]]
        raise UnknownLabelError(
            f"Row {row + 1}: {name!r} stands twice on one ballot.",
            mend="Give each generator one rank per ballot.",
            details={"row": row + 1, "field": "generator", "value": name},
        )


@dataclass(frozen=True, eq=False)
class _Flat:
    """Choices spelt out: the deciding row of each choice (C,), and the rows it was among (E,)."""

    row: IntArray
    worst: BoolArray
    choice: IntArray
    entry: IntArray


def _flatten(ballot: CodeArray, level: FloatArray) -> _Flat:
    """From rows sorted by ballot and level. A row is chosen out of itself and all rows of a higher level."""
    n = ballot.size
    fresh = np.r_[True, np.diff(ballot) > 0]
    start = np.maximum.accumulate(np.where(fresh, np.arange(n), 0))
    end = np.append(np.flatnonzero(fresh)[1:], n)[np.cumsum(fresh) - 1]
    new_level = fresh | np.r_[True, np.diff(level) != 0]
    below = np.append(np.flatnonzero(new_level)[1:], n)[np.cumsum(new_level) - 1]
    is_worst = level == _WORST
    # A worst is chosen out of all but the best; a middle row of best-and-worst chooses nothing.
    top = start + (level[start] == 1.0)
    unranked = level >= _UNRANKED
    by_best = np.flatnonzero((below < end) & ~unranked)
    by_worst = np.flatnonzero(is_worst & (top < np.arange(n)))
    row = np.concatenate([by_best, by_worst])
    # The chosen row itself comes first, then the open ones.
    first = np.concatenate([below[by_best], top[by_worst]])
    last = np.concatenate([end[by_best], by_worst])
    size = last - first
    choice = np.repeat(np.arange(row.size), size + 1)
    offset = np.arange(choice.size) - np.repeat(np.cumsum(size + 1) - size - 1, size + 1)
    entry = np.where(offset == 0, row[choice], first[choice] + offset - 1)
    return _Flat(row, np.repeat([False, True], [by_best.size, by_worst.size]), choice, entry)


def _tallies(
    ballot: CodeArray,
    level: FloatArray,
    item: CodeArray,
    rater: CodeArray,
    weight: FloatArray,
    labels: list[str],
) -> tuple[pd.DataFrame, float]:
    """Counts per generator, and the weight of ballots that set nothing above anything."""
    K = len(labels)
    frame = pd.DataFrame({"ballot": ballot, "level": level, "weight": weight})
    by = frame.groupby("ballot")
    top, bottom = by["level"].transform("min").to_numpy(), by["level"].transform("max").to_numpy()
    weight = by["weight"].transform("first").to_numpy()
    size = frame.groupby(["ballot", "level"])["level"].transform("size").to_numpy()
    decided = top < bottom
    first, last = decided & (level == top) & (level < _UNRANKED), decided & (level == bottom)
    named_last = last & (size == 1) & ((level < _UNRANKED) | (level == _WORST))

    def total(mask: BoolArray) -> FloatArray:
        return np.bincount(item[mask], weight[mask], K).astype(np.float64)

    seen = np.unique(item.astype(np.int64) * (int(rater.max()) + 1) + rater)
    tallies = pd.DataFrame(
        {
            "generator": labels,
            "shown": total(np.ones(item.size, dtype=np.bool_)),
            "best": total(first & (size == 1)),
            "level": total(first & (size > 1)),
            "worst": total(named_last),
            "none": total(~decided),
            "raters": np.bincount(seen // (int(rater.max()) + 1), minlength=K),
        }
    )
    heads = np.r_[True, np.diff(ballot) > 0]
    return tallies, float(weight[heads & ~decided].sum())
