"""Bring images in: upload, progress, problems; and one original for those who may see who made it."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.actions import imports, storage, studies
from annotations.errors import ImportRefused, NotFound
from annotations.import_forms import ImagesForm, NewStudyForm, on_disk
from annotations.models import Image, ImportJob, ImportState, Study, StudyState
from annotations.views.access import designer_required, study_or_404
from arena.analytics import rater_rules

ENDED = (ImportState.DONE, ImportState.REFUSED, ImportState.FAILED, ImportState.CANCELLED)
TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}


@designer_required
@require_http_methods(["GET", "POST"])
def new_study(request: HttpRequest) -> HttpResponse:
    form = NewStudyForm(request.POST or None, request.FILES or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            _look_at(form)
            rules = [dict(rule) for rule in rater_rules.DEFAULT_RULES]
            study = studies.create(name=form.cleaned_data["name"], owner=request.user, rules=rules)
            return _started(request, form, study)
        except ImportRefused as error:
            refused = error
    return _form_page(request, form, refused, study=None)


@designer_required
@require_http_methods(["GET", "POST"])
def add_images(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    if study.state != StudyState.DRAFT:
        messages.error(request, "This study is launched; its images are frozen.")
        return redirect("study-images", pid)
    form = ImagesForm(request.POST or None, request.FILES or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            _look_at(form)
            return _started(request, form, study)
        except ImportRefused as error:
            refused = error
    return _form_page(request, form, refused, study=study)


@designer_required
@require_GET
def show(request: HttpRequest, pid: str) -> HttpResponse:
    job = _job_or_404(pid)
    if job.holds_votes:
        return redirect("import-votes", pid)
    context = {"job": job, "study": job.study, "ended": job.state in ENDED, "nav": "studies", **_counts(job)}
    context["all_problems"] = imports.problems_file(job).exists()
    return render(request, "imports/show.html", context)


@designer_required
@require_GET
def status(request: HttpRequest, pid: str) -> JsonResponse:
    job = _job_or_404(pid)
    answer = {
        "state": job.state,
        "label": job.get_state_display(),
        "ended": job.state in ENDED,
        **_counts(job),
    }
    response = JsonResponse(answer)
    response["Cache-Control"] = "no-store"
    return response


@designer_required
@require_POST
def cancel(request: HttpRequest, pid: str) -> HttpResponse:
    job = _job_or_404(pid)
    if not imports.cancel(job=job):
        messages.error(request, "The import had ended already, or is being stored in one step.")
    return redirect("import", pid)


@designer_required
@require_GET
def problems(request: HttpRequest, pid: str) -> HttpResponse:
    path = imports.problems_file(_job_or_404(pid))
    if not path.exists():
        raise NotFound("This import has no list of problems.", mend="Look at the import's page.")
    return FileResponse(path.open("rb"), as_attachment=True, filename="problems.csv", content_type="text/csv")


@designer_required
@require_GET
def image_file(request: HttpRequest, pid: str) -> HttpResponse:
    """The original, as it came. For designers only: it may say who made it."""
    image = Image.objects.filter(public_id=pid).only("path", "format").first()
    if image is None:
        raise NotFound("There is no such picture.", mend="Look for it on its study's page of images.")
    content_type = TYPES.get(image.format, "application/octet-stream")
    if settings.MEDIA_INTERNAL_REDIRECT:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.MEDIA_INTERNAL_REDIRECT.rstrip('/')}/{image.path}"
    else:
        name = f"{pid}.{image.format.lower()}"
        response = FileResponse(storage.open_stored(image.path), content_type=content_type, filename=name)
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _look_at(form: ImagesForm) -> None:
    manifest, archive = form.cleaned_data["manifest"], form.cleaned_data["archive"]
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        scratch = Path(folder)
        imports.look_at(
            manifest_path=on_disk(manifest, scratch),
            archive_path=on_disk(archive, scratch) if archive else None,
        )


def _started(request: HttpRequest, form: ImagesForm, study: Study) -> HttpResponse:
    job = imports.start(
        study=study,
        actor=request.user,
        manifest_file=form.cleaned_data["manifest"],
        archive_file=form.cleaned_data["archive"],
    )
    return redirect("import", job.public_id)


def _form_page(
    request: HttpRequest, form: ImagesForm, refused: ImportRefused | None, study: Study | None
) -> HttpResponse:
    context = {"form": form, "refused": refused, "study": study, "nav": "studies", "tab": "images"}
    return render(request, "imports/form.html", context, status=422 if refused or form.errors else 200)


def _job_or_404(pid: str) -> ImportJob:
    job = ImportJob.objects.filter(public_id=pid).select_related("study", "created_by").first()
    if job is None:
        raise NotFound("There is no import at this address.", mend="Check the address.")
    return job


def _counts(job: ImportJob) -> dict[str, int]:
    return {
        "total": job.total,
        "checked": job.checked,
        "stored": job.stored,
        "already_there": max(0, job.total - job.stored) if job.state == ImportState.DONE else 0,
    }
