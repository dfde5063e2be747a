"""Pairwise votes as the integer arrays that rankings take, straight from the columns: a million votes never
become a table of labels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotations.models import Generator, Prompt, Study
from arena.analytics.data import OUTCOMES, PairwiseData
from arena.results.columns import Ints, rows_of
from arena.results.frames import Bools, Table, outcome_of, shown_slot


@dataclass(frozen=True)
class PairCodes:
    """One entry per vote that answers the criterion, in the order of ids. `left` and `right` index `names`
    (sorted), `outcome` the outcomes of analytics; `rater` is a row of the raters' facts."""

    names: list[str]
    left: Ints
    right: Ints
    outcome: Ints
    rater: Ints
    comparison: Ints
    table: Table

    @property
    def size(self) -> int:
        return int(self.left.size)

    @property
    def held(self) -> list[str]:
        """The generators with votes here."""
        seen = np.bincount(self.left, minlength=len(self.names))
        seen += np.bincount(self.right, minlength=len(self.names))
        return [self.names[code] for code in np.flatnonzero(seen)]

    def data(self, part: Bools | None = None) -> PairwiseData | pd.DataFrame:
        """The votes (of a part) as `PairwiseData.from_frame` makes it of the same votes with labels. Where
        there is nothing to encode, an empty table, of which a ranking says so."""
        pick = slice(None) if part is None else np.flatnonzero(part)
        left, right, rater = self.left[pick], self.right[pick], self.rater[pick]
        if not left.size:
            return pd.DataFrame({"left": [], "right": [], "outcome": [], "rater": []})
        seen = np.bincount(left, minlength=len(self.names)) + np.bincount(right, minlength=len(self.names))
        held = np.flatnonzero(seen)
        place = np.zeros(len(self.names), dtype=np.int32)
        place[held] = np.arange(held.size)
        ids = np.flatnonzero(np.bincount(rater, minlength=len(self.table.raters.public_ids)))
        labels = [self.table.raters.public_ids[row] for row in ids.tolist()]
        order = sorted(range(len(labels)), key=labels.__getitem__)
        who = np.zeros(len(self.table.raters.public_ids), dtype=np.int32)
        who[ids[order]] = np.arange(ids.size)
        return PairwiseData(
            generators=tuple(self.names[code] for code in held.tolist()),
            raters=tuple(labels[row] for row in order),
            left=place[left],
            right=place[right],
            outcome=self.outcome[pick].astype(np.int32),
            rater=who[rater],
        )

    def agreement_frame(self) -> pd.DataFrame:
        """What agreement on winners needs of each vote."""
        return pd.DataFrame(
            {
                "left": pd.Categorical.from_codes(self.left, self.names),
                "right": pd.Categorical.from_codes(self.right, self.names),
                "outcome": pd.Categorical.from_codes(self.outcome, list(OUTCOMES)),
                "rater": pd.Categorical.from_codes(self.rater, self.table.raters.public_ids),
                "comparison": self.comparison,
            }
        )

    def count(self, outcome: str) -> int:
        return int((self.outcome == OUTCOMES.index(outcome)).sum())

    def categories(self, study: Study) -> tuple[Ints, list[str]]:
        """Code and name of every vote's category."""
        rows = Prompt.objects.filter(study=study).order_by("id").values_list("id", "category")
        ids, names = zip(*rows, strict=True) if rows else ((), ())
        category = pd.Categorical(names)
        prompts = self.table.votes.comparisons.prompts[self.comparison]
        codes = category.codes[rows_of(np.array(ids, dtype=np.int64), prompts)]
        return codes, [str(name) for name in category.categories]

    def panels(self, study: Study) -> tuple[Ints, list[str]]:
        """Code and name of every vote's panel."""
        names = dict(study.panels.values_list("public_id", "name"))
        panel = pd.Categorical([names[key] for key in self.table.raters.panels])
        return panel.codes[self.rater], [str(name) for name in panel.categories]


def pair_codes(selection: Table, criterion: str) -> PairCodes:
    votes, rows = selection.votes, selection.rows
    said = [outcome_of(answer, criterion) for answer in votes.parsed_answers()] or [""]
    codes = np.array([OUTCOMES.index(word) if word in OUTCOMES else -1 for word in said], dtype=np.int32)
    outcome = codes[votes.answer[rows]]
    if outcome.size and outcome.min() < 0:
        rows, outcome = rows[outcome >= 0], outcome[outcome >= 0]
    comparison = votes.comparisons.rows(votes.comparison[rows])
    sides = [
        votes.comparisons.generators[comparison, shown_slot(votes, rows, position)] for position in (0, 1)
    ]
    ids = votes.comparisons.generator_ids
    named = dict(Generator.objects.filter(id__in=ids.tolist()).values_list("id", "name"))
    names = sorted(named.values())
    position = {name: code for code, name in enumerate(names)}
    place = np.array([position[named[key]] for key in ids.tolist()], dtype=np.int32)
    left, right = (place[rows_of(ids, side)] if ids.size else side for side in sides)
    rater = selection.raters.rows(votes.rater[rows])
    return PairCodes(names, left, right, outcome, rater, comparison, selection)
