"""Pairwise votes as the integer arrays that rankings take, straight from the columns: a million votes never
become a table of labels, and what was coded once is only continued."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from annotations.models import Generator, Prompt, Study
from arena.analytics.agreement import Agreement, counted_alpha
from arena.analytics.canonical import MIRROR
from arena.analytics.data import OUTCOMES, PairwiseData
from arena.results.columns import Ints, rows_of
from arena.results.frames import outcome_of, shown_slot
from arena.results.growing import Grown
from arena.results.selection import Selection

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class PairCodes:
    """One entry per vote that answers the criterion, in the order of ids. `left` and `right` index `names`
    (sorted), `outcome` the outcomes of analytics; `rater` is a row of the raters' facts, `comparison` one of
    the comparisons. `answers` counts canonical answers by comparison."""

    names: list[str]
    left: Codes
    right: Codes
    outcome: Codes
    rater: Codes
    comparison: Codes
    answers: Codes
    table: Selection

    @property
    def size(self) -> int:
        return int(self.left.size)

    @property
    def held(self) -> list[str]:
        """The generators with votes here."""
        return [self.names[code] for code in np.flatnonzero(self._seen(self.left, self.right))]

    def _seen(self, left: Codes, right: Codes) -> npt.NDArray[np.bool_]:
        seen = np.zeros(len(self.names), dtype=np.bool_)
        seen[left] = True
        seen[right] = True
        return seen

    def data(self) -> PairwiseData | pd.DataFrame:
        """The votes as `PairwiseData.from_frame` makes it of the same votes with labels. Where there is
        nothing to encode, an empty table, of which a ranking says so."""
        return self._data(self.left, self.right, self.outcome, self.rater)

    def data_by(self, part: Ints) -> Iterator[tuple[int, PairwiseData | pd.DataFrame]]:
        """The same of each part's votes, parts without any left out."""
        count = np.bincount(part)
        # Small numbers sort in one pass each byte, and votes keep their order within a part.
        order = np.argsort(part.astype(np.int16), kind="stable")
        columns = [column[order] for column in (self.left, self.right, self.outcome, self.rater)]
        ends = np.cumsum(count)
        for code in np.flatnonzero(count).tolist():
            own = slice(ends[code] - count[code], ends[code])
            yield code, self._data(*(column[own] for column in columns))

    def _data(self, left: Codes, right: Codes, outcome: Codes, rater: Codes) -> PairwiseData | pd.DataFrame:
        if not left.size:
            return pd.DataFrame({"left": [], "right": [], "outcome": [], "rater": []})
        held = np.flatnonzero(self._seen(left, right))
        if held.size < len(self.names):
            place = np.zeros(len(self.names), dtype=np.int32)
            place[held] = np.arange(held.size)
            left, right = place[left], place[right]
        voted = np.zeros(len(self.table.raters.public_ids), dtype=np.bool_)
        voted[rater] = True
        ids = np.flatnonzero(voted)
        labels = [self.table.raters.public_ids[row] for row in ids.tolist()]
        order = sorted(range(len(labels)), key=labels.__getitem__)
        who = np.zeros(voted.size, dtype=np.int32)
        who[ids[order]] = np.arange(ids.size)
        return PairwiseData(
            generators=tuple(self.names[code] for code in held.tolist()),
            raters=tuple(labels[row] for row in order),
            left=left,
            right=right,
            outcome=outcome,
            rater=who[rater],
        )

    def agreement(self) -> Agreement:
        """Agreement on winners."""
        return counted_alpha(self.answers)

    def count(self, outcome: str) -> int:
        return int(np.count_nonzero(self.outcome == OUTCOMES.index(outcome)))

    def categories(self, study: Study) -> tuple[Ints, list[str]]:
        """Code and name of every vote's category."""
        rows = Prompt.objects.filter(study=study).order_by("id").values_list("id", "category")
        ids, names = zip(*rows, strict=True) if rows else ((), ())
        category = pd.Categorical(names)
        prompts = self.table.votes.comparisons.prompts
        of_comparison = category.codes[rows_of(np.array(ids, dtype=np.int64), prompts)]
        return of_comparison[self.comparison], [str(name) for name in category.categories]

    def panels(self, study: Study) -> tuple[Ints, list[str]]:
        """Code and name of every vote's panel."""
        names = dict(study.panels.values_list("public_id", "name"))
        panel = pd.Categorical([names[key] for key in self.table.raters.panels])
        return panel.codes[self.rater], [str(name) for name in panel.categories]


