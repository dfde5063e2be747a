"""Every protocol's answers as items, raters and values: what measures of agreement take."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from annotations.models import Block, Protocol, Study
from arena.analytics.canonical import MIRROR, canonical_votes
from arena.analytics.krippendorff_alpha import Level
from arena.results.failures import failures
from arena.results.filters import Filters
from arena.results.frames import ballot_frame, failure_frame, pair_frame, rating_frame
from arena.results.graded import graded_frame
from arena.results.rankings import winners
from arena.results.selection import Selection

Ints = npt.NDArray[np.int64]
WHO_WON = "Who won"


@dataclass(frozen=True)
class Judgements:
    """Answers to one question: `frame` has item, rater, value (an index into `values`), category, panel.

    `mirror` says which value each becomes when the two generators of a comparison change places; `ordered`
    puts values on a line on which that is a reversal.
    """

    label: str
    frame: pd.DataFrame
    values: list[float]
    level: Level = "nominal"
    mirror: Sequence[int] | None = None
    ratings: bool = False
    ordered: Ints = field(default_factory=lambda: np.arange(0))


def judgements(study: Study, block: Block, selection: Selection, filters: Filters) -> list[Judgements]:
    if block.protocol == Protocol.PAIRWISE:
        return _pairs(study, block, selection, filters)
    if block.protocol == Protocol.LIKERT:
        return _ratings(study, block, selection)
    if block.protocol == Protocol.FAILURE_REVIEW:
        return _failures(study, selection, filters)
    frame = ballot_frame(study, selection)
    won = winners(frame)
    value, names = pd.factorize(won["value"], sort=True)
    facts = frame.drop_duplicates("ballot")
    answers = facts[["category", "panel"]].assign(item=won["item"], rater=won["rater"], value=value)
    return [_plain("First choice", answers, len(names))]


def _plain(label: str, frame: pd.DataFrame, size: int) -> Judgements:
    return Judgements(label, frame, [float(v) for v in range(size)], ordered=np.arange(size))


def _pairs(study: Study, block: Block, selection: Selection, filters: Filters) -> list[Judgements]:
    frame = pair_frame(study, selection, filters.criterion)
    if frame.empty:
        return []
    votes = canonical_votes(frame)
    answers = frame[["rater", "category", "panel"]].assign(item=votes.item, value=votes.answer)
    # On the line of winners a tie lies between, and both bad is a tie.
    line = np.array([0, 2, 1, 1])
    found = [Judgements(WHO_WON, answers, [0.0, 1.0, 2.0, 3.0], mirror=MIRROR, ordered=line)]
    if not block.graded:
        return found
    graded = graded_frame(study, selection, filters.criterion)
    forward = (graded["left"].astype(str) < graded["right"].astype(str)).to_numpy()
    grade = graded["grade"].to_numpy(dtype=np.int64)
    value = np.where(forward, grade, -grade) + 2
    five = Judgements(
        "Who won, and how clearly",
        graded[["rater", "category", "panel"]].assign(item=votes.item, value=value),
        [-2.0, -1.0, 0.0, 1.0, 2.0],
        level="ordinal",
        mirror=(4, 3, 2, 1, 0),
        ordered=np.arange(5),
    )
    return [*found, five]


def _ratings(study: Study, block: Block, selection: Selection) -> list[Judgements]:
    frame = rating_frame(study, selection, block)
    # Ratings made elsewhere name no picture; their comparison stands for it.
    frame["item"] = frame["image"].where(frame["image"] >= 0, -1 - frame["comparison"])
    frame["value"] = frame["rating"].astype(int) - 1
    scale = [float(v) for v in range(1, block.points + 1)]
    return [
        Judgements(
            label,
            part[["item", "rater", "value", "category", "panel"]].copy(),
            scale,
            level="ordinal",
            ratings=True,
            ordered=np.arange(block.points),
        )
        for key, label in block.criteria.values_list("key", "label")
        if len(part := frame[frame["criterion"] == key])
    ]


def _failures(study: Study, selection: Selection, filters: Filters) -> list[Judgements]:
    frame = failure_frame(study, selection)
    if frame.empty:
        return []
    found = []
    answers = frame[["rater", "category", "panel"]].assign(
        item=frame["image"].where(frame["image"] >= 0, -1 - frame["comparison"])
    )
    for key, label in failures(study, filters).labels.items():
        named = [bool(said) if key == "any" else key in said for said in frame["failures"]]
        found.append(_plain(label, answers.assign(value=np.array(named, dtype=np.int64)), 2))
    return found
