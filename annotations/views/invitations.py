"""Invitations to a panel, and the plain ids that payment needs."""

import base64
import csv
import io
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotations.actions import expert_mail, invitations, participants
from annotations.actions.invitations import Made
from annotations.errors import StudyRefused
from annotations.forms.invitations import InvitationsForm
from annotations.forms.panels import OutcomesForm, PanelForm, outcomes_initial, panel_initial
from annotations.models import Panel, PanelEntry, StudyState
from annotations.views.access import designer_required, study_or_404
from annotations.views.errors import wants_json
from annotations.views.panels import panel_or_404, panel_page


@require_POST
@designer_required
def invitations_create(request: HttpRequest, pid: str, panel: str) -> HttpResponse:
    """The links are shown in the answer to this request and never again."""
    found = panel_or_404(study_or_404(pid), panel)
    form = InvitationsForm(request.POST, request.FILES, panel=found)
    context = {
        "form": PanelForm(initial=panel_initial(found)) if found.study.state == StudyState.DRAFT else None,
        "ways": OutcomesForm(initial=outcomes_initial(found)),
    }
    if not form.is_valid():
        return panel_page(request, found, context | {"invite_form": form}, status=422)
    try:
        made = invitations.create_many(panel=found, actor=request.user, **form.settings())
    except StudyRefused as refusal:
        if not refusal.details or wants_json(request):
            raise
        # What was pasted stays in its field, to be corrected.
        form.refuse(refusal)
        return panel_page(request, found, context | {"invite_form": form}, status=refusal.status)
    links = {each.invitation.pk: invitation_link(request, found, each.token) for each in made}
    table = invitations.links_csv(made, links)
    if found.entry == PanelEntry.ACCOUNT:
        _send(request, made, links)
    context["made"] = [(each.invitation, links[each.invitation.pk]) for each in made[:200]]
    context["made_count"] = len(made)
    context["made_csv"] = base64.b64encode(table.encode()).decode()
    return panel_page(request, found, context)


def _send(request: HttpRequest, made: Sequence[Made], links: dict[int, str]) -> None:
    sent, failed = expert_mail.send(made=made, links=links)
    if sent:
        messages.success(request, f"{sent} invitation{'' if sent == 1 else 's'} sent by e-mail.")
    if failed:
        messages.warning(
            request,
            f"{failed} could not be sent by e-mail. Send these links yourself; they are shown below.",
        )


def invitation_link(request: HttpRequest, panel: Panel, token: str) -> str:
    """Experts log in, or make their account, before they enter the panel."""
    name = "expert-invitation" if panel.entry == PanelEntry.ACCOUNT else "rater-invitation"
    return request.build_absolute_uri(reverse(name, args=[panel.token, token]))


@require_POST
@designer_required
def invitations_revoke(request: HttpRequest, pid: str, panel: str) -> HttpResponse:
    found = panel_or_404(study_or_404(pid), panel)
    chosen = found.invitations.filter(public_id__in=request.POST.getlist("chosen"))
    count = invitations.revoke(panel=found, invitations=chosen, actor=request.user)
    messages.success(request, f"{count} invitation{'' if count == 1 else 's'} revoked.")
    return redirect("panel", pid, panel)


@require_POST
@designer_required
def payments(request: HttpRequest, pid: str) -> HttpResponse:
    """Who is to be paid, by the ids of the recruitment service. A POST, because taking it is audited."""
    study = study_or_404(pid)
    out = io.StringIO()
    writer = csv.DictWriter(out, participants.PAYMENT_COLUMNS)
    writer.writeheader()
    for row in participants.payment_rows(study=study, actor=request.user):
        writer.writerow(
            {
                name: invitations.cell(value) if isinstance(value, str) else value
                for name, value in row.items()
            }
        )
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="payments-{study.public_id}.csv"'
    return response


@require_POST
@designer_required
def links_erase(request: HttpRequest, pid: str) -> HttpResponse:
    count = participants.erase(study=study_or_404(pid), actor=request.user)
    messages.success(request, f"The plain ids of {count} participants are erased. Their votes stay.")
    return redirect("study-panels", pid)