class _Coded:
    """The arrays of `PairCodes` so far; the first `seen` rows of the selection are in them."""

    def __init__(self, names: list[str], place: Codes) -> None:
        self.names = names
        self.place = place
        self.seen = 0
        self.arrays = [Grown(np.empty(0, dtype=np.int32)) for _ in range(5)]
        self.answers: Codes = np.zeros((0, 4), dtype=np.int32)

    def fits(self, names: list[str], place: Codes, rows: int) -> bool:
        return self.names == names and np.array_equal(self.place, place) and self.seen <= rows

    def extend(self, selection: Selection, criterion: str) -> None:
        votes, rows = selection.votes, selection.rows[self.seen :]
        said = [outcome_of(answer, criterion) for answer in votes.parsed_answers()] or [""]
        codes = np.array([OUTCOMES.index(word) if word in OUTCOMES else -1 for word in said], dtype=np.int32)
        outcome = codes[votes.answer[rows]]
        if outcome.size and outcome.min() < 0:
            rows, outcome = rows[outcome >= 0], outcome[outcome >= 0]
        comparison = votes.place[rows]
        slots = votes.comparisons.generators
        ids = votes.comparisons.generator_ids
        sides = [slots[comparison, shown_slot(votes, rows, position)] for position in (0, 1)]
        left, right = (self.place[rows_of(ids, side)] if ids.size else side for side in sides)
        rater = selection.raters.rows(votes.rater[rows]).astype(np.int32)
        self._count(left, right, outcome, rater, comparison, votes.comparisons.ids.size)
        for array, more in zip(self.arrays, (left, right, outcome, rater, comparison), strict=True):
            array.extend(more)
        self.seen = selection.rows.size

    def _count(
        self, left: Codes, right: Codes, outcome: Codes, rater: Codes, comparison: Codes, items: int
    ) -> None:
        """Answers of the rows to come, a rater's later ones to the same comparison left out."""
        if not left.size and len(self.answers) == items:
            return
        answer = np.where(left > right, np.array(MIRROR, dtype=np.int32)[outcome], outcome)
        again = self._given_before(rater, comparison, items)
        if again.any():
            answer, comparison = answer[~again], comparison[~again]
        counts = np.zeros((items, 4), dtype=np.int32)
        counts[: len(self.answers)] = self.answers
        if comparison.size < items // 8:
            np.add.at(counts, (comparison, answer), 1)
        else:
            key = comparison.astype(np.int64) * 4 + answer
            counts += np.bincount(key, minlength=items * 4).reshape(items, 4).astype(np.int32)
        self.answers = counts

    def _given_before(self, rater: Codes, comparison: Codes, items: int) -> npt.NDArray[np.bool_]:
        key = rater * np.int64(items) + comparison
        again = pd.Series(key).duplicated().to_numpy()
        earlier = self.arrays[4].values
        if earlier.size and key.size:
            touched = np.zeros(items, dtype=np.bool_)
            touched[comparison] = True
            met = np.flatnonzero(touched[earlier])
            known = self.arrays[3].values[met] * np.int64(items) + earlier[met]
            again = again | np.isin(key, known)
        return again


def pair_codes(selection: Selection, criterion: str) -> PairCodes:
    votes = selection.votes
    ids = votes.comparisons.generator_ids
    named = dict(Generator.objects.filter(id__in=ids.tolist()).values_list("id", "name"))
    names = sorted(named.values())
    position = {name: code for code, name in enumerate(names)}
    place = np.array([position[named[key]] for key in ids.tolist()], dtype=np.int32)
    with votes.lineage.lock:
        coded: _Coded = votes.lineage.state(
            ("pairs", selection.stem, criterion),
            lambda kept: kept.fits(names, place, selection.rows.size),
            lambda: _Coded(names, place),
        )
        coded.extend(selection, criterion)
        left, right, outcome, rater, comparison = (array.values for array in coded.arrays)
        return PairCodes(names, left, right, outcome, rater, comparison, coded.answers, selection)
