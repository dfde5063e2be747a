"""Launch, pause, resume, close: each a POST; launching and closing show a page of confirmation first."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotations.actions import preparation, studies
from annotations.errors import StudyRefused
from annotations.models import Gold, GoldUse, Panel, Study, StudyState
from annotations.selectors import study_overview, study_plan
from annotations.views.access import designer_required, study_or_404
from annotations.views.errors import wants_json


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_launch(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    if request.method != "POST":
        if study.state != StudyState.DRAFT:
            return redirect("study", pid)
        return _launch_page(request, study, studies.check_launchable(study))
    try:
        studies.launch(study=study, actor=request.user)
    except StudyRefused as refusal:
        if not refusal.details or wants_json(request):
            raise
        return _launch_page(request, study, refusal.details, status=refusal.status)
    messages.success(request, "Launched. The design is frozen; the study is being prepared for raters.")
    return redirect("study", pid)


def _launch_page(request: HttpRequest, study: Study, problems: list, status: int = 200) -> HttpResponse:
    context = {
        "nav": "studies",
        "study": study,
        "problems": problems,
        "plan": study_plan.study_summary(study),
        "warnings": _warnings(study),
    }
    return render(request, "studies/launch.html", context, status=status)


def _warnings(study: Study) -> list[str]:
    """What works but deserves a second look before it is frozen."""
    found = []
    missing = study_overview.coverage(study).missing
    if missing:
        found.append(
            f"{missing} pictures are missing from the table of generators and prompts; comparisons that need "
            "them are left out."
        )
    if not study.check_every:
        found.append("There are no attention checks, so careless raters can't be told from careful ones.")
    if not study.instructions:
        found.append("There are no instructions; raters will decide by themselves what counts.")
    if not study.rules:
        found.append("No exclusion rules are declared; every rater's votes will count.")
    return found + [words for panel in study.panels.all() for words in _panel_warnings(study, panel)]


def _panel_warnings(study: Study, panel: Panel) -> Iterator[str]:
    if panel.quiz_pass_mark and not Gold.objects.filter(block__study=study, use=GoldUse.QUIZ).exists():
        yield f"{panel.name} asks for a quiz, but no known answer is meant for it: none will be asked."
    if panel.verify and not settings.VERIFY_URL:
        yield f"{panel.name} asks for verification, but no service is set up (VERIFY_URL): nobody is asked."


@require_POST
@designer_required
def study_prepare(request: HttpRequest, pid: str) -> HttpResponse:
    preparation.retry(study=study_or_404(pid), actor=request.user)
    messages.success(request, "Trying again. What is missing is prepared as soon as a worker is free.")
    return redirect("study", pid)


@require_POST
@designer_required
def study_pause(request: HttpRequest, pid: str) -> HttpResponse:
    studies.pause(study=study_or_404(pid), actor=request.user)
    messages.success(request, "Paused. Raters can't answer until you resume.")
    return redirect("study", pid)


@require_POST
@designer_required
def study_resume(request: HttpRequest, pid: str) -> HttpResponse:
    studies.resume(study=study_or_404(pid), actor=request.user)
    messages.success(request, "Resumed. Raters can answer again.")
    return redirect("study", pid)


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_close(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    if request.method != "POST":
        if study.state not in (StudyState.RUNNING, StudyState.PAUSED):
            return redirect("study", pid)
        context = {"nav": "studies", "study": study, "progress": study_overview.progress(study)}
        return render(request, "studies/close.html", context)
    studies.close(study=study, actor=request.user)
    messages.success(request, "Closed. No more votes are taken; all that came in is kept.")
    return redirect("study", pid)
