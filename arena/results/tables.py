"""Tables fit for a page: what stands under each chart, and on its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString

from arena.analytics.result import P_LEAST, Estimate, Undefined
from arena.results.labels import ABSENT, number, percent, percent_span, span

# A page scrolls longer tables in a window of their own.
MANY_ROWS = 16


@dataclass(frozen=True)
class Cell:
    """`value` sorts where the text would not; `url` is where the text leads. What shows an interval carries
    its bounds, which files hold in columns of their own."""

    text: str
    value: str = ""
    title: str = ""
    url: str = ""
    low: str = ""
    high: str = ""

    @property
    def data(self) -> dict[str, str]:
        """What sorting and files go by, as attributes of the page's cell."""
        told = {"data-value": self.value, "data-low": self.low, "data-high": self.high}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True)
class Heading:
    text: str
    numeric: bool = False
    title: str = ""


@dataclass(frozen=True)
class Table:
    caption: str
    headings: list[Heading]
    rows: list[list[Cell]]

    @property
    def is_long(self) -> bool:
        return len(self.rows) > MANY_ROWS

    @property
    def body(self) -> SafeString:
        """The rows as HTML; a matrix of all pairs has thousands of cells, ten times as slow by a template."""
        return SafeString("\n".join(map(self._row, self.rows)))

    def _row(self, row: list[Cell]) -> str:
        cells = [_cell(heading, cell) for heading, cell in zip(self.headings[1:], row[1:], strict=True)]
        return f'<tr><th scope="row">{_linked(row[0])}</th>{"".join(cells)}</tr>'

    @property
    def paired(self) -> list[list[tuple[Heading, Cell]]]:
        """Cells with their headings, as templates need them."""
        return [list(zip(self.headings, row, strict=True)) for row in self.rows]


def _cell(heading: Heading, cell: Cell) -> str:
    named = {"class": "r" if heading.numeric else "", "title": cell.title} | cell.data
    given = "".join(f' {name}="{escape(value)}"' for name, value in named.items() if value)
    return f"<td{given}>{_linked(cell)}</td>"


def _linked(cell: Cell) -> str:
    text = escape(cell.text)
    return f'<a href="{escape(cell.url)}">{text}</a>' if cell.url else text


def num(text: str, value: float | None) -> Cell:
    """A number as printed, sorting by its value."""
    return Cell(text, sortable(value))


def between(text: str, low: float | None, high: float | None) -> Cell:
    """An interval as printed, sorting by its lower bound."""
    return Cell(text, low=sortable(low), high=sortable(high))


def estimated(found: Estimate | Undefined, *, share: bool = False) -> Cell:
    """A number and its interval in one cell; a dash, with the reason as its title, where it is not known."""
    if isinstance(found, Undefined):
        return Cell(ABSENT, title=found.reason)
    text = percent(found.value) if share else number(found.value, 2)
    bounds = percent_span(found.low, found.high) if share else span(found.low, found.high, 2)
    return around(text, bounds, found.value, found.low, found.high, title=found.method)


def around(
    text: str, bounds: str, value: float, low: float | None, high: float | None, title: str = ""
) -> Cell:
    """A number with its interval behind it, sorting by the number."""
    text = text if bounds == ABSENT else f"{text} ({bounds})"
    return Cell(text, sortable(value), title, low=sortable(low), high=sortable(high))


def p_cell(p: float) -> Cell:
    """A p-value in a table: three digits, and nothing below a thousandth."""
    return Cell(f"< {P_LEAST}", repr(float(p))) if p < P_LEAST else num(number(p, 3), p)


def sortable(value: float | None) -> str:
    """What a cell sorts by and files hold; nothing where the number is absent or not finite."""
    return repr(float(value)) if value is not None and math.isfinite(value) else ""


def table(caption: str, headings: Sequence[str | Heading], rows: Sequence[Sequence[str | Cell]]) -> Table:
    """Headings that end in # are numeric."""
    heads = [
        head if isinstance(head, Heading) else Heading(head.removesuffix("#").strip(), head.endswith("#"))
        for head in headings
    ]
    return Table(
        caption,
        heads,
        [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows],
    )
