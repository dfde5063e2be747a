"""The report in one click: one HTML file that needs nothing else, or PDF, or Markdown."""

import base64

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from annotations.errors import NotFound
from annotations.views.access import study_or_404
from arena.results.report import markdown, pdf
from arena.results.report.build import build
from arena.results.report.document import Data, Figure, Items, Part, Report, Text
from arena.results.report.figures import svg
from arena.results.views.access import analyst_required
from arena.results.views.export import file_name
from arena.results.views.page import Page

LABELS = {"html": "HTML", "pdf": "PDF", "md": "Markdown"}
TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "md": "text/markdown; charset=utf-8"}


@analyst_required
def page(request: HttpRequest, pid: str) -> HttpResponse:
    """What the report holds, and where to get it."""
    shown = Page(request, study_or_404(pid), "report")
    formats = [
        (label, shown.report(kind)) for kind, label in (("html", "HTML"), ("pdf", "PDF"), ("md", "Markdown"))
    ]
    context = shown.context(report=build(shown.study, shown.filters), formats=formats)
    return render(request, "results/report.html", context)


@analyst_required
def download(request: HttpRequest, pid: str, fmt: str) -> HttpResponse:
    study = study_or_404(pid)
    if fmt not in TYPES:
        raise NotFound(f"There is no report as {fmt[:20]}.", mend=f"Choose {', '.join(TYPES)}.")
    report = build(study, Page(request, study, "report").filters)
    content = {"html": as_html, "pdf": pdf.render, "md": markdown.render}[fmt](report)
    response = HttpResponse(content, content_type=TYPES[fmt])
    response["Content-Disposition"] = f'attachment; filename="{file_name(study, "report", fmt)}"'
    return response


def as_html(report: Report) -> str:
    sections = [
        {"title": section.title, "level": section.level, "parts": [_shown(part) for part in section.parts]}
        for section in report.sections
    ]
    return render_to_string("report/report.html", {"report": report, "sections": sections})


def _shown(part: Part) -> dict[str, object]:
    """Templates ask for names, not for types."""
    if isinstance(part, Text):
        return {"kind": part.kind, "text": part.text}
    if isinstance(part, Items):
        return {"kind": "items", "items": part.items}
    if isinstance(part, Data):
        return {"kind": "table", "table": part.table}
    assert isinstance(part, Figure)
    picture = base64.b64encode(svg(part.chart).encode()).decode()
    return {"kind": "figure", "chart": part.chart, "src": f"data:image/svg+xml;base64,{picture}"}
