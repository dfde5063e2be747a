"""What an answer may be, protocol by protocol: checked before it is stored, and measured against a known one.
Free of Django. A `block` is a mapping as it stands in the frozen design, with its settings and criteria.

Answers and remarks are AS SHOWN: positions count from 0 in reading order, "left" is position 0 of a pair.
What is expected is canonical: slots as they stand in the comparison, whatever the order on the screen.

protocol        answer                                          expected
pairwise        {criterion: "left" | "right" | …}               {"slot": 0}
likert          {criterion: 4 | "cannot_judge"}                 {"ratings": {criterion: [low, high]}}
best_of_n       {"best": 2}, {"best": 2, "worst": 0}            {"best": 0}, {"worst": 1}, or both
ranking         {"ranking": [2, 0, 1]}, best first              the same
failure_review  {"failures": ["anatomy"]}, []: none seen        {"failures": ["anatomy"]} or {"none": true}

Remarks, each part only where the block offers it: {"chips": [key], "text": "…", "marks": [{"x", "y",
"failure"}]}, x and y from 0 to 1 from the upper left corner. A note to a failure review is its text.
"""

from annotations.protocols import choices, failures, pairs, ratings
from annotations.protocols.base import Block, InvalidAnswer, Json, Protocol
from annotations.protocols.remarks import checked_remarks

__all__ = ["InvalidAnswer", "answers", "checked", "expected_shown", "passes", "slots"]

PROTOCOLS: dict[str, Protocol] = {
    "pairwise": pairs.Pairs(),
    "likert": ratings.Ratings(),
    "best_of_n": choices.BestOfN(),
    "ranking": choices.Ranking(),
    "failure_review": failures.FailureReview(),
}


def _of(block: Block) -> Protocol:
    return PROTOCOLS[block["protocol"]]


def slots(block: Block) -> int:
    """How many pictures stand side by side."""
    return _of(block).slots(block)


def answers(block: Block) -> list[str | int]:
    """The answers that are offered: words of pairs, points of ratings, positions of best-of-N and rankings,
    keys of failures; with "tie", "both_bad", "none" and "cannot_judge" where the block has them."""
    return _of(block).answers(block)


def checked(block: Block, order: str, answer: object, remarks: object = None) -> tuple[Json, Json | None]:
    """Answer and remarks as they are stored; no remarks at all are None. Raises InvalidAnswer."""
    protocol = _of(block)
    if not isinstance(answer, dict):
        raise InvalidAnswer("An answer is an object.")
    said = protocol.checked(block, order, answer)
    return said, checked_remarks(block, said, protocol.said(block, said), remarks)


def passes(block: Block, expected: Json, order: str, answer: Json) -> bool:
    """Whether an answer that `checked` has let through is the expected one."""
    return _of(block).passes(block, expected, order, answer)


def expected_shown(block: Block, expected: Json, order: str) -> Json:
    """What would have been right, as shown, for feedback in practice: {criterion: "left"}, {criterion: [low,
    high]}, {"best": position, "worst": position}, {"failures": [key]} ([]: none)."""
    return _of(block).expected_shown(block, expected, order)
