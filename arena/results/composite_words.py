"""Composites in words and cells, for page and report alike."""

from dataclasses import dataclass

from arena.analytics.ranking_result import RankingResult
from arena.analytics.result import Undefined
from arena.results.composites import METHOD, NOT_PEOPLE, Composites, GeneratorComposite
from arena.results.labels import ABSENT, number, plural, span
from arena.results.words import correlation_words
from scoring.selectors import niches


@dataclass(frozen=True)
class CompositeCell:
    """A composite as printed: value, beneath it the interval or why there is none, n, and who was barred."""

    text: str = ""
    value: str = ""
    note: str = ""
    of: str = ""
    barred: str = ""


def composite_words(made: Composites, result: RankingResult) -> str:
    """What stands under the table of a ranking with composites."""
    if not made.is_calibrated:
        return f"Composite by {made.name}. {niches.calibration_words(made.version)}."
    barred = sum(row.barred for row in made.rows.values())
    said = [
        f"Composite by {made.name}, 0 to 100.",
        f"{niches.calibration_words(made.version)}.",
        NOT_PEOPLE,
        f"{plural(barred, 'image')} barred, counted as 0." if barred else "",
        made.shapes_note,
        correlation_words(made.against_points(result)).replace("mean score", "composite"),
    ]
    return " ".join(filter(None, said)).strip()


def composite_lines(made: Composites | None) -> list[tuple[str, str]]:
    """How it was computed, for the foot of a page."""
    return [] if made is None else [("Composite", f"{METHOD} {'; '.join(made.words())}.")]


def composite_cell(found: GeneratorComposite) -> CompositeCell:
    mean = found.mean
    if isinstance(mean, Undefined):
        return CompositeCell(ABSENT, "", mean.reason)
    between = span(mean.low, mean.high, 1) if mean.has_interval else mean.note.rstrip(".")
    of = f"{number(found.n)} of {number(found.images)}" if found.n < found.images else number(found.n)
    barred = f"{number(found.barred)} barred" if found.barred else ""
    return CompositeCell(number(mean.value, 1), repr(mean.value), between, f"n {of}", barred)
