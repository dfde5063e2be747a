"""A rater's way in, drawn by the server: the link, consent, what is asked before, instructions."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotations import demographic_fields, recruiting, selectors
from annotations import rater_words as words
from annotations.actions import (
    anomalies,
    demographics,
    limits,
    preliminaries,
    raters,
    traces,
    verification,
)
from annotations.errors import VoteRefused
from annotations.models import (
    ConsentText,
    Outcome,
    Panel,
    PanelEntry,
    Rater,
    RaterState,
    StudyState,
    VerificationState,
)
from annotations.selectors import rater_texts
from annotations.selectors.raters import others_in_browser
from annotations.views import rater_arrival as arrival
from annotations.views import rater_script
from annotations.views.rater_leave import ended
from annotations.views.rater_pages import context_for, halt, message, number, rater_page, remember, step_of

HONEYPOT = "website"
VERIFICATIONS_AN_HOUR = 30


@require_safe
@rater_page
def entry(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if request.GET and panel.entry in arrival.RECRUITED:
        return arrival.by_service(request, panel, rater)
    if rater is not None:
        if step_of(rater) == "rater-done":
            return redirect("rater-done", panel.token)
        traces.note(rater=rater, request=request)
        return halt(request, panel, rater) or redirect(step_of(rater), panel.token)
    if panel.entry == PanelEntry.ACCOUNT and (known := arrival.by_account(request, panel)):
        return known
    if panel.entry in arrival.RECRUITED and _is_over(panel):
        # Their service must hear of it, or it goes on sending people.
        return ended(request, panel, Outcome.QUOTA_FULL)
    if stop := halt(request, panel, rater):
        return stop
    if arrival.way_in(request, panel) is None:
        return arrival.turned_back(request, panel)
    return redirect("rater-consent", panel.token)


def _is_over(panel: Panel) -> bool:
    return panel.study.state == StudyState.CLOSED or not panel.is_open


@rater_page
def consent(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if stop := halt(request, panel, rater):
        return stop
    if rater is not None and preliminaries.missing(rater) != preliminaries.CONSENT:
        return redirect(step_of(rater), panel.token)
    how = arrival.way_in(request, panel) if rater is None else {}
    if how is None:
        return redirect("rater-entry", panel.token)
    if request.method == "POST":
        if request.POST.get("choice") != "accept":
            return _decline(request, panel, rater)
        return _accept(request, panel, rater, how)
    text = ConsentText.objects.filter(study=panel.study).first()
    context = context_for(panel, step=1) | {
        "consent": text,
        "text": rater_texts.consent_text(text) if text else "",
        "text_lang": rater_texts.consent_language(text) if text else "",
        "again": rater is not None and rater.consented_at is not None,
        "honeypot": HONEYPOT,
    }
    return render(request, "rater/consent.html", context)


def _decline(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if rater is not None and rater.consented_at is not None:
        # Not to agree to a new text is to leave; what was agreed to before still holds for what was given.
        raters.withdraw(rater=rater)
        return redirect("rater-withdraw", panel.token)
    again = reverse("rater-consent", args=[panel.token])
    return ended(request, panel, Outcome.NO_CONSENT, again=again)


def _accept(request: HttpRequest, panel: Panel, rater: Rater | None, how: dict[str, Any]) -> HttpResponse:
    version = number(request.POST.get("version"))
    secret = ""
    # The rater is made on consent, not on entry: previews of the link and people who decline leave no trace.
    if rater is None:
        limits.entering(request)
        try:
            rater, secret = raters.join(panel=panel, version=version, **how)
        except VoteRefused as refusal:
            over = refusal.code == "panel_closed" and panel.entry in arrival.RECRUITED
            if refusal.code != "quota_full" and not over:
                raise
            return ended(request, panel, Outcome.QUOTA_FULL)
        _watch(request, rater)
    else:
        raters.consent(rater=rater, version=version)
    response = redirect(reverse(step_of(rater), args=[rater.panel.token]) + "?new=1")
    if secret:
        remember(response, rater.panel, secret)
        arrival.forget(request, response, panel)
    return response


def _watch(request: HttpRequest, rater: Rater) -> None:
    """Flags what looks odd. It never stands in anybody's way."""
    traces.note(rater=rater, request=request)
    if request.POST.get(HONEYPOT):
        anomalies.flag(study=rater.study, rater=rater, kind=anomalies.HONEYPOT, evidence={"page": "consent"})
    others = others_in_browser(rater, request.COOKIES)
    if others or arrival.pending(request, rater.panel).get("shared"):
        evidence = {"raters": max(1, others) + 1}
        anomalies.flag(study=rater.study, rater=rater, kind=anomalies.SEVERAL_RATERS, evidence=evidence)


def _stranger(request: HttpRequest, panel: Panel) -> HttpResponse:
    """Nobody is known here: either consent is still to come, or the cookie did not stay."""
    if "new" in request.GET:
        return message(request, words.NO_COOKIE, link=reverse("rater-entry", args=[panel.token]))
    return redirect("rater-consent", panel.token)


@rater_page
def verify(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if stop := halt(request, panel, rater):
        return stop
    if rater is None:
        return _stranger(request, panel)
    if preliminaries.missing(rater) != preliminaries.VERIFY:
        return redirect(step_of(rater), panel.token)
    again = False
    if request.method == "POST":
        key = str(rater.pk)
        if wait := limits.hit(scope="verify", key=key, most=VERIFICATIONS_AN_HOUR, span_s=limits.HOUR_S):
            raise limits.too_many(wait)
        token = request.POST.get(settings.VERIFY_FIELD, "")
        if verification.check(rater=rater, token=token).state != VerificationState.FAILED:
            return redirect(step_of(rater), panel.token)
        again = True
    context = context_for(panel, step=1) | {"again": again, "site": settings.VERIFY_SITE}
    context |= {"script": settings.VERIFY_SCRIPT, "widget": settings.VERIFY_CLASS}
    response = render(request, "rater/verify.html", context)
    response._csp_update = recruiting.verify_sources()
    return response


@rater_page
def demographics_form(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if stop := halt(request, panel, rater):
        return stop
    if rater is None:
        return _stranger(request, panel)
    if preliminaries.missing(rater) != preliminaries.DEMOGRAPHICS:
        return redirect(step_of(rater), panel.token)
    if request.method == "POST":
        said = {name: request.POST.get(name, "") for name in panel.study.ask_demographics}
        demographics.answer(rater=rater, answers=said)
        return redirect(step_of(rater), panel.token)
    asked = [demographic_fields.FIELDS[name] for name in panel.study.ask_demographics]
    context = context_for(panel, step=1) | {"fields": asked, "unsaid": demographic_fields.UNSAID}
    return render(request, "rater/demographics.html", context)


@rater_page
def instructions(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if stop := halt(request, panel, rater):
        return stop
    if rater is None:
        return _stranger(request, panel)
    if rater.state != RaterState.ACTIVE:
        return redirect(step_of(rater), panel.token)
    if request.method == "POST":
        raters.read_instructions(rater=rater)
        return redirect("rater-vote", panel.token)
    context = context_for(panel, step=2)
    context |= {"rater": rater, "texts": rater_texts.study_texts(panel.study)}
    context |= {"lessons": rater_script.lessons(panel, rater)}
    context |= {"pictures": rater_script.first_pictures(rater)}
    context |= {"seconds": round(selectors.seconds_per_vote(panel)), "total": selectors.total_for(rater)}
    return render(request, "rater/instructions.html", context)
