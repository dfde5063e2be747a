"""The report: asked for with one click, made by a worker, kept while the study stays as it was."""

from dataclasses import asdict

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.actions import looks, report_jobs
from annotations.errors import NotFound
from annotations.models import ReportJob, ReportJobState, Study
from annotations.views.access import study_or_404
from arena.results.labels import number, plural
from arena.results.report import kept
from arena.results.views.access import analyst_required
from arena.results.views.export import file_name
from arena.results.views.page import Page

TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "md": "text/markdown; charset=utf-8"}
LABELS = {"html": "HTML", "pdf": "PDF", "md": "Markdown"}
# A worker that lives takes a report up within this many seconds.
PATIENCE_S = 20


@analyst_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pid: str) -> HttpResponse:
    """What the report holds and where to get it; or how far it is; or the button that has it made."""
    study = study_or_404(pid)
    shown = Page(request, study, "report")
    made = kept.made(study, shown.filters)
    if request.method == "POST":
        if made is None or made.basis != kept.basis(study):
            looks.note(study=study, actor=request.user)
            asked, key = asdict(shown.filters), kept.key_of(shown.filters)
            report_jobs.start(study=study, actor=request.user, asked=asked, asked_key=key)
        return redirect(shown.address("report"))
    job = kept.newest(study, shown.filters)
    context = shown.context(made=made, job=job, **(_progress(job) if job else {}))
    if made is not None:
        looks.note(study=study, actor=request.user)
        context |= {
            "formats": [(LABELS[fmt], shown.report(fmt)) for fmt in kept.FORMATS],
            # Escaped where it was made.
            "contents": mark_safe(kept.file(made, kept.CONTENTS).read_text(encoding="utf-8")),  # noqa: S308
            "of_votes": plural(made.votes, "vote"),
            "changes": _changes(study, made),
        }
    return render(request, "results/report.html", context)


def _changes(study: Study, made: ReportJob) -> str:
    """What became of the study since its report was made; nothing if nothing did."""
    if made.basis == kept.basis(study):
        return ""
    newer = kept.standing_votes(study) - made.votes
    if newer > 0:
        return f"{plural(newer, 'newer vote')} since"
    if newer < 0:
        return f"{plural(-newer, 'vote')} fewer stand now"
    return "no more votes since, but raters, exclusions, scores or settings have changed"


def _progress(job: ReportJob) -> dict[str, object]:
    waited = (timezone.now() - job.created_at).total_seconds()
    unseen = job.state == ReportJobState.QUEUED and waited > PATIENCE_S
    said = job.doing[:1].upper() + job.doing[1:] or job.get_state_display()
    return {
        "state": job.state,
        "label": f"{said} for {number(waited)} s now" if unseen else said,
        "ended": not job.under_way,
        "checked": job.done,
        "total": job.total,
        "stored": 0,
    }


@analyst_required
@require_GET
def status(request: HttpRequest, pid: str, job: str) -> JsonResponse:
    response = JsonResponse(_progress(_job_or_404(study_or_404(pid), job)))
    response["Cache-Control"] = "no-store"
    return response


@analyst_required
@require_POST
def cancel(request: HttpRequest, pid: str, job: str) -> HttpResponse:
    study = study_or_404(pid)
    report_jobs.cancel(job=_job_or_404(study, job))
    return redirect(Page(request, study, "report").address("report"))


@analyst_required
def download(request: HttpRequest, pid: str, fmt: str) -> FileResponse:
    study = study_or_404(pid)
    if fmt not in TYPES:
        raise NotFound(f"There is no report as {fmt[:20]}.", mend=f"Choose {', '.join(TYPES)}.")
    shown = Page(request, study, "report")
    made = kept.made(study, shown.filters)
    if made is None:
        raise NotFound(
            "No report of this has been made yet.",
            mend=f"Have it made on the study’s report page, {reverse('results-report', args=[pid])}.",
        )
    looks.note(study=study, actor=request.user)
    return FileResponse(
        kept.file(made, fmt).open("rb"),
        as_attachment=True,
        filename=file_name(study, "report", fmt),
        content_type=TYPES[fmt],
    )


def _job_or_404(study: Study, pid: str) -> ReportJob:
    job = study.report_jobs.filter(public_id=pid).first()
    if job is None:
        raise NotFound("There is no such report.", mend="Look at the study’s report page.")
    return job
