"""The voting page, drawn by the server. It works without JavaScript; its script speaks to the API with the
same actions behind it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from annotations import rater_words as words
from annotations import selectors
from annotations.actions import assignments, languages, limits, votes
from annotations.errors import VoteRefused
from annotations.models import Assignment, Panel, Rater, RaterState
from annotations.views import rater_forms, rater_script
from annotations.views.rater_pages import context_for, halt, may_stop, message, rater_page, step_of

# The one on the stage and the three that follow; the answers to its votes bring further ones. A page that was
# just opened fetches no more than these, so that the first comes soon.
AHEAD = 4


@rater_page
def vote(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if stop := halt(request, panel, rater):
        return stop
    if rater is None or step_of(rater) != "rater-vote":
        return redirect(step_of(rater), panel.token)
    if request.method == "POST":
        return _record(request, panel, rater)
    languages.choose(rater=rater, language=get_language() or "")
    served = assignments.next_for(rater=rater, count=AHEAD)
    payload = selectors.next_payload(rater, served)
    if not served:
        rater.refresh_from_db()
        if rater.state == RaterState.FINISHED:
            return redirect("rater-done", panel.token)
        return message(request, words.NOTHING_FREE, link=reverse("rater-vote", args=[panel.token]))
    page = rater_script.page(panel, rater, payload)
    assignment = payload["assignments"][0]
    block = page["blocks"][assignment["block"]]
    context = context_for(panel, step=3) | {
        "rater": rater,
        "page": page,
        "assignment": assignment,
        "asked": block,  # not "block": that is a word of the template language
        "asks_below": rater_forms.asks_below(block),
        "answers": words.answers(block["answers"]),
        "panes": rater_script.panes(assignment),
        "form_template": rater_forms.template_for(block),
        "form": rater_forms.form_for(block, len(assignment["pictures"])),
        "progress": payload["progress"],
        "can_undo": payload["can_undo"],
        "notice": words.NOTICES.get(request.GET.get("said", ""), ""),
        "may_stop": may_stop(panel, rater),
    }
    return render(request, "rater/vote.html", context)


def _record(request: HttpRequest, panel: Panel, rater: Rater) -> HttpResponse:
    """A vote sent as a plain form. A refusal comes back as a line above the next assignment."""
    limits.voting(request, rater)
    try:
        votes.record(
            rater=rater,
            nonce=request.POST.get("nonce", ""),
            answer=_answer(request, rater),
            remarks=rater_forms.remarks_from(request.POST),
            evidence={},
        )
    except VoteRefused as refusal:
        return _back(panel, refusal.code)
    return redirect("rater-vote", panel.token)


def _answer(request: HttpRequest, rater: Rater) -> dict[str, object]:
    """Read as the block of the assignment wants it; of an unknown one, the action says so."""
    nonce = request.POST.get("nonce", "")
    key = Assignment.objects.filter(rater=rater, nonce=nonce).values_list("comparison__block__key", flat=True)
    blocks = (rater.study.design or {}).get("blocks", [])
    block = next((block for block in blocks if block["key"] == key.first()), None)
    return rater_forms.answer_from(request.POST, block) if block else {}


def _back(panel: Panel, code: str) -> HttpResponse:
    said = f"?said={code}" if code in words.NOTICES else ""
    return redirect(reverse("rater-vote", args=[panel.token]) + said)


@require_POST
@rater_page
def undo(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    if rater is None:
        return redirect("rater-entry", panel.token)
    limits.voting(request, rater)
    try:
        votes.undo(rater=rater)
    except VoteRefused as refusal:
        return _back(panel, refusal.code)
    return _back(panel, "undone")
