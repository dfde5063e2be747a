"""Mean opinion scores of a Likert study under a filter."""

from dataclasses import dataclass

from annotations.models import Study
from arena.analytics.likert import OpinionScores, opinion_scores
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import rating_frame
from arena.results.imported import rater_warnings
from arena.results.rankings import ENOUGH_RATERS, ENOUGH_VOTES
from arena.results.selection import Counts, select


@dataclass(frozen=True)
class Opinions:
    scores: OpinionScores
    counts: Counts
    labels: dict[str, str]  # criterion key → label, in the order asked
    preliminary: str
    about_raters: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        return [*self.about_raters, *self.scores.warnings]


def opinions(study: Study, filters: Filters) -> Opinions:
    return remembered("opinions", study, filters, lambda: _opinions(study, filters))


def _opinions(study: Study, filters: Filters) -> Opinions:
    block = block_of(study, filters)
    selection = select(study, filters)
    frame = rating_frame(study, selection, block)
    scores = opinion_scores(frame, scale=tuple(range(1, block.points + 1)))
    fewest = min((row.n for row in scores.rows), default=0)
    preliminary = ""
    raters = selection.counts.raters
    if scores.rows and (raters < ENOUGH_RATERS or fewest < ENOUGH_VOTES):
        preliminary = (
            f"Preliminary: scores count as settled enough to quote from {ENOUGH_RATERS} raters and "
            f"{ENOUGH_VOTES} ratings per generator and criterion on. Here are {raters} raters, and the "
            f"fewest ratings are {fewest}."
        )
    return Opinions(
        scores=scores,
        counts=selection.counts,
        labels=dict(block.criteria.values_list("key", "label")),
        preliminary=preliminary,
        about_raters=tuple(rater_warnings(study)),
    )
