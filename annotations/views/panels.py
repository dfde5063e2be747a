"""Panels: who comes, by which link, and what they are sent back with."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from annotations.actions import invitations, panels, studies
from annotations.errors import NotFound, StudyRefused
from annotations.forms.invitations import InvitationsForm
from annotations.forms.panels import (
    NewPanelForm,
    OutcomesForm,
    PanelForm,
    outcomes_initial,
    panel_initial,
    panel_settings,
)
from annotations.models import Panel, PanelEntry, RaterState, Study, StudyState
from annotations.views.access import designer_required, study_or_404

# Each service fills in who comes.
PROLIFIC_QUERY = "?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"


def panel_or_404(study: Study, public_id: str) -> Panel:
    found = study.panels.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("The study has no such panel.", mend="Look for it on the study's page of panels.")
    found.study = study
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_panels(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    form = NewPanelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not study.panels.exists() and study.state == StudyState.DRAFT:
            # The first panel is made by saving the design; without it the new one would stand in its place.
            panels.create(study=study, name=studies.DEFAULT_PANEL, overlap=3, actor=request.user)
        panel = panels.create(study=study, actor=request.user, **form.settings())
        messages.success(request, f"Panel {panel.name} is added. It has its own overlap and its own link.")
        return redirect("panel", pid, panel.public_id)
    context = {"nav": "studies", "study": study, "form": form, "panels": _with_counts(study)}
    return render(request, "studies/panels.html", context, status=422 if form.is_bound else 200)


def _with_counts(study: Study) -> Any:
    gone = Q(raters__state=RaterState.FINISHED)
    return study.panels.annotate(
        rater_count=Count("raters"), finished_count=Count("raters", filter=gone)
    ).order_by("id")


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def panel(request: HttpRequest, pid: str, panel: str) -> HttpResponse:
    """What a panel is. Its settings are frozen at launch; where people are sent back to is not."""
    study = study_or_404(pid)
    found = panel_or_404(study, panel)
    draft = study.state == StudyState.DRAFT
    form = PanelForm(request.POST or None, initial=panel_initial(found))
    if request.method == "POST" and form.is_valid() and _saved(request, found, form, panel_settings(form)):
        messages.success(request, f"Panel {found.name} is saved.")
        return redirect("panel", pid, found.public_id)
    context = {"form": form if draft else None, "ways": OutcomesForm(initial=outcomes_initial(found))}
    return panel_page(request, found, context, status=422 if form.is_bound else 200)


def _saved(request: HttpRequest, panel: Panel, form: Any, settings: dict[str, Any]) -> bool:
    """What the action finds wrong with the values stands above the form, with all that was typed kept."""
    try:
        panels.update(panel=panel, actor=request.user, **settings)
    except StudyRefused as refusal:
        if refusal.status != 400:
            raise
        form.add_error(None, f"{refusal.message} {refusal.mend}")
        return False
    return True


@require_POST
@designer_required
def panel_ways(request: HttpRequest, pid: str, panel: str) -> HttpResponse:
    found = panel_or_404(study_or_404(pid), panel)
    ways = OutcomesForm(request.POST)
    if not ways.is_valid() or not _saved(request, found, ways, ways.settings()):
        draft = found.study.state == StudyState.DRAFT
        form = PanelForm(initial=panel_initial(found)) if draft else None
        return panel_page(request, found, {"form": form, "ways": ways}, status=422)
    messages.success(request, "Ways out and quotas are saved.")
    return redirect("panel", pid, panel)


@require_POST
@designer_required
def panel_switch(request: HttpRequest, pid: str, panel: str) -> HttpResponse:
    found = panel_or_404(study_or_404(pid), panel)
    is_open = request.POST.get("to") == "open"
    panels.set_open(panel=found, is_open=is_open, actor=request.user)
    said = "is open to new raters" if is_open else "takes no new raters; those inside go on"
    messages.success(request, f"Panel {found.name} {said}.")
    return redirect("panel", pid, panel)


@require_POST
@designer_required
def panel_remove(request: HttpRequest, pid: str, panel: str) -> HttpResponse:
    found = panel_or_404(study_or_404(pid), panel)
    panels.remove(panel=found, actor=request.user)
    messages.success(request, f"Panel {found.name} is taken out.")
    return redirect("study-panels", pid)


def panel_page(
    request: HttpRequest, panel: Panel, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The panel's page; `context` may bring forms with problems, or links that are shown once."""
    by_state = dict(panel.raters.order_by().values_list("state").annotate(n=Count("pk")))
    shown = {
        "nav": "studies",
        "study": panel.study,
        "panel": panel,
        "link": panel_link(request, panel),
        "invites": panel.entry in (PanelEntry.INVITATION, PanelEntry.ACCOUNT),
        "states": [(label, by_state.get(state, 0)) for state, label in RaterState.choices],
        "invitations": [(row, invitations.state_of(row)) for row in panel.invitations.all()],
        "invite_form": InvitationsForm(panel=panel),
    }
    return render(request, "studies/panel.html", shown | context, status=status)


def panel_link(request: HttpRequest, panel: Panel) -> str:
    """What is handed out; "" where everybody has a link of their own, or none is needed."""
    if panel.entry in (PanelEntry.INVITATION, PanelEntry.ACCOUNT, PanelEntry.API):
        return ""
    link = request.build_absolute_uri(reverse("rater-entry", args=[panel.token]))
    return link + PROLIFIC_QUERY if panel.entry == PanelEntry.PROLIFIC else link
