"""Ratings cleaned the standard ways, beside the plain means: does it matter, and because of whom?"""

from dataclasses import dataclass

import pandas as pd

from annotations.models import Study
from arena.analytics.cleaned_opinions import LEAST_RATINGS, CleanedScores, cleaned_scores
from arena.analytics.errors import AnalyticsError
from arena.analytics.result import Undefined
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import rating_frame
from arena.results.imported import knows_raters
from arena.results.labels import number, percent, plural
from arena.results.selection import select
from arena.results.tables import Table, estimated, num, table

RATERS_LISTED = 50
NAMELESS = Undefined("no_raters", "Cleaning holds each rater against the others, and the file names none.")


@dataclass(frozen=True)
class Cleaned:
    """One criterion."""

    label: str
    found: CleanedScores | Undefined


def cleaned(study: Study, filters: Filters) -> list[Cleaned]:
    return remembered("cleaned", study, filters, lambda: _cleaned(study, filters))


def _cleaned(study: Study, filters: Filters) -> list[Cleaned]:
    block = block_of(study, filters)
    if not knows_raters(study):
        return [Cleaned(label, NAMELESS) for label in block.criteria.values_list("label", flat=True)]
    frame = rating_frame(study, select(study, filters), block)
    # Ratings made elsewhere name no picture; their comparison stands for it.
    frame["item"] = frame["image"].where(frame["image"] >= 0, -1 - frame["comparison"])
    found = []
    for key, label in block.criteria.values_list("key", "label"):
        own = frame.loc[frame["criterion"] == key, ["generator", "item", "rater", "rating"]]
        found.append(Cleaned(label, _scores(own.astype({"generator": str, "item": str, "rater": str}))))
    return found


def _scores(own: pd.DataFrame) -> CleanedScores | Undefined:
    try:
        return cleaned_scores(own)
    except AnalyticsError as error:
        return Undefined(error.code, str(error))


def cleaned_words(parts: list[Cleaned]) -> list[tuple[str, str]]:
    said = []
    for part in parts:
        found = part.found
        if isinstance(found, Undefined):
            said.append((part.label, found.reason))
            continue
        rejected = found.screening.rejected
        names = f" ({', '.join(rejected[:5])}{', …' if len(rejected) > 5 else ''})" if rejected else ""
        raters = found.raters_frame()
        words = (
            f"BT.500 would reject {plural(len(rejected), 'rater')} of {number(len(raters))}{names}; nobody "
            f"is left out of the results for it. {_model_words(found)}"
        )
        said.append((part.label, words))
    return said


def _model_words(found: CleanedScores) -> str:
    if isinstance(found.model, Undefined):
        return found.model.reason
    spread = number(found.model.raters["bias"].std(), 2)
    words = f"Raters’ biases spread by {spread} points of the scale (standard deviation)."
    if found.unmodelled:
        words += (
            f" The model of bias and inconsistency leaves out {plural(len(found.unmodelled), 'rater')} with "
            f"fewer than {LEAST_RATINGS} ratings of pictures that others in it rated as well."
        )
    if not found.model.converged:
        words += " The model of bias and inconsistency did not converge: treat it as provisional."
    return words


def cleaned_tables(parts: list[Cleaned]) -> list[Table]:
    made = []
    for part in parts:
        if isinstance(part.found, CleanedScores):
            made += [_scores_table(part.label, part.found), _raters_table(part.label, part.found)]
    return made


def _scores_table(label: str, found: CleanedScores) -> Table:
    ways = (found.plain, found.screened, found.modelled)
    return table(
        f"{label}: mean opinion scores as given and cleaned, with 95 % intervals",
        ["Generator", "As given #", "Without rejected raters #", "Bias and inconsistency (P.913) #"],
        [[name, *(estimated(way[name]) for way in ways)] for name in found.generators],
    )


def _raters_table(label: str, found: CleanedScores) -> Table:
    frame = found.raters_frame().sort_values("inconsistency", ascending=False)
    shown = frame.head(RATERS_LISTED)
    more = (
        f"; the {RATERS_LISTED} least consistent of {number(len(frame))}" if len(frame) > len(shown) else ""
    )
    return table(
        f"{label}: raters, least consistent first{more}",
        ["Rater", "Ratings #", "Bias #", "Inconsistency #", "Outside #", "Rejected by BT.500"],
        [
            [
                row.rater,
                num(number(row.n), row.n),
                num(number(row.bias, 2), row.bias),
                num(number(row.inconsistency, 2), row.inconsistency),
                num(percent(row.outside), row.outside),
                "yes" if row.rejected else "no",
            ]
            for row in shown.itertuples()
        ],
    )
