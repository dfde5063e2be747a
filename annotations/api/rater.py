"""What the voting page speaks to: the next assignments, a vote, an undo. No account: the panel's cookie says
who asks, and every change needs the CSRF token of the page."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations import selectors
from annotations.actions import assignments, votes
from annotations.actions.assignments import Serving
from annotations.api.serializers import ErrorSerializer
from annotations.errors import NotFound, VoteRefused
from annotations.models import Panel, Rater
from annotations.selectors.raters import by_cookies

ASSIGNMENT = inline_serializer(
    "Assignment",
    {
        "nonce": serializers.CharField(),
        "protocol": serializers.CharField(),
        "prompt": serializers.CharField(),
        "pictures": serializers.ListField(child=serializers.CharField()),
        "criteria": serializers.ListField(child=serializers.DictField()),
        "answers": serializers.ListField(),
        "sequence": serializers.IntegerField(),
        "expires_at": serializers.DateTimeField(),
    },
    many=True,
)
NEXT_FIELDS = {
    "assignments": ASSIGNMENT,
    "progress": inline_serializer(
        "RaterProgress",
        {
            "voted": serializers.IntegerField(),
            "total": serializers.IntegerField(allow_null=True),
            "left": serializers.IntegerField(),
        },
    ),
    "can_undo": serializers.BooleanField(),
    "state": serializers.ChoiceField(["running", "waiting", "paused", "closed", "finished"]),
    "retry_after_s": serializers.IntegerField(allow_null=True),
    "completion_url": serializers.CharField(allow_null=True),
}
NEXT = inline_serializer("Next", NEXT_FIELDS)
VOTE = inline_serializer(
    "VoteAnswer",
    {
        "nonce": serializers.CharField(),
        "answer": serializers.DictField(),
        "evidence": serializers.DictField(required=False),
    },
)
STORED = inline_serializer("VoteStored", {"stored": serializers.BooleanField(), "next": NEXT})
REFUSED = dict.fromkeys((400, 403, 404, 409, 410, 423), ErrorSerializer)


class RaterCookie(BaseAuthentication):
    """Finds the rater by the panel's cookie and insists on the CSRF token. The rater is `request.auth`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Rater]:
        token = request.parser_context["kwargs"]["token"]
        rater = by_cookies(token, request.COOKIES)
        if rater is None:
            if not Panel.objects.filter(token=token).exists():
                raise NotFound("This link leads nowhere.", mend="Check that the whole link was copied.")
            raise VoteRefused(
                "This browser is not known to the study.",
                code="unknown_rater",
                status=403,
                mend="Open the study's link again.",
            )
        SessionAuthentication().enforce_csrf(request)
        return AnonymousUser(), rater


class RaterView(APIView):
    authentication_classes = (RaterCookie,)
    permission_classes = ()
    parser_classes = (JSONParser,)


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
    @extend_schema(responses={200: NEXT, **REFUSED})
    def get(self, request: Request, token: str) -> Response:
        """What the rater has in hand: up to three assignments, the one to answer first in front."""
        rater = request.auth
        serving = assignments.serve(rater=rater)
        rater.refresh_from_db()
        return Response(_payload(rater, serving))


@extend_schema(tags=["rater"])
class Votes(RaterView):
    @extend_schema(request=VOTE, responses={200: STORED, 201: STORED, **REFUSED})
    def post(self, request: Request, token: str) -> Response:
        """Store an answer. The same nonce and answer again get the same reply, with 200 in place of 201."""
        sent = request.data if isinstance(request.data, dict) else {}
        receipt, rater, serving = votes.record_and_serve(
            rater=request.auth,
            nonce=sent.get("nonce", ""),
            answer=sent.get("answer", {}),
            evidence=sent.get("evidence"),
        )
        following = _payload(rater, serving, undoable=True if receipt.created else None)
        return Response({"stored": True, "next": following}, status=201 if receipt.created else 200)


@extend_schema(tags=["rater"])
class Undo(RaterView):
    @extend_schema(request=None, responses={200: inline_serializer("VoteUndone", {"next": NEXT}), **REFUSED})
    def post(self, request: Request, token: str) -> Response:
        """Take the last vote back; its assignment comes again, in front of the others."""
        votes.undo(rater=request.auth)
        serving = assignments.serve(rater=request.auth)
        rater = request.auth
        rater.refresh_from_db()
        return Response({"next": _payload(rater, serving)})
