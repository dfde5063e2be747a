"""A report as Markdown: text and tables, charts by their tables."""

from arena.results.report.document import Data, Figure, Items, Part, Report, Text
from arena.results.tables import Table


def render(report: Report) -> str:
    lines = [f"# {_plain(report.title)}", "", report.subtitle, "", f"Made {report.made_at}.", ""]
    for section in report.sections:
        lines += [f"{'#' * section.level} {_plain(section.title)}", ""]
        for part in section.parts:
            lines += [*_part(part), ""]
    return "\n".join(lines)


def _part(part: Part) -> list[str]:
    if isinstance(part, Text):
        text = _plain(part.text)
        return [{"warning": f"> **Note.** {text}", "lead": f"**{text}**"}.get(part.kind, text)]
    if isinstance(part, Items):
        return [
            f"- **{_plain(name)}.** {_plain(said)}" if name else f"- {_plain(said)}"
            for name, said in part.items
        ]
    if isinstance(part, Figure):
        return [f"*{_plain(part.chart.title)}. {_plain(part.chart.description)}*"]
    assert isinstance(part, Data)
    return _table(part.table)


def _table(table: Table) -> list[str]:
    heads = [_cell(head.text) for head in table.headings]
    ruler = ["---:" if head.numeric else "---" for head in table.headings]
    rows = [[_cell(cell.text) for cell in row] for row in table.rows]
    return [f"{_plain(table.caption)}:", "", *(f"| {' | '.join(row)} |" for row in [heads, ruler, *rows])]


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Names come from outside: what Markdown would take for markup stays text, on one line."""
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>#" else letter for letter in text)
    return " ".join(escaped.split())
