"""The ranking of a pairwise study under a filter, with everything the page says about it."""

from dataclasses import dataclass

import pandas as pd

from annotations.models import Protocol, Study
from arena.analytics.agreement import Agreement, pairwise_alpha
from arena.analytics.proportions import wilson
from arena.analytics.ranking import rank, rank_by
from arena.analytics.ranking_result import RankingResult
from arena.analytics.result import Estimate, Undefined
from arena.results.cache import remembered
from arena.results.filters import Filters
from arena.results.frames import Counts, pair_frame, select
from arena.results.labels import percent, percent_span

# The rule that marks a ranking preliminary, printed with the mark.
ENOUGH_RATERS = 10
ENOUGH_VOTES = 30
ANALYSED = ("left", "right", "outcome", "rater", "prompt", "category")


@dataclass(frozen=True)
class Ranking:
    result: RankingResult
    counts: Counts
    agreement: Agreement
    ties: Estimate | Undefined
    both_bad: Estimate | Undefined
    preliminary: str
    without_votes: tuple[str, ...]
    by_category: dict[str, RankingResult]
    by_panel: dict[str, RankingResult]

    @property
    def warnings(self) -> list[str]:
        said = list(self.result.warnings)
        if self.without_votes and self.counts.votes:
            said.append(f"No votes under this filter yet: {', '.join(self.without_votes)}.")
        return said


def ranking(study: Study, filters: Filters) -> Ranking:
    return remembered("ranking", study, filters, lambda: _ranking(study, filters))


def _ranking(study: Study, filters: Filters) -> Ranking:
    selection = select(study, filters)
    frame = pair_frame(study, selection, filters.criterion)
    votes = frame[list(ANALYSED)]
    result = rank(votes, method=filters.method)
    seen = {row.generator for row in result.rows}
    return Ranking(
        result=result,
        counts=selection.counts,
        agreement=pairwise_alpha(frame),
        ties=_share(frame, "tie"),
        both_bad=_share(frame, "both_bad"),
        preliminary=_preliminary(result),
        without_votes=tuple(name for name in generators(study) if name not in seen),
        by_category=_by(votes, "category", filters),
        by_panel=_by(_named_panels(study, frame), "panel", filters),
    )


def generators(study: Study) -> list[str]:
    """The generators that the study's regular comparisons hold, by name."""
    slots = study.comparisons.filter(kind="regular").order_by("slots__generator__name")
    return list(slots.values_list("slots__generator__name", flat=True).distinct())


def _share(frame: pd.DataFrame, outcome: str) -> Estimate | Undefined:
    return wilson(float((frame["outcome"] == outcome).sum()), float(len(frame)))


def _by(votes: pd.DataFrame, column: str, filters: Filters) -> dict[str, RankingResult]:
    """Rankings of the parts, where there is more than one part."""
    if votes[column].nunique() < 2:
        return {}
    return rank_by(votes, column, method=filters.method)


def _named_panels(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    names = dict(study.panels.values_list("public_id", "name"))
    return frame[list(ANALYSED)].assign(panel=frame["panel"].map(names))


def _preliminary(result: RankingResult) -> str:
    """Why this ranking is preliminary, or nothing."""
    if not result.n_votes:
        return ""
    fewest = min(row.n for row in result.rows)
    if result.n_raters >= ENOUGH_RATERS and fewest >= ENOUGH_VOTES:
        return ""
    raters = "is 1 rater" if result.n_raters == 1 else f"are {result.n_raters} raters"
    return (
        f"Preliminary: a ranking counts as settled enough to quote from {ENOUGH_RATERS} raters and "
        f"{ENOUGH_VOTES} votes per generator on. Here {raters}, and the generator with "
        f"the fewest votes has {fewest:g}."
    )


def position_words(result: RankingResult) -> str:
    """What the side shown does to the answer."""
    share = result.left_share
    if share is None:
        if result.n_votes and result.fit is not None:
            return "This method has no position effect, or it cannot be told from strength here."
        return "The position effect cannot be estimated here."
    text = f"Of two equally good pictures, the left one wins {percent(share.value)} of decided votes"
    if not share.has_interval:
        return f"{text}; {share.note or 'no interval can be given'}."
    text += f" ({100 * share.confidence:.0f} % interval {percent_span(share.low, share.high)})"
    if share.low <= 0.5 <= share.high:
        return f"{text}. The data are compatible with no preference for a side."
    side = "left" if share.value > 0.5 else "right"
    return f"{text}: raters lean to the {side}. The ranking accounts for this."


def is_pairwise(study: Study) -> bool:
    return study.block.protocol == Protocol.PAIRWISE
