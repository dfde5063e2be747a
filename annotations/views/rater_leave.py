"""A rater's way out: the end with its code, the question whether to stop here, leaving with or without one's
answers, and what is stored about whom."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotations import entry_words as words
from annotations.actions import preliminaries, raters
from annotations.models import Outcome, Panel, PanelEntry, Rater, RaterState, StudyState
from annotations.selectors import rater_texts
from annotations.selectors.leaving import ending, has_answers
from annotations.views.rater_pages import may_stop, message, rater_page, step_of


@rater_page
def done(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    """How the visit ended; or, where stopping before the end is allowed, the question whether to."""
    if rater is None or rater.consented_at is None:
        return redirect("rater-entry", panel.token)
    if rater.state == RaterState.WITHDRAWN:
        return redirect("rater-withdraw", panel.token)
    if rater.state == RaterState.SCREENED_OUT:
        return ended(request, panel, rater.outcome or Outcome.SCREENED_OUT, rater)
    if rater.state != RaterState.FINISHED:
        if request.method == "POST":
            raters.finish(rater=rater)
            return redirect("rater-done", panel.token)
        if not may_stop(panel, rater):
            return redirect(step_of(rater), panel.token)
        context = {"panel": panel, "rater": rater, "closed": panel.study.state == StudyState.CLOSED}
        return render(request, "rater/stop.html", context)
    end = ending(panel, rater.outcome or Outcome.COMPLETED, rater)
    return render(request, "rater/done.html", {"panel": panel, "rater": rater, "end": end})


def ended(
    request: HttpRequest, panel: Panel, outcome: str, rater: Rater | None = None, *, again: str = ""
) -> HttpResponse:
    """The end of a visit that was not completed, with the way back to where the visitor came from."""
    end = ending(panel, outcome, rater)
    context = {"panel": panel, "end": end, "said": words.ENDINGS[outcome], "again": again}
    return render(request, "rater/ended.html", context)


@rater_page
def withdraw(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    """Possible at any time, also while the study is paused, and after the end."""
    if rater is None or rater.consented_at is None:
        return redirect("rater-entry", panel.token)
    if request.method == "POST":
        raters.withdraw(rater=rater, erase=request.POST.get("answers") == "erase")
        return redirect("rater-withdraw", panel.token)
    left = rater.state == RaterState.WITHDRAWN
    if left and not has_answers(rater):
        return message(request, words.ERASED)
    context = {
        "panel": panel,
        "rater": rater,
        "left": left,
        "closed": panel.study.state == StudyState.CLOSED,
        "recruited": panel.entry in (PanelEntry.PROLIFIC, PanelEntry.MTURK),
    }
    return render(request, "rater/withdraw.html", context)


@require_safe
@rater_page
def privacy(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    """What is stored, how long, and whom to ask: the study's own words, and facts that the settings tell."""
    context = {
        "panel": panel,
        "rater": rater,
        "texts": rater_texts.study_texts(panel.study),
        "contact": settings.PRIVACY_CONTACT,
        "trace_days": settings.NETWORK_TRACE_DAYS,
        "asks": panel.study.ask_demographics,
        "recruited": panel.entry in (PanelEntry.PROLIFIC, PanelEntry.MTURK),
        "service": panel.get_entry_display(),
        "by_account": panel.entry == PanelEntry.ACCOUNT,
        "verifies": preliminaries.asks_verification(panel),
        "back": reverse("rater-entry", args=[panel.token]),
    }
    return render(request, "rater/privacy.html", context)
