"""What all pages of a rater share: who asks, which step comes next, and refusals in words."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page

from annotations import entry_words, framing, selectors
from annotations import rater_words as words
from annotations.actions import preliminaries
from annotations.errors import ArenaError
from annotations.models import Panel, Protocol, Rater, RaterState, StudyState

ENDED = (RaterState.FINISHED, RaterState.WITHDRAWN, RaterState.SCREENED_OUT)
STEPS = {
    preliminaries.CONSENT: "rater-consent",
    preliminaries.VERIFY: "rater-verify",
    preliminaries.DEMOGRAPHICS: "rater-demographics",
}
COOKIE_MAX_AGE_S = 180 * 24 * 3600


def rater_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Finds the panel by its token and the rater by the cookie; refusals become pages in words.
    Compressed: on a slow network everything waits for the page, and it repeats no secret of a request."""

    @never_cache
    @gzip_page
    @wraps(view)
    def page(request: HttpRequest, token: str, **named: str) -> HttpResponse:
        panel = _panel(token)
        if panel is None:
            return message(request, words.UNKNOWN_LINK, status=404)
        secret = request.COOKIES.get(selectors.cookie_name(panel), "")
        rater = selectors.by_secret(panel, secret) if secret else None
        if rater is not None and rater.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(rater.language)
        request.arena_panel, request.arena_rater = panel, rater
        try:
            return framing.allow(view(request, panel, rater, **named), panel)
        except ArenaError as error:
            return framing.allow(refused(request, panel, error), panel)

    return page


def _panel(token: str) -> Panel | None:
    # PostgreSQL refuses to look for a text with a NUL in it.
    known = Panel.objects.none() if "\x00" in token else Panel.objects.filter(token=token)
    return known.select_related("study").first()


def out_of_date(request: HttpRequest, token: str) -> HttpResponse:
    """A form whose CSRF token does not hold any more, before its view is asked."""
    panel = request.arena_panel = _panel(token)
    if panel is None:
        return message(request, words.UNKNOWN_LINK, status=404)
    link = reverse("rater-entry", args=[panel.token])
    return framing.allow(message(request, words.OUT_OF_DATE, status=403, link=link), panel)


def message(request: HttpRequest, said: words.Message, *, status: int = 200, link: str = "") -> HttpResponse:
    context = {"title": said.title, "message": said.message, "mend": said.mend}
    context["panel"] = getattr(request, "arena_panel", None)
    context |= {"link": link, "link_text": said.link_text} if link else {}
    return render(request, "rater/message.html", context, status=status)


def refused(request: HttpRequest, panel: Panel, error: ArenaError) -> HttpResponse:
    said = entry_words.PAGES.get(error.code) or words.Message(
        gettext("That did not work"), error.message, error.mend, gettext("Go on")
    )
    response = message(request, said, status=error.status, link=reverse("rater-entry", args=[panel.token]))
    for detail in error.details:
        if "retry_after_s" in detail:
            response["Retry-After"] = detail["retry_after_s"]
    return response


def halt(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse | None:
    """What stands in for the task while the study does not run."""
    again = reverse("rater-entry", args=[panel.token])
    state = panel.study.state
    if state in (StudyState.DRAFT, StudyState.PREPARING):
        return message(request, words.NOT_STARTED, link=again)
    if state == StudyState.PAUSED:
        return message(request, words.PAGES["study_paused"], link=again)
    if state == StudyState.CLOSED:
        if rater is not None and rater.state in (RaterState.ACTIVE, RaterState.JOINED) and rater.voted:
            return redirect("rater-done", panel.token)
        return message(request, words.PAGES["study_closed"])
    if not panel.is_open and rater is None:
        return message(request, words.NOT_OPEN)
    return None


def step_of(rater: Rater | None) -> str:
    """The name of the page on which this rater goes on."""
    if rater is None or rater.consented_at is None:
        return "rater-consent"
    if rater.state in ENDED:
        return "rater-done"
    if rater.state == RaterState.JOINED:
        return STEPS[preliminaries.missing(rater) or preliminaries.CONSENT]
    return "rater-vote" if rater.instructed_at else "rater-instructions"


def context_for(panel: Panel, *, step: int) -> dict[str, object]:
    study = panel.study
    likert = study.block.protocol == Protocol.LIKERT
    return {
        "panel": panel,
        "study": study,
        "likert": likert,
        "question": study.block.question,
        "answers": words.answers(selectors.allowed_answers(study)),
        "step": step,
        "steps": words.STEPS,
    }


def remember(response: HttpResponse, panel: Panel, secret: str) -> None:
    response.set_cookie(
        selectors.cookie_name(panel),
        secret,
        max_age=COOKIE_MAX_AGE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def may_stop(panel: Panel, rater: Rater) -> bool:
    owes = panel.study.max_votes_per_rater is not None and panel.study.state != StudyState.CLOSED
    return bool(rater.voted) and not owes
