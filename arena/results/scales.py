"""Rankings that use more of the answers: severity of raters, graded answers, all blocks at once."""

from dataclasses import dataclass, replace

import pandas as pd

from annotations.models import Block, Protocol, Study
from arena.analytics.errors import AnalyticsError
from arena.analytics.joint_blocks import JointBlock
from arena.analytics.ranking_graded import RatingRanking, rank_graded, rank_ratings
from arena.analytics.ranking_joint import JointRanking, rank_joint
from arena.analytics.ranking_result import RankingResult
from arena.analytics.result import Undefined
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of, choices
from arena.results.frames import ballot_frame, pair_frame, rating_frame
from arena.results.graded import graded_frame
from arena.results.imported import knows_raters
from arena.results.rankings import ANALYSED, knows_sides
from arena.results.selection import select

NAMELESS = Undefined("no_raters", "Severity is an effect of raters, and the file names none.")


@dataclass(frozen=True)
class Severity:
    """A criterion's ratings ranked with an effect of each rater."""

    label: str
    found: RatingRanking | Undefined


def by_severity(study: Study, filters: Filters) -> list[Severity]:
    return remembered("severity", study, filters, lambda: _by_severity(study, filters))


def _by_severity(study: Study, filters: Filters) -> list[Severity]:
    block = block_of(study, filters)
    frame = rating_frame(study, select(study, filters), block)
    found = []
    for key, label in block.criteria.values_list("key", "label"):
        own = frame.loc[frame["criterion"] == key, ["generator", "rating", "rater"]]
        known = knows_raters(study)
        found.append(Severity(label, _rated(own, block) if known else NAMELESS))
    return found


def _rated(own: pd.DataFrame, block: Block) -> RatingRanking | Undefined:
    if own["rater"].nunique() < 2:
        return Undefined("one_rater", "Severity needs two raters at the least.")
    try:
        return rank_ratings(own.astype({"rater": str, "generator": str}), scale=_scale(block))
    except AnalyticsError as error:
        return Undefined("not_fitted", str(error))


def _scale(block: Block) -> tuple[int, ...]:
    return tuple(range(1, block.points + 1))


def graded(study: Study, filters: Filters) -> RankingResult | None:
    """The ranking with how clearly each was preferred; nothing where answers are not graded."""
    if not block_of(study, filters).graded:
        return None
    plain = replace(filters, method="davidson")
    return remembered("graded", study, plain, lambda: _graded(study, plain))


def _graded(study: Study, filters: Filters) -> RankingResult:
    votes = graded_frame(study, select(study, filters), filters.criterion)
    return rank_graded(votes[list(ANALYSED)], position=knows_sides(study))


def joint_blocks(study: Study) -> list[Block]:
    """Blocks that can share one scale: all but failure reviews."""
    return [block for block in study.blocks.all() if block.protocol != Protocol.FAILURE_REVIEW]


def joint(study: Study, filters: Filters) -> JointRanking | Undefined:
    """All blocks on one scale, each by its first criterion, under the filter's category and people."""
    plain = replace(filters, method="davidson", criterion="")
    return remembered("joint", study, plain, lambda: _joint(study, plain))


def _joint(study: Study, filters: Filters) -> JointRanking | Undefined:
    parts = []
    for block in joint_blocks(study):
        own = choices(study, block.key).default
        asked = replace(filters, block=block.key, criterion=own.criterion)
        part = _part(study, block, asked)
        if len(part.votes):
            parts.append(part)
    if len(parts) < 2:
        return Undefined("one_block", "One scale over blocks needs votes in two blocks at the least.")
    try:
        return rank_joint(parts)
    except AnalyticsError as error:
        return Undefined("not_fitted", str(error))


def _part(study: Study, block: Block, filters: Filters) -> JointBlock:
    selection, name = select(study, filters), str(block)
    if block.protocol == Protocol.LIKERT:
        frame = rating_frame(study, selection, block)
        votes = frame.loc[frame["criterion"] == filters.criterion, ["generator", "rating", "rater"]]
        return JointBlock(name, "ratings", votes.astype({"rater": str, "generator": str}), _scale(block))
    if block.protocol == Protocol.PAIRWISE:
        make = graded_frame if block.graded else pair_frame
        pairs = make(study, selection, filters.criterion)[list(ANALYSED)]
        return JointBlock(name, "graded" if block.graded else "pairwise", pairs)
    return JointBlock(name, "choices", ballot_frame(study, selection))
