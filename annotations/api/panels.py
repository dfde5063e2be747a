"""Panels, invitations, consent texts and judges of a study by API."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.actions import consents, invitations, judges, panels
from annotations.api.lookup import study_or_404
from annotations.api.panel_serializers import (
    ConsentSerializer,
    InvitationPostSerializer,
    InvitationSerializer,
    JudgePostSerializer,
    JudgeSecretSerializer,
    JudgeSerializer,
    MadeSerializer,
    PanelSerializer,
)
from annotations.api.permissions import CanDesign
from annotations.api.serializers import ErrorSerializer
from annotations.errors import NotFound
from annotations.models import Panel, PanelEntry, Rater, Study

REFUSED = {400: ErrorSerializer, 404: ErrorSerializer, 409: ErrorSerializer}


def panel_or_404(study: Study, public_id: str) -> Panel:
    found = study.panels.select_related("study").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("The study has no panel with this id.", mend="List its panels to see their ids.")
    return found


def _shown(panel: Panel, request: Request) -> dict[str, Any]:
    return PanelSerializer(panel, context={"request": request}).data


def _settings(form: PanelSerializer) -> tuple[dict[str, Any], bool | None]:
    settings = dict(form.validated_data)
    if "quotas" in settings:
        settings["quotas"] = [dict(row) for row in settings["quotas"]]
    return settings, settings.pop("is_open", None)


@extend_schema(tags=["panels"])
class PanelList(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: PanelSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, pid: str) -> Response:
        """The study's panels with their links."""
        found = study_or_404(pid).panels.prefetch_related("quotas")
        return Response(PanelSerializer(found, many=True, context={"request": request}).data)

    @extend_schema(request=PanelSerializer, responses={201: PanelSerializer, **REFUSED})
    def post(self, request: Request, pid: str) -> Response:
        """A further panel of a draft, with a way in and an overlap of its own."""
        study = study_or_404(pid)
        form = PanelSerializer(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        settings, is_open = _settings(form)
        with transaction.atomic():
            panel = panels.create(study=study, actor=request.user, **settings)
            if is_open is not None:
                panel = panels.set_open(panel=panel, is_open=is_open, actor=request.user)
        return Response(_shown(panel, request), status=201)


@extend_schema(tags=["panels"])
class PanelDetail(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: PanelSerializer, 404: ErrorSerializer})
    def get(self, request: Request, pid: str, panel: str) -> Response:
        """One panel with its quotas and its link."""
        return Response(_shown(panel_or_404(study_or_404(pid), panel), request))

    @extend_schema(request=PanelSerializer(partial=True), responses={200: PanelSerializer, **REFUSED})
    def patch(self, request: Request, pid: str, panel: str) -> Response:
        """Change a panel: all of it in draft, later outcomes, numbers of raters, and whether it is open."""
        found = panel_or_404(study_or_404(pid), panel)
        form = PanelSerializer(found, data=request.data, partial=True, context={"request": request})
        form.is_valid(raise_exception=True)
        settings, is_open = _settings(form)
        with transaction.atomic():
            if settings:
                panels.update(panel=found, actor=request.user, **settings)
            if is_open is not None:
                panels.set_open(panel=found, is_open=is_open, actor=request.user)
        return Response(_shown(Panel.objects.get(pk=found.pk), request))

    @extend_schema(responses={204: None, **REFUSED})
    def delete(self, request: Request, pid: str, panel: str) -> Response:
        """Take a panel out of a draft."""
        panels.remove(panel=panel_or_404(study_or_404(pid), panel), actor=request.user)
        return Response(status=204)


@extend_schema(tags=["panels"])
class InvitationList(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: InvitationSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, pid: str, panel: str) -> Response:
        """Who is invited, and who has come. Links are told when they are made, and never again."""
        found = panel_or_404(study_or_404(pid), panel).invitations.all()
        return Response(InvitationSerializer(found, many=True).data)

    @extend_schema(request=InvitationPostSerializer, responses={201: MadeSerializer(many=True), **REFUSED})
    def post(self, request: Request, pid: str, panel: str) -> Response:
        """Single-use links into a panel whose entry is `invitation` or `account`. No letter is sent."""
        found = panel_or_404(study_or_404(pid), panel)
        form = InvitationPostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = invitations.create_many(panel=found, actor=request.user, **form.validated_data)
        name = "expert-invitation" if found.entry == PanelEntry.ACCOUNT else "rater-invitation"
        for each in made:
            address = reverse(name, args=[found.token, each.token])
            each.invitation.link = request.build_absolute_uri(address)
        return Response(MadeSerializer([each.invitation for each in made], many=True).data, status=201)


@extend_schema(tags=["panels"])
class InvitationDetail(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={204: None, **REFUSED})
    def delete(self, request: Request, pid: str, panel: str, invitation: str) -> Response:
        """Revoke an open invitation; whoever used theirs stays inside."""
        found = panel_or_404(study_or_404(pid), panel)
        chosen = found.invitations.filter(public_id=invitation)
        if not chosen.exists():
            raise NotFound("There is no such invitation.", mend="List them to see their ids.")
        invitations.revoke(panel=found, invitations=chosen, actor=request.user)
        return Response(status=204)


@extend_schema(tags=["studies"])
class ConsentList(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: ConsentSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, pid: str) -> Response:
        """All versions of the consent text, the one in force first."""
        return Response(ConsentSerializer(study_or_404(pid).consents.all(), many=True).data)

    @extend_schema(request=ConsentSerializer, responses={201: ConsentSerializer, **REFUSED})
    def post(self, request: Request, pid: str) -> Response:
        """Publish a new version; raters who agreed to an older one are asked again."""
        form = ConsentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = consents.publish(study=study_or_404(pid), actor=request.user, **form.validated_data)
        return Response(ConsentSerializer(made).data, status=201)


@extend_schema(tags=["judges"])
class JudgeList(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: JudgeSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, pid: str, panel: str) -> Response:
        """The automated raters of a panel, and how much each has answered."""
        found = panel_or_404(study_or_404(pid), panel).raters.exclude(label="")
        return Response([_judge(rater) for rater in found])

    @extend_schema(
        request=JudgePostSerializer,
        responses={200: JudgeSecretSerializer, 201: JudgeSecretSerializer, **REFUSED},
    )
    def post(self, request: Request, pid: str, panel: str) -> Response:
        """Let an automated rater into a panel of the kind `judge`, or let it go on where it was (200). The
        program needs its secret alone, no account: it sees what raters see, blinded pictures included."""
        found = panel_or_404(study_or_404(pid), panel)
        form = JudgePostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rater, secret, is_new = judges.enter(panel=found, actor=request.user, **form.validated_data)
        calls = {"next": "next", "blocks": "blocks", "votes": "vote", "report": "report"}
        addresses = {
            call: request.build_absolute_uri(reverse(f"api-rater-{name}", args=[found.token]))
            for call, name in calls.items()
        }
        return Response({**_judge(rater), "secret": secret, **addresses}, status=201 if is_new else 200)


def _judge(rater: Rater) -> dict[str, Any]:
    return {"id": rater.public_id, "label": rater.label, "voted": rater.voted, "state": rater.state}
