"""Graded answers on pairs: how clearly one picture was preferred."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotations.models import Study
from arena.analytics.ranking_graded import rank_graded
from arena.analytics.ranking_result import RankingResult
from arena.results.frames import Table, pair_frame

COLUMNS = ("left", "right", "outcome", "rater", "prompt", "category")
GRADES = {"much_left": -2, "left": -1, "tie": 0, "both_bad": 0, "right": 1, "much_right": 2}


@dataclass(frozen=True)
class PairRankings:
    """Of all votes, and of their parts where there are several."""

    result: RankingResult
    by_category: dict[str, RankingResult]
    by_panel: dict[str, RankingResult]


def rank_by_grades(
    study: Study, selection: Table, criterion: str, *, position: bool, anchor: str = ""
) -> PairRankings:
    """The ranking by how clearly pictures were preferred, of all votes and of their parts."""
    frame = graded_frame(study, selection, criterion)
    frame["panel"] = frame["panel"].map(dict(study.panels.values_list("public_id", "name"))).astype(str)
    held = set(frame["left"].unique()) | set(frame["right"].unique())
    return PairRankings(
        rank_graded(frame[list(COLUMNS)], position=position, anchor=anchor if anchor in held else None),
        _parts(frame, "category", position=position),
        _parts(frame, "panel", position=position),
    )


def _parts(frame: pd.DataFrame, column: str, *, position: bool) -> dict[str, RankingResult]:
    if frame[column].nunique() < 2:
        return {}
    parts = frame.groupby(column, observed=True, sort=True)
    return {str(name): rank_graded(part[list(COLUMNS)], position=position) for name, part in parts}


def graded_frame(study: Study, selection: Table, criterion: str) -> pd.DataFrame:
    """`pair_frame` with the outcome as it was said (much_left … much_right), and grade (−2 … 2)."""
    frame = pair_frame(study, selection, criterion)
    votes = selection.votes
    said = np.array(
        [str(answer.get(criterion, "")) for answer in votes.parsed_answers()] or [""], dtype=object
    )
    kept = np.array([text in GRADES for text in said])
    own = votes.answer[selection.rows]
    frame["outcome"] = said[own[kept[own]]]
    frame["grade"] = frame["outcome"].map(GRADES).astype(int)
    return frame
