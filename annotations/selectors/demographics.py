"""Who took part, as counts alone. No cell below five people is shown, and none can be found by subtraction.

Three things hold that: questions are counted one by one, never crossed; small answers of a question are put
together until the sum has five people, or the question is left out; and counts move in steps of five people,
so that looking before and after somebody came tells nothing about them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotations.demographic_fields import FIELDS, UNSAID
from annotations.models import Demographics, Study

SMALLEST = 5
TOGETHER = "together"


@dataclass(frozen=True)
class Cell:
    """`value` is "together" for answers that only their sum may be told of."""

    value: str
    label: Any
    count: int


@dataclass(frozen=True)
class Question:
    key: str
    label: Any
    cells: tuple[Cell, ...]
    note: str = ""


def counts(study: Study) -> list[Question]:
    """One entry for each question that the study asks."""
    answered = Demographics.objects.filter(rater__study=study).order_by("pk")
    shown = answered.count() // SMALLEST * SMALLEST
    rows = list(answered.values(*FIELDS)[:shown])
    return [_question(key, rows) for key in study.ask_demographics if key in FIELDS]


def _question(key: str, rows: list[dict[str, str]]) -> Question:
    field = FIELDS[key]
    if not rows:
        return Question(key, field.label, (), "Fewer than 5 people have answered.")
    cells = merged(Counter(row[key] or UNSAID for row in rows))
    if cells is None:
        return Question(key, field.label, (), "Left out: what is small can't be put together to 5 people.")
    labels = dict(field.options) | {UNSAID: "Prefers not to say", TOGETHER: "Others, taken together"}
    found = [Cell(value, labels.get(value, value), count) for value, count in cells.items()]
    order = {value: place for place, value in enumerate([key for key, _ in field.options])}
    found.sort(key=lambda cell: order.get(cell.value, len(order) + (cell.value == TOGETHER)))
    return Question(key, field.label, tuple(found))


def merged(found: Mapping[str, int]) -> dict[str, int] | None:
    """Cells of at least five. Too small ones go together, and with them the next smallest until the sum is
    large enough; None where even all of them are too few."""
    by_size = sorted(found.items(), key=lambda item: (item[1], item[0]))
    together, count = 0, 0
    while by_size and (by_size[0][1] < SMALLEST or 0 < together < SMALLEST or count == 1):
        together += by_size.pop(0)[1]
        count += 1
    if count and together < SMALLEST:
        return None
    return dict(by_size) | ({TOGETHER: together} if count else {})
