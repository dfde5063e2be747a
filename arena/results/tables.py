"""Tables fit for a page: what stands under each chart, and on its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString

# A page scrolls longer tables in a window of their own.
MANY_ROWS = 16


@dataclass(frozen=True)
class Cell:
    """`value` sorts where the text would not; `url` is where the text leads."""

    text: str
    value: str = ""
    title: str = ""
    url: str = ""


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
    named = {"class": "r" if heading.numeric else "", "data-value": cell.value, "title": cell.title}
    given = "".join(f' {name}="{escape(value)}"' for name, value in named.items() if value)
    return f"<td{given}>{_linked(cell)}</td>"


def _linked(cell: Cell) -> str:
    text = escape(cell.text)
    return f'<a href="{escape(cell.url)}">{text}</a>' if cell.url else text


def num(text: str, value: float | None) -> Cell:
    """A number as printed, sorting by its value."""
    return Cell(text, sortable(value))


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
