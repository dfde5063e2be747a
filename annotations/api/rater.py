"""What the voting page speaks to: the next assignments, a vote, an undo, a report. No account: the panel's
cookie says who asks, and every change needs the CSRF token of the page. A program that votes for a judges'
panel names its secret in a header instead: `Authorization: Rater <secret>`."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import CSRFCheck
from rest_framework.views import APIView

from annotations import selectors
from annotations.actions import assignments, limits, reports, votes
from annotations.actions.assignments import Serving
from annotations.api import rater_schema as schema
from annotations.errors import ArenaError, Forbidden, NotFound, unknown_rater
from annotations.models import Panel, Rater
from annotations.selectors.rater_texts import blocks_for
from annotations.selectors.raters import by_secrets, secrets_in

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
HEADER = "Rater "
NEVER_KEPT = "max-age=0, no-cache, no-store, must-revalidate, private"


class RaterCookie:
    """How a rater is known; the schema describes it."""


class RaterView(APIView):
    """Votes are the busiest requests of all. These views are described like every other one of the API, but
    answer without its machinery: no parsers or renderers to choose from, no user, no session."""

    authentication_classes = (RaterCookie,)
    permission_classes = ()

    def dispatch(self, request: HttpRequest, token: str) -> HttpResponse:  # type: ignore[override]
        try:
            handler = getattr(self, (request.method or "").lower(), None)
            if request.method not in ("GET", "POST") or handler is None:
                raise ArenaError("This method has nothing here.", code="method_not_allowed", status=405)
            reply = handler(request, _rater(request, token))
        except ArenaError as error:
            reply = JsonResponse(error.as_dict(), status=error.status)
        reply.headers["Cache-Control"] = NEVER_KEPT
        return reply


def _refuse_forms(request: HttpRequest) -> None:
    """Nothing here takes files, and nobody shall make us read one."""
    if request.content_type in FORMS and int(request.META.get("CONTENT_LENGTH") or 0):
        raise ArenaError(
            "This address takes JSON.", code="unsupported_media_type", mend="Send a JSON object.", status=415
        )


def _rater(request: HttpRequest, token: str) -> Rater:
    """The rater whom cookie or header name, of whom nothing but the key is sure to be loaded."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    by_header = header.startswith(HEADER)
    rater = by_secrets(
        token, [header.removeprefix(HEADER).strip()] if by_header else secrets_in(request.COOKIES)
    )
    if rater is None:
        if not Panel.objects.filter(token=token).exists():
            raise NotFound("This link leads nowhere.", mend="Check that the whole link was copied.")
        raise unknown_rater()
    _refuse_forms(request)
    if not by_header:
        _refuse_forgery(request)
    return rater


def _refuse_forgery(request: HttpRequest) -> None:
    """The view is exempt from the middleware, which would answer with a page: nothing else is different."""
    check = CSRFCheck(lambda _request: None)
    check.process_request(request)
    if reason := check.process_view(request, None, (), {}):
        raise Forbidden(
            f"The request carries no proof that it comes from our page: {reason}",
            mend="Reload the page.",
            code="csrf_failed",
        )


def _sent(request: HttpRequest) -> Mapping[str, Any]:
    try:
        sent = json.loads(request.body)
    except ValueError as error:
        raise ArenaError("The request is no JSON.", code="parse_error", mend="Send a JSON object.") from error
    return sent if isinstance(sent, dict) else {}


def _payload(rater: Rater, serving: Serving, undoable: bool | None = None) -> dict[str, Any]:
    return selectors.next_payload(
        rater,
        serving.assignments,
        state=serving.state,
        undoable=undoable,
        retry_after_s=serving.retry_after_s,
    )


@extend_schema(tags=["rater"])
class Next(RaterView):
    @extend_schema(responses={200: schema.NEXT, **schema.REFUSED})
    def get(self, request: HttpRequest, rater: Rater) -> HttpResponse:
        """What the rater has in hand: one to answer, in front, and some ahead whose pictures can be loaded.
        Practice and quiz come first, where the panel has them."""
        locked, serving = assignments.serve_to(rater=rater)
        return JsonResponse(_payload(locked, serving))


@extend_schema(tags=["rater"])
class Blocks(RaterView):
    @extend_schema(responses={200: schema.BLOCKS, **schema.REFUSED})
    def get(self, request: HttpRequest, rater: Rater) -> HttpResponse:
        """What each block of the study asks, in the rater's words and with criteria in the rater's order."""
        known = Rater.objects.filter(pk=rater.pk, secret_hash=rater.secret_hash)
        rater = known.select_related("panel__study").first()
        if rater is None:
            raise unknown_rater()
        return JsonResponse({"blocks": blocks_for(rater.panel, rater, rater.language or None)})


@extend_schema(tags=["rater"])
class Votes(RaterView):
    @extend_schema(request=schema.VOTE, responses={200: schema.STORED, 201: schema.STORED, **schema.REFUSED})
    def post(self, request: HttpRequest, rater: Rater) -> HttpResponse:
        """Store an answer. The same nonce and answer again get the same reply, with 200 in place of 201. An
        answer that comes too late is kept as surplus. Practice alone is answered with feedback."""
        limits.voting(request, rater)
        sent = _sent(request)
        receipt, locked, serving = votes.record_and_serve(
            rater=rater,
            nonce=sent.get("nonce", ""),
            answer=sent.get("answer", {}),
            remarks=sent.get("remarks"),
            evidence=sent.get("evidence"),
        )
        undoable = receipt.undoable if receipt.created else None
        reply = {
            "stored": True,
            "surplus": receipt.surplus,
            "feedback": receipt.feedback,
            "next": _payload(locked, serving, undoable),
        }
        return JsonResponse(reply, status=201 if receipt.created else 200)


@extend_schema(tags=["rater"])
class Undo(RaterView):
    @extend_schema(request=None, responses={200: schema.FOLLOWED, **schema.REFUSED})
    def post(self, request: HttpRequest, rater: Rater) -> HttpResponse:
        """Take the last vote back; its assignment comes again, in front of the others."""
        limits.voting(request, rater)
        locked, serving = votes.undo_and_serve(rater=rater)
        return JsonResponse({"next": _payload(locked, serving)})


@extend_schema(tags=["rater"])
class Reports(RaterView):
    @extend_schema(request=schema.REPORT, responses={200: schema.FOLLOWED, **schema.REFUSED})
    def post(self, request: HttpRequest, rater: Rater) -> HttpResponse:
        """Skip an assignment, or say that a picture of it is broken. Somebody else is asked instead."""
        limits.voting(request, rater)
        sent = _sent(request)
        _, locked, serving = reports.report_and_serve(
            rater=rater,
            nonce=sent.get("nonce", ""),
            kind=sent.get("kind", ""),
            reason=sent.get("reason", ""),
            position=sent.get("position"),
            note=sent.get("note", ""),
        )
        return JsonResponse({"next": _payload(locked, serving)})
