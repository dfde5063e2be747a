"""Downloads of a study's rows, and what their columns mean."""

import json
import re
import shlex

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from annotations.actions import looks
from annotations.errors import NotFound
from annotations.models import Protocol, Source, Study
from annotations.views.access import study_or_404
from arena.results import export as exports
from arena.results.export.writers import CONTENT_TYPES
from arena.results.filters import Filters
from arena.results.imported import knows_sides
from arena.results.labels import ON
from arena.results.views.access import analyst_required
from arena.results.views.page import FORMAT_LABELS, Page

# Points of a rating scale unless said otherwise.
SCALE = 5


@analyst_required
def export_page(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    page = Page(request, study, "export")
    downloads = []
    for kind in exports.KINDS:
        if study.source == "imported" and kind in ("images", "scores", "preferences"):
            continue
        links = [(label, page.download(kind, fmt)) for fmt, label in FORMAT_LABELS.items()]
        downloads.append((exports.table_of(kind, page.offered), links))
    recount = recount_command(study, page)
    sealed = bool(study.design) and study.source == Source.COLLECTED
    if recount and sealed:
        recount += (
            f" --design {file_name(study, 'design', 'json')} --audit {file_name(study, 'audit', 'jsonl')}"
        )
    context = page.context(
        downloads=downloads, recount=recount, filter_words=page.filter_words, sealed=sealed
    )
    return render(request, "results/export.html", context)


def recount_command(study: Study, page: Page) -> str:
    """Gives the numbers that the page shows under the same filter; nothing where no command can."""
    filters, offered = page.filters, page.offered
    words = ["python", "-m", "arena.analytics.recount", file_name(study, "votes", "csv")]
    if offered.is_pairwise and filters.method != "davidson":
        words += ["--method", filters.method]
    if offered.is_ranked and not knows_sides(study):
        words.append("--no-position")
    if offered.is_ranked and filters.baseline:
        words += ["--anchor", filters.baseline]
    if offered.protocol == Protocol.LIKERT and offered.block.points != SCALE:
        words += ["--points", str(offered.block.points)]
    for name in ("since", "until"):
        if getattr(filters, name):
            words += [f"--{name}", getattr(filters, name)]
    if filters.exclusions != ON:
        words += ["--exclusions", filters.exclusions]
    for name, value in _where(page).items():
        if re.search(",[^,]*=", value):
            return ""  # the command would take the rest for another column
        words += ["--where", f"{name}={value}"]
    return shlex.join(words)


def _where(page: Page) -> dict[str, str]:
    """Columns of the export and the values that the filter asks for."""
    filters, offered = page.filters, page.offered
    where = {}
    if len(offered.blocks) > 1:
        where["block"] = filters.block
    if filters.category:
        where["category"] = filters.category
    if filters.panel:
        where["panel"] = dict(offered.panels)[filters.panel]
    if offered.is_pairwise and len(offered.criteria) > 1:
        where["criterion"] = filters.criterion
    if offered.has_simulated and filters.simulated != "with":
        where["simulated"] = "yes" if filters.simulated == "only" else "no"
    return where


def file_name(study: Study, kind: str, fmt: str) -> str:
    return f"{kind}-{study.public_id}.{fmt}"


@analyst_required
def design(request: HttpRequest, pid: str) -> HttpResponse:
    """The frozen design with its hash, as one JSON document."""
    study = study_or_404(pid)
    if study.source != Source.COLLECTED:
        raise NotFound("Votes made elsewhere have no frozen design.", mend="Export the votes.")
    if not study.design:
        raise NotFound("The design is not frozen yet.", mend="Launch the study first.")
    document = {"study": study.public_id, "design_hash": study.design_hash, "design": study.design}
    text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
    response = HttpResponse(text, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{file_name(study, "design", "json")}"'
    return response


@analyst_required
def export(request: HttpRequest, pid: str, kind: str, fmt: str) -> StreamingHttpResponse:
    study = study_or_404(pid)
    page = Page(request, study, "export")
    if kind == "ranking":
        looks.note(study=study, actor=request.user)
    return streamed(study, kind, fmt, page.filters, page)


def streamed(study: Study, kind: str, fmt: str, filters: Filters, page: Page) -> StreamingHttpResponse:
    if kind not in exports.KINDS or fmt not in exports.FORMATS:
        raise NotFound(
            f"There is no export {kind}.{fmt}.",
            mend=f"Choose {', '.join(exports.KINDS)} as {', '.join(exports.FORMATS)}.",
        )
    response = StreamingHttpResponse(
        exports.export(kind, fmt, study, filters, page.offered), content_type=CONTENT_TYPES[fmt]
    )
    response["Content-Disposition"] = f'attachment; filename="{file_name(study, kind, fmt)}"'
    # Proxies must pass pieces on as they come.
    response["X-Accel-Buffering"] = "no"
    return response
