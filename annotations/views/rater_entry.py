"""A rater's way in, drawn by the server: the link, consent, instructions."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotations import rater_words as words
from annotations import selectors
from annotations.actions import raters
from annotations.models import ConsentText, Panel, Rater, RaterState
from annotations.views.rater_pages import (
    context_for,
    halt,
    message,
    number,
    rater_page,
    remember,
    step_of,
)


@require_safe
@rater_page
def entry(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if rater is not None and rater.state == RaterState.FINISHED:
        return redirect("rater-done", panel.token)
    return halt(request, panel, rater) or redirect(step_of(rater), panel.token)


@rater_page
def consent(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if stop := halt(request, panel, rater):
        return stop
    text = ConsentText.objects.filter(study=panel.study).first()
    if request.method != "POST":
        if rater is not None and rater.consented_at is not None:
            return redirect(step_of(rater), panel.token)
        return render(request, "rater/consent.html", context_for(panel, step=1) | {"consent": text})
    if request.POST.get("choice") != "accept":
        return message(request, words.DECLINED, link=reverse("rater-consent", args=[panel.token]))
    secret = ""
    # The rater is made on consent, not on entry: previews of the link and people who decline leave no trace.
    if rater is None:
        rater, secret = raters.enter(panel=panel)
    raters.consent(rater=rater, version=number(request.POST.get("version")))
    response = redirect(reverse("rater-instructions", args=[panel.token]) + "?new=1")
    if secret:
        remember(response, panel, secret)
    return response


@rater_page
def instructions(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if stop := halt(request, panel, rater):
        return stop
    if rater is None and "new" in request.GET:
        return message(request, words.NO_COOKIE, link=reverse("rater-entry", args=[panel.token]))
    if rater is None or rater.consented_at is None:
        return redirect("rater-consent", panel.token)
    if request.method == "POST":
        raters.read_instructions(rater=rater)
        return redirect("rater-vote", panel.token)
    context = context_for(panel, step=2)
    context |= {"rater": rater, "criteria": panel.study.block.criteria.all()}
    context |= {"seconds": round(selectors.seconds_per_vote(panel)), "total": selectors.total_for(rater)}
    return render(request, "rater/instructions.html", context)
