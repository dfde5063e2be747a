"""A report as PDF, set by Typst, with charts as vector figures."""

import tempfile
from pathlib import Path

from arena.results.report.document import Data, Figure, Items, Part, Report, Text
from arena.results.report.figures import svg
from arena.results.tables import Table

HEAD = """#set page(paper: "a4", margin: (x: 20mm, y: 22mm), numbering: "1 / 1")
#set text(size: 10pt, lang: "en")
#set par(justify: false)
#show heading.where(level: 2): set text(size: 13pt)
#show table.cell.where(y: 0): strong
#show figure: set block(breakable: true)
"""
MOST_COLUMNS = 8


def render(report: Report) -> bytes:
    import typst  # a compiler of its own: only where a report is set

    with tempfile.TemporaryDirectory() as folder:
        source = [
            HEAD,
            f"= {_text(report.title)}",
            "",
            _text(report.subtitle),
            "",
            _text(f"Made {report.made_at}."),
        ]
        for number, section in enumerate(report.sections):
            source += ["", f"{'=' * section.level} {_text(section.title)}", ""]
            for place, part in enumerate(section.parts):
                source += [_part(part, Path(folder), f"{number}-{place}"), ""]
        main = Path(folder) / "report.typ"
        main.write_text("\n".join(source), encoding="utf-8")
        made = typst.compile(str(main))
    assert isinstance(made, bytes)
    return made


def _part(part: Part, folder: Path, name: str) -> str:
    if isinstance(part, Text):
        if part.kind == "warning":
            return f'#block(fill: rgb("#fdf3dc"), inset: 8pt, radius: 3pt)[{_text(part.text)}]'
        return f"*{_text(part.text)}*" if part.kind == "lead" else _text(part.text)
    if isinstance(part, Items):
        return "\n".join(
            f"- *{_text(head)}.* {_text(said)}" if head else f"- {_text(said)}" for head, said in part.items
        )
    if isinstance(part, Figure):
        (folder / f"{name}.svg").write_text(svg(part.chart), encoding="utf-8")
        return f'#align(center, image("{name}.svg", width: 85%))\n_{_text(part.chart.description)}_'
    assert isinstance(part, Data)
    return _table(part.table)


def _table(table: Table) -> str:
    size = 8 if len(table.headings) <= MOST_COLUMNS else 5.5
    aligned = ", ".join("right" if head.numeric else "left" for head in table.headings)
    cells = [f"[{_text(head.text)}]" for head in table.headings]
    cells += [f"[{_text(cell.text)}]" for row in table.rows for cell in row]
    return (
        f"#text(size: {size}pt)[#table(columns: {len(table.headings)}, align: ({aligned},), "
        f'stroke: (x: none, y: 0.4pt + rgb("#c9c6bd")), inset: 4pt, {", ".join(cells)})]\n'
        f"#text(size: 8pt)[{_text(table.caption)}]"
    )


def _text(text: str) -> str:
    """Names come from outside: as a string literal nothing in them is markup."""
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'#"{escaped}"'
