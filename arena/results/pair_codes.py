"""Pairwise votes as the integer arrays that rankings take, straight from the columns: a million votes never
become a table of labels, and what was coded once is only continued."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from annotations.models import Generator, Prompt
from arena.analytics.agreement import Agreement, counted_alpha
from arena.analytics.canonical import MIRROR
from arena.analytics.data import OUTCOMES, PairwiseData
from arena.results.columns import Ints, rows_of
from arena.results.frames import Bools, outcome_of, shown_slot
from arena.results.growing import Grown
from arena.results.selection import Selection

Codes = npt.NDArray[np.int32]
# So many rows are named to the database one by one.
FEW = 500


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
    criterion: str
    table: Selection

    @property
    def size(self) -> int:
        return int(self.left.size)

    @property
    def held(self) -> list[str]:
        """The generators with votes here."""
        return [self.names[code] for code in np.flatnonzero(self._seen(self.left, self.right))]

    def _seen(self, left: Codes, right: Codes) -> Bools:
        seen = np.zeros(len(self.names), dtype=np.bool_)
        seen[left] = True
        seen[right] = True
        return seen

    def data(self) -> PairwiseData | pd.DataFrame:
        """The votes as `PairwiseData.from_frame` makes it of the same votes with labels. Where there is
        nothing to encode, an empty table, of which a ranking says so."""
        return self._data(self.left, self.right, self.outcome, self.rater)

    def data_of(self, part: Bools) -> PairwiseData | pd.DataFrame:
        """The same of some of the votes."""
        pick = np.flatnonzero(part)
        return self._data(*(column[pick] for column in (self.left, self.right, self.outcome, self.rater)))

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

    def parts(self, column: str) -> tuple[npt.NDArray[np.int16], list[str]]:
        """Code and name of every vote's category or panel."""
        study, lineage = self.table.study, self.table.votes.lineage
        if column == "panel":
            names = dict(study.panels.values_list("public_id", "name"))
        else:
            held = Prompt.objects.filter(study=study).order_by().values_list("category", flat=True).distinct()
            names = {name: name for name in held}
        known = sorted(set(names.values()))
        with lineage.lock:
            coded: _Parts = lineage.state(
                ("codes", self.table.stem, self.criterion, column),
                lambda kept: kept.names == names and kept.codes.size <= self.size,
                lambda: _Parts(names),
            )
            fresh = slice(coded.codes.size, None)
            values = self._panels(fresh) if column == "panel" else self._categories(fresh)
            code = {key: known.index(name) for key, name in names.items()}
            coded.codes.extend(np.array([code[value] for value in values[0]], dtype=np.int16)[values[1]])
            return coded.codes.values, known

    def _panels(self, rows: slice) -> tuple[list[str], Ints]:
        """Distinct values, and which of them each row has."""
        who, at = np.unique(self.rater[rows], return_inverse=True)
        return [self.table.raters.panels[row] for row in who.tolist()], at

    def _categories(self, rows: slice) -> tuple[list[str], Ints]:
        prompts = self.table.votes.comparisons.prompts[self.comparison[rows]]
        ids, at = np.unique(prompts, return_inverse=True)
        wanted = Prompt.objects.filter(study=self.table.study)
        if ids.size < FEW:
            wanted = wanted.filter(id__in=ids.tolist())
        category = dict(wanted.values_list("id", "category"))
        return [category[key] for key in ids.tolist()], at


class _Parts:
    """Each vote's part so far, as the place of its name among the sorted names."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.codes = Grown(np.empty(0, dtype=np.int16))


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

    def _given_before(self, rater: Codes, comparison: Codes, items: int) -> Bools:
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
        return PairCodes(names, left, right, outcome, rater, comparison, coded.answers, criterion, selection)
