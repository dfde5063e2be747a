"""A report as one HTML file that needs nothing else."""

import base64

from django.template.loader import render_to_string

from arena.results.report.document import Data, Figure, Items, Part, Report, Text
from arena.results.report.figures import Draw, svg


def render(report: Report, draw: Draw = svg) -> str:
    sections = [
        {
            "title": section.title,
            "level": section.level,
            "parts": [_shown(part, draw) for part in section.parts],
        }
        for section in report.sections
    ]
    return render_to_string("report/report.html", {"report": report, "sections": sections})


def _shown(part: Part, draw: Draw) -> dict[str, object]:
    """Templates ask for names, not for types."""
    if isinstance(part, Text):
        return {"kind": part.kind, "text": part.text}
    if isinstance(part, Items):
        return {"kind": "items", "items": part.items}
    if isinstance(part, Data):
        return {"kind": "table", "table": part.table}
    assert isinstance(part, Figure)
    picture = base64.b64encode(draw(part.chart).encode()).decode()
    return {"kind": "figure", "chart": part.chart, "src": f"data:image/svg+xml;base64,{picture}"}
