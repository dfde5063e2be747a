"""How people come to a panel, by its kind of entry, until the consent page. What a recruitment service or an
invitation says about them waits in a signed cookie of their own browser: nothing is stored before they agree,
and the address that carries ids is left at once."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from annotations import entry_words as words
from annotations import recruiting, selectors
from annotations.actions import invitations, participants, raters, traces
from annotations.models import Panel, PanelEntry, Rater
from annotations.recruiting import Visitor
from annotations.views.rater_pages import context_for, message, rater_page, remember

RECRUITED = (PanelEntry.PROLIFIC, PanelEntry.MTURK)


def by_service(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    """A link with ids in its query. Whoever is known goes on where they were, on this device too."""
    visitor = recruiting.visitor(panel, request.GET)
    if visitor is None:
        return turned_back(request, panel)
    known = participants.known(panel.study, visitor)
    if known is None:
        return _with_pending(_clean(panel), panel, _arrival(visitor), rater)
    response = _clean(known.panel)
    if rater is not None and rater.pk == known.pk:
        participants.refresh(rater=known, visitor=visitor)
    else:
        known, secret = raters.enter(panel=panel, visitor=visitor)
        remember(response, known.panel, secret)
    traces.note(rater=known, request=request)
    return response


def _arrival(visitor: Visitor) -> dict[str, Any]:
    return {"service": visitor.service, "id": visitor.external_id, "data": visitor.data}


def _clean(panel: Panel) -> HttpResponse:
    return redirect("rater-entry", panel.token)


def _with_pending(
    response: HttpResponse, panel: Panel, arrival: dict[str, Any], before: Rater | None
) -> HttpResponse:
    """Whoever used this browser before is somebody else, whose cookie must not let this one in."""
    if before is not None:
        response.delete_cookie(selectors.cookie_name(panel))
        arrival = arrival | {"shared": True}
    response.set_cookie(
        recruiting.pending_name(panel),
        recruiting.pack(panel, arrival),
        max_age=recruiting.PENDING_S,
        path=reverse("rater-entry", args=[panel.token]),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


@require_safe
@rater_page
def invitation(request: HttpRequest, panel: Panel, rater: Rater | None, invitation: str) -> HttpResponse:
    """Looking at the link spends nothing: mail programs look at every one."""
    found = invitations.find(panel, invitation)
    if found is None:
        return message(request, words.INVITATION_UNKNOWN, status=404)
    if rater is not None and found.rater_id == rater.pk:
        return _clean(panel)
    invitations.refuse_unless_open(found)
    if panel.entry != PanelEntry.INVITATION:  # it belongs to an account: the entry asks who that is
        return _clean(panel)
    return _with_pending(_clean(panel), panel, {"invitation": found.pk}, rater)


def pending(request: HttpRequest, panel: Panel) -> dict[str, Any]:
    return recruiting.unpack(panel, request.COOKIES.get(recruiting.pending_name(panel), ""))


def forget(request: HttpRequest, response: HttpResponse, panel: Panel) -> None:
    if recruiting.pending_name(panel) not in request.COOKIES:
        return
    response.delete_cookie(recruiting.pending_name(panel), path=reverse("rater-entry", args=[panel.token]))


def way_in(request: HttpRequest, panel: Panel) -> dict[str, Any] | None:
    """What `raters.join` is to know of a visitor; None for somebody whom this panel does not take."""
    how: dict[str, Any] = {"language": get_language() or ""}
    if panel.entry == PanelEntry.LINK:
        return how
    if panel.entry == PanelEntry.ACCOUNT:
        found = _invited(request, panel)
        return how | {"user": request.user, "invitation": found} if found else None
    arrival = pending(request, panel)
    if panel.entry == PanelEntry.INVITATION and "invitation" in arrival:
        return how | {"invitation": arrival["invitation"]}
    if panel.entry in RECRUITED and arrival.get("service") == panel.entry:
        return how | {"visitor": Visitor(arrival["service"], arrival["id"], arrival["data"])}
    return None


def _invited(request: HttpRequest, panel: Panel) -> int | None:
    if not request.user.is_authenticated:
        return None
    found = invitations.for_user(panel, request.user.email)
    return found.pk if found else None


def by_account(request: HttpRequest, panel: Panel) -> HttpResponse | None:
    """Logs in first; an account that has taken part goes on where it was, on whatever device."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("rater-entry", args=[panel.token]))
    known = Rater.objects.filter(study=panel.study, user=request.user).exists()
    if not known:
        return None
    rater, secret = raters.enter(panel=panel, user=request.user)
    response = _clean(rater.panel)
    remember(response, rater.panel, secret)
    return response


def turned_back(request: HttpRequest, panel: Panel) -> HttpResponse:
    """What somebody reads whom the panel does not take like this."""
    if panel.entry == PanelEntry.MTURK:
        return render(request, "rater/preview.html", context_for(panel, step=0))
    said = {
        PanelEntry.INVITATION: words.INVITED_ONLY,
        PanelEntry.PROLIFIC: words.FROM_PROLIFIC,
        PanelEntry.ACCOUNT: words.BY_ACCOUNT,
        PanelEntry.API: words.BY_API,
    }[PanelEntry(panel.entry)]
    return message(request, said, status=403)
