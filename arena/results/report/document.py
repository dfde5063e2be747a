"""A report as plain parts, which HTML, Markdown and PDF draw alike."""

from dataclasses import dataclass, field

from arena.results.charts import Chart
from arena.results.tables import Table

# Columns that a sheet of paper has room for.
WIDEST = 12


@dataclass(frozen=True)
class Text:
    text: str
    kind: str = "plain"  # plain, warning or lead


@dataclass(frozen=True)
class Items:
    """Pairs of a name and what is said of it; the name may be empty."""

    items: list[tuple[str, str]]


@dataclass(frozen=True)
class Data:
    table: Table


@dataclass(frozen=True)
class Figure:
    chart: Chart


Part = Text | Items | Data | Figure


@dataclass
class Section:
    title: str
    parts: list[Part] = field(default_factory=list)
    level: int = 2

    def say(self, text: str, kind: str = "plain") -> None:
        self.parts.append(Text(text, kind))

    def list(self, items: list[tuple[str, str]]) -> None:
        if items:
            self.parts.append(Items(items))

    def table(self, table: Table | None) -> None:
        if table is not None and table.rows:
            self.parts.append(Data(table))

    def figure(self, chart: Chart) -> None:
        """The figure alone, where a fuller table stands beside it."""
        self.parts.append(Figure(chart))

    def chart(self, chart: Chart | None) -> None:
        """The figure, and the same numbers beneath as long as they fit on paper."""
        if chart is not None:
            self.parts.append(Figure(chart))
            if len(chart.table.headings) <= WIDEST:
                self.parts.append(Data(chart.table))


@dataclass(frozen=True)
class Report:
    title: str
    subtitle: str
    made_at: str
    sections: list[Section]
