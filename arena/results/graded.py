"""Graded answers on pairs: how clearly one picture was preferred."""

import numpy as np
import pandas as pd

from annotations.models import Study
from arena.results.frames import Table, pair_frame

GRADES = {"much_left": -2, "left": -1, "tie": 0, "both_bad": 0, "right": 1, "much_right": 2}


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
