"""The rater's pages, drawn by the server: consent, instructions, vote, done. Every one works without
JavaScript; the voting page's script speaks to the API with the same actions behind it."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotations import rater_words as words
from annotations import selectors
from annotations.actions import assignments, raters, votes
from annotations.errors import ArenaError, VoteRefused
from annotations.models import ConsentText, Panel, Protocol, Rater, RaterState, StudyState

COOKIE_MAX_AGE_S = 180 * 24 * 3600
AHEAD = 3


def rater_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Finds the panel by its token and the rater by the cookie; refusals become pages in words."""

    @never_cache
    @wraps(view)
    def page(request: HttpRequest, token: str) -> HttpResponse:
        # PostgreSQL refuses to look for a text with a NUL in it.
        known = Panel.objects.none() if "\x00" in token else Panel.objects.filter(token=token)
        panel = known.select_related("study").first()
        if panel is None:
            return message(request, words.UNKNOWN_LINK, status=404)
        secret = request.COOKIES.get(selectors.cookie_name(panel), "")
        rater = selectors.by_secret(panel, secret) if secret else None
        try:
            return view(request, panel, rater)
        except ArenaError as error:
            return refused(request, panel, error)

    return page


def message(request: HttpRequest, said: words.Message, *, status: int = 200, link: str = "") -> HttpResponse:
    context = {"title": said.title, "message": said.message, "mend": said.mend}
    context |= {"link": link, "link_text": said.link_text} if link else {}
    return render(request, "rater/message.html", context, status=status)


def refused(request: HttpRequest, panel: Panel, error: ArenaError) -> HttpResponse:
    said = words.PAGES.get(error.code) or words.Message(
        "That did not work", error.message, error.mend, "Go on"
    )
    return message(request, said, status=error.status, link=reverse("rater-entry", args=[panel.token]))


def halt(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse | None:
    """What stands in for the task while the study does not run."""
    again = reverse("rater-entry", args=[panel.token])
    state = panel.study.state
    if state in (StudyState.DRAFT, StudyState.PREPARING):
        return message(request, words.NOT_STARTED, link=again)
    if state == StudyState.PAUSED:
        return message(request, words.PAGES["study_paused"], link=again)
    if state == StudyState.CLOSED:
        if rater is not None and rater.state == RaterState.ACTIVE and rater.voted:
            return redirect("rater-done", panel.token)
        return message(request, words.PAGES["study_closed"])
    if not panel.is_open and rater is None:
        return message(request, words.NOT_OPEN)
    return None


def step_of(rater: Rater | None) -> str:
    """The name of the page on which this rater goes on."""
    if rater is None or rater.consented_at is None:
        return "rater-consent"
    if rater.state == RaterState.FINISHED:
        return "rater-done"
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
    raters.consent(rater=rater, version=_number(request.POST.get("version")))
    response = redirect(reverse("rater-instructions", args=[panel.token]) + "?new=1")
    if secret:
        remember(response, panel, secret)
    return response


def remember(response: HttpResponse, panel: Panel, secret: str) -> None:
    response.set_cookie(
        selectors.cookie_name(panel),
        secret,
        max_age=COOKIE_MAX_AGE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


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


@rater_page
def vote(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if stop := halt(request, panel, rater):
        return stop
    if rater is None or step_of(rater) != "rater-vote":
        return redirect(step_of(rater), panel.token)
    if request.method == "POST":
        return _record(request, panel, rater)
    served = assignments.next_for(rater=rater, count=AHEAD)
    payload = selectors.next_payload(rater, served)
    if not served:
        rater.refresh_from_db()
        if rater.state == RaterState.FINISHED:
            return redirect("rater-done", panel.token)
        return message(request, words.NOTHING_FREE, link=reverse("rater-vote", args=[panel.token]))
    context = context_for(panel, step=3) | {
        "rater": rater,
        "assignment": payload["assignments"][0],
        "payload": payload,
        "progress": payload["progress"],
        "can_undo": payload["can_undo"],
        "notice": words.NOTICES.get(request.GET.get("said", ""), ""),
        "may_stop": may_stop(panel, rater),
        "modules": words.MODULES,
        "api": {name: reverse(f"api-rater-{url}", args=[panel.token]) for name, url in words.API.items()},
    }
    return render(request, "rater/vote.html", context)


def _record(request: HttpRequest, panel: Panel, rater: Rater) -> HttpResponse:
    """A vote sent as a plain form. A refusal comes back as a line above the next assignment."""
    try:
        votes.record(
            rater=rater, nonce=request.POST.get("nonce", ""), answer=_answer(request, panel), evidence={}
        )
    except VoteRefused as refusal:
        return _back(panel, refusal.code)
    return redirect("rater-vote", panel.token)


def _answer(request: HttpRequest, panel: Panel) -> dict[str, object]:
    if panel.study.block.protocol != Protocol.LIKERT:
        return {"overall": request.POST.get("overall", "")}
    keys = panel.study.block.criteria.values_list("key", flat=True)
    return {key: _number(request.POST.get(key)) for key in keys}


def _back(panel: Panel, code: str) -> HttpResponse:
    said = f"?said={code}" if code in words.NOTICES else ""
    return redirect(reverse("rater-vote", args=[panel.token]) + said)


@require_POST
@rater_page
def undo(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if rater is None:
        return redirect("rater-entry", panel.token)
    try:
        votes.undo(rater=rater)
    except VoteRefused as refusal:
        return _back(panel, refusal.code)
    return _back(panel, "undone")


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


def may_stop(panel: Panel, rater: Rater) -> bool:
    owes = panel.study.max_votes_per_rater is not None and panel.study.state != StudyState.CLOSED
    return bool(rater.voted) and not owes
