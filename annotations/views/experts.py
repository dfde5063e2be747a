"""Experts who come by account: the way in by invitation, and a page of their own."""

from allauth.account.adapter import get_adapter
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotations.actions import invitations
from annotations.forms.accounts import INVITED
from annotations.models import Panel, PanelEntry
from annotations.selectors import experts


@require_safe
@never_cache
@login_required
def home(request: HttpRequest) -> HttpResponse:
    going_on, over = experts.parts(request.user)
    return render(request, "experts/home.html", {"nav": "mine", "going_on": going_on, "over": over})


@require_safe
@never_cache
def invitation(request: HttpRequest, token: str, invitation: str) -> HttpResponse:
    """Whoever holds the link that was sent to an address has shown that the address is theirs."""
    panel = get_object_or_404(Panel, token=token, entry=PanelEntry.ACCOUNT)
    found = invitations.find(panel, invitation)
    entry = reverse("rater-entry", args=[panel.token])
    user = request.user
    if found is None:
        return render(request, "experts/invitation.html", {"state": "unknown"}, status=404)
    mine = user.is_authenticated and user.email.casefold() == found.email.casefold()
    state = invitations.state_of(found)
    if mine or (state == invitations.USED and user.is_authenticated):
        return redirect(entry)
    if state != invitations.OPEN and state != invitations.USED:
        return render(request, "experts/invitation.html", {"state": state}, status=410)
    known = get_user_model().objects.filter(email__iexact=found.email, is_active=True).exists()
    if not user.is_authenticated and not known:
        request.session[INVITED] = found.email
        get_adapter().stash_verified_email(request, found.email)
    context = {
        "state": "other" if user.is_authenticated else "known" if known else "new",
        "email": found.email,
        "query": urlencode({"next": entry}),
        "next": request.path,
    }
    return render(request, "experts/invitation.html", context)
