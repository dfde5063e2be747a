"""A rater's way out: the completion code, or the question whether to stop here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotations.actions import raters
from annotations.models import Panel, Rater, RaterState, StudyState
from annotations.views.rater_pages import may_stop, rater_page


@rater_page
def done(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    """The completion code; or, where stopping before the end is allowed, the question whether to."""
    if rater is None or rater.consented_at is None:
        return redirect("rater-entry", panel.token)
    if rater.state != RaterState.FINISHED:
        if request.method == "POST":
            raters.finish(rater=rater)
            return redirect("rater-done", panel.token)
        if not may_stop(panel, rater):
            return redirect("rater-vote", panel.token)
        context = {"panel": panel, "rater": rater, "closed": panel.study.state == StudyState.CLOSED}
        return render(request, "rater/stop.html", context)
    return render(request, "rater/done.html", {"panel": panel, "rater": rater})
