"""A report as PDF, set by Typst, with charts as vector figures."""

import re
import tempfile
from pathlib import Path

from arena.results.report.document import Data, Figure, Items, Part, Report, Text
from arena.results.report.figures import Draw, svg
from arena.results.tables import Heading, Table

HEAD = """#let line-colour = rgb("#c9c6bd")
#let quiet(size, body) = text(size: size, fill: rgb("#55544f"), body)
#let headed(above, below, size, it) = block(above: above, below: below, sticky: true, text(size, it.body))
#set page(
  paper: "a4", margin: (x: 20mm, top: 24mm, bottom: 20mm),
  header: context if counter(page).get().first() > 1 {
    set text(size: 8pt, fill: rgb("#55544f"))
    short-title
    v(-0.6em)
    line(length: 100%, stroke: 0.4pt + line-colour)
  },
  footer: context align(center, quiet(8pt, counter(page).display("1 / 1", both: true))),
)
#set text(size: 10pt, lang: "en", number-width: "tabular")
#set par(justify: false, leading: 0.62em)
#set list(spacing: 0.7em, marker: text(fill: rgb("#0b6a5b"))[•])
#show heading.where(level: 1): set text(size: 20pt)
#show heading.where(level: 2): it => headed(1.8em, 0.9em, 14pt, it)
#show heading.where(level: 3): it => headed(1.3em, 0.7em, 10.5pt, it)
#show table.cell.where(y: 0): strong
#set table(
  stroke: (x, y) => (bottom: (if y == 0 { 0.8pt } else { 0.3pt }) + line-colour),
  inset: (x: 4pt, y: 3.2pt),
)
"""
CONTENTS = """#v(0.5em)
#columns(2, outline(title: none, target: heading.where(level: 2), indent: 0pt))
#v(0.5em)"""
# From so many columns on, letters get smaller.
SIZES = ((6, 8.5), (9, 7.2), (99, 6.2))
# A column of words takes room by its longest cell, but no word is broken that need not be.
LONGEST, WORD = 44, 14
# What a figure may take, in points, and how many of them a pixel is at its own size.
WIDEST, HIGHEST, SCALE = 450.0, 620.0, 0.75


def render(report: Report, draw: Draw = svg) -> bytes:
    import typst  # a compiler of its own: only where a report is set

    with tempfile.TemporaryDirectory() as folder:
        source = [
            f"#let short-title = {_text(report.title).removeprefix('#')}",
            HEAD,
            f"= {_text(report.title)}",
            "",
            f"#quiet(9pt)[{_text(report.subtitle)} \\ {_text(f'Made {report.made_at}.')}]",
            CONTENTS,
        ]
        for number, section in enumerate(report.sections):
            source += ["", f"{'=' * section.level} {_text(section.title)}", ""]
            for place, part in enumerate(section.parts):
                source += [_part(part, Path(folder), f"{number}-{place}", draw), ""]
        main = Path(folder) / "report.typ"
        main.write_text("\n".join(source), encoding="utf-8")
        made = typst.compile(str(main))
    assert isinstance(made, bytes)
    return made


def _part(part: Part, folder: Path, name: str, draw: Draw) -> str:
    if isinstance(part, Text):
        if part.kind == "warning":
            return (
                '#block(fill: rgb("#fdf3dc"), inset: 8pt, radius: 3pt, width: 100%, '
                f'stroke: (left: 2.5pt + rgb("#c98a00")))[{_text(part.text)}]'
            )
        return f"#block(sticky: true)[*{_text(part.text)}*]" if part.kind == "lead" else _text(part.text)
    if isinstance(part, Items):
        return "\n".join(
            f"- *{_text(head)}.* {_text(said)}" if head else f"- {_text(said)}" for head, said in part.items
        )
    if isinstance(part, Figure):
        drawn = draw(part.chart)
        (folder / f"{name}.svg").write_text(drawn, encoding="utf-8")
        return (
            "#block(breakable: false, above: 1.2em, below: 1.2em)["
            f"*{_text(part.chart.title)}.* {_text(part.chart.description)}\n"
            f'#align(center, image("{name}.svg", width: {_figure_width(drawn)}))]'
        )
    assert isinstance(part, Data)
    return _table(part.table)


def _table(table: Table) -> str:
    size = next(size for most, size in SIZES if len(table.headings) <= most)
    aligned = ", ".join("right" if head.numeric else "left" for head in table.headings)
    widths = ", ".join(_width(table, at, head) for at, head in enumerate(table.headings))
    head = ", ".join(f"[{_text(head.text)}]" for head in table.headings)
    rows = [f"[{_text(cell.text)}]" for row in table.rows for cell in row]
    said = f"quiet(8.5pt, {_string(table.caption)})"
    caption = f"#block(sticky: true, above: 1.1em, below: 0.6em, {said})"
    return (
        f"{caption}\n#block(below: 1.3em)[#set text(size: {size}pt)\n#set par(leading: 0.5em)\n"
        f"#table(columns: ({widths},), align: ({aligned},), table.header({head}), {', '.join(rows)})]"
    )


def _width(table: Table, at: int, head: Heading) -> str:
    """Narrow columns of numbers take what they need, where there are few; all others share the rest."""
    cells = [row[at].text for row in table.rows]
    longest = max(map(len, cells), default=0)
    if head.numeric and len(table.headings) <= SIZES[0][0] and longest <= WORD:
        return "auto"
    words = [len(word) for text in (head.text, *cells) for word in text.split()]
    return f"{max(min(WORD, max(words, default=1)) + 1, min(LONGEST, longest))}fr"


def _figure_width(drawn: str) -> str:
    """At its own size, unless the page is smaller."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn)
    if found is None:
        return f"{WIDEST}pt"
    width, height = (float(side) * SCALE for side in found.groups())
    return f"{width * min(1.0, WIDEST / width, HIGHEST / height):.0f}pt"


def _text(text: str) -> str:
    """Names come from outside: as a string literal nothing in them is markup."""
    return f"#{_string(text)}"


def _string(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
