"""The design of a study: a form while it is a draft, a frozen record after its launch."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotations.actions import studies
from annotations.forms import DesignForm, PlanForm, study_initial
from annotations.models import Study, StudyState
from annotations.selectors.study_plan import total_overlap
from annotations.views.access import designer_required, study_or_404
from annotations.views.block_pages import block_page, live_plan, plan_of
from annotations.views.design_frozen import frozen_design


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_design(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    if study.state != StudyState.DRAFT:
        return frozen_design(request, study)
    blocks = list(study.blocks.all())
    panels = list(study.panels.all())
    # Several panels: each has its own overlap.
    without = ["overlap"] if len(panels) > 1 else []
    form = DesignForm(request.POST or None, initial=_initial(study), without=without)
    # The one block of a simple study is part of this page; several have pages of their own.
    page = block_page(request, study, blocks[0]) if len(blocks) == 1 else None
    if request.method == "POST" and _valid(form, page):
        settings = form.settings() | (page.settings() if page else {})
        studies.update(study=study, actor=request.user, **settings)
        messages.success(request, "The design is saved. It can be changed until launch.")
        return redirect("study", pid)
    context = {
        "nav": "studies",
        "study": study,
        "form": form,
        "block_page": page,
        "rows": [(block, plan_of(study, block)) for block in blocks] if page is None else [],
        "plan": live_plan(study, blocks[0], form.data if form.is_bound else None),
        "panels": panels,
    }
    return render(request, "studies/design.html", context, status=422 if form.is_bound else 200)


def _valid(form: DesignForm, page: Any) -> bool:
    """Both are read, so that all problems are shown at once."""
    good = form.is_valid()
    return (page is None or page.is_valid()) and good


def _initial(study: Study) -> dict[str, Any]:
    consent = study.consents.first()
    return {
        **study_initial(study),
        "consent_text": consent.text if consent else studies.DEFAULT_CONSENT,
        "overlap": total_overlap(study),
    }


@require_safe
@designer_required
def study_plan(request: HttpRequest, pid: str) -> HttpResponse:
    """The size of the plan for settings that are not saved yet, asked while a designer types."""
    form = PlanForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"code": "invalid", "fields": form.errors}, status=400)
    study = study_or_404(pid)
    return JsonResponse(live_plan(study, study.block, request.GET).as_dict())
