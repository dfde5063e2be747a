"""Votes made elsewhere, by upload: the file first, then which column is what, then the import."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotations.actions import imports, vote_uploads
from annotations.errors import ImportRefused, NotFound
from annotations.models import ImportJob, ImportState
from annotations.views.access import designer_required
from arena.results.forms import ColumnsForm, UploadForm
from arena.results.imported import knows_raters
from arena.results.labels import plural
from arena.results.vote_kinds import KINDS

MOST_COLUMNS = 12
UNDER_WAY = (ImportState.QUEUED, ImportState.CHECKING, ImportState.STORING)


@designer_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            job = vote_uploads.start(actor=request.user, **form.cleaned_data)
            return redirect("import-votes", job.public_id)
        except ImportRefused as error:
            refused = error
    kinds = [(box, KINDS[box.data["value"]]) for box in form["kind"]]
    context = {"nav": "studies", "form": form, "refused": refused, "kinds": kinds}
    return render(request, "results/upload.html", context, status=422 if refused or form.errors else 200)


@designer_required
@require_http_methods(["GET", "POST"])
def job(request: HttpRequest, pid: str) -> HttpResponse:
    """What the import waits for: somebody who says which column is what, a worker, or nothing any more."""
    found = ImportJob.objects.filter(public_id=pid, reading__isnull=False).first()
    if found is None:
        raise NotFound("There is no import of votes at this address.", mend="Check the address.")
    if found.state == ImportState.DONE:
        return _done(request, found)
    if found.state in vote_uploads.OPEN and found.workspace:
        return _columns(request, found)
    context = {"nav": "studies", "job": found, "ended": found.state not in UNDER_WAY}
    context["storing"] = found.state == ImportState.STORING
    return render(request, "results/upload_progress.html", context)


def _columns(request: HttpRequest, found: ImportJob) -> HttpResponse:
    look = vote_uploads.look(found)
    kind = KINDS[found.reading["kind"]]
    form = ColumnsForm(request.POST or None, kind=kind, columns=look.columns, told=found.reading)
    refused = checked = None
    said = ""
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("do") == "import":
                vote_uploads.submit(job=found, reading=form.reading)
                return redirect("import-votes", found.public_id)
            checked = vote_uploads.check(job=found, reading=form.reading)
            said = _said(checked)
        except ImportRefused as error:
            refused = error
    context = {
        "nav": "studies",
        "job": found,
        "kind": kind,
        "form": form,
        "look": look,
        "columns": look.columns[:MOST_COLUMNS],
        "rows": [row[:MOST_COLUMNS] for row in look.rows],
        "refused": refused,
        "checked": checked,
        "found": said,
        "all_problems": imports.problems_file(found).exists(),
    }
    status = 422 if refused or form.errors else 200
    return render(request, "results/upload_columns.html", context, status=status)


def _said(checked: vote_uploads.Check) -> str:
    said = f"{plural(checked.votes, 'vote')} on {plural(checked.generators, 'generator')}"
    said += f" and {plural(checked.prompts, 'prompt')}" if checked.prompts else ""
    return said + (f" by {plural(checked.raters, 'rater')}" if checked.raters else "")


def _done(request: HttpRequest, found: ImportJob) -> HttpResponse:
    study = found.study
    if found.stored:
        by = f" by {plural(study.raters.count(), 'rater')}" if knows_raters(study) else ""
        messages.success(request, f"Imported {plural(found.stored, 'vote')}{by}.")
    else:
        messages.info(request, "This file had been imported before, read in the same way; nothing changed.")
    return redirect("results", study.public_id)
