"""Tables that only a report has: many numbers on little paper."""

from collections.abc import Iterable
from dataclasses import replace

from arena.analytics.result import Estimate
from arena.results.charts.ranking import places_cell
from arena.results.composite_words import composite_cell
from arena.results.composites import Composites, GeneratorComposite
from arena.results.failures import FailureRate, Failures
from arena.results.filters import Choices
from arena.results.labels import ABSENT, number, percent, span
from arena.results.rankings import Ranking
from arena.results.tables import Cell, Heading, Table, between, estimated, num, sortable, table


def ranking_table(found: Ranking, offered: Choices, made: Composites | None = None) -> Table:
    """The leaderboard."""
    bad = offered.block.allow_both_bad
    headings = [
        "Place #",
        "Generator",
        "Points #",
        "95 % interval #",
        *(["Composite #"] * bool(made)),
        "Possible places #",
        "Wins #",
        "Ties #",
    ]
    headings += [*(["Both bad #"] * bad), "Losses #", "Win rate #", "Votes #", "Raters #"]
    rows: list[list[str | Cell]] = [
        [
            number(row.rank),
            row.generator + (f" ({row.note})" if row.note else ""),
            num(number(row.points), row.points),
            between(span(row.low, row.high), row.low, row.high),
            *([_composite(made.of(row.generator))] if made else []),
            places_cell(row),
            number(row.wins),
            number(row.ties),
            *([number(row.both_bad)] * bad),
            number(row.losses),
            percent(row.win_rate),
            number(row.n),
            number(row.raters),
        ]
        for row in found.result.rows
    ]
    return table("Ranking, with 95 % intervals and the places that the data leave open", headings, rows)


def _composite(found: GeneratorComposite) -> Cell:
    cell = composite_cell(found)
    if not isinstance(found.mean, Estimate):
        return Cell(f"{cell.text} {cell.note}")
    said = ", ".join(filter(None, [f"{cell.text} ({cell.note})", cell.of, cell.barred]))
    return replace(num(said, found.mean.value), **_bounds(found.mean))


def _bounds(mean: Estimate) -> dict[str, str]:
    return {"low": sortable(mean.low), "high": sortable(mean.high)}


def failure_table(found: Failures) -> Table:
    """A row a failure, a column a generator."""
    rates = ((found.labels[rate.failure], rate) for rate in found.rates)
    return _crossed("Failure", "Share of reviewed pictures with each failure", found.generators, rates)


def failure_category_table(found: Failures) -> Table:
    said = "Share of reviewed pictures with any failure, by category"
    return _crossed("Category", said, found.generators, found.by_category)


def _crossed(what: str, said: str, names: list[str], rates: Iterable[tuple[str, FailureRate]]) -> Table:
    cells: dict[str, dict[str, Cell]] = {}
    for label, rate in rates:
        cells.setdefault(label, {})[rate.generator] = _rate(rate)
    return table(
        f"{said}; 95 % intervals by Wilson over pictures, then pictures with it of those reviewed",
        [what, *(Heading(name, numeric=True) for name in names)],
        [[label, *(row.get(name, Cell(ABSENT)) for name in names)] for label, row in cells.items()],
    )


def _rate(rate: FailureRate) -> Cell:
    of = f"{rate.with_failure} of {rate.images}"
    if not isinstance(rate.rate, Estimate):
        return Cell(of)
    cell = estimated(rate.rate, share=True)
    return replace(cell, text=f"{cell.text}, {of}", title="")
