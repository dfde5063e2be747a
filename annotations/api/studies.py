"""Studies by API: list, create, change in draft, launch, pause, resume, close."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.actions import studies
from annotations.api.lookup import study_or_404
from annotations.api.permissions import CanDesign
from annotations.api.serializers import (
    ErrorSerializer,
    StudyListSerializer,
    StudySerializer,
)
from annotations.models import Study
from annotations.selectors import study_overview
from arena.analytics import rater_rules

REFUSED = {404: ErrorSerializer, 409: ErrorSerializer}


@extend_schema(tags=["studies"])
class StudyList(generics.GenericAPIView):
    permission_classes = (CanDesign,)
    serializer_class = StudyListSerializer

    @extend_schema(
        responses=StudyListSerializer(many=True),
        parameters=[
            OpenApiParameter("search", str, description="Words of name or question"),
            OpenApiParameter("sort", str, enum=sorted(study_overview.SORTS)),
        ],
    )
    def get(self, request: Request) -> Response:
        """All studies, the one with the latest activity first."""
        query = request.query_params
        found = study_overview.studies(search=query.get("search", ""), sort=query.get("sort", ""))
        page = self.paginate_queryset(found)
        return self.get_paginated_response(StudyListSerializer(page, many=True).data)

    @extend_schema(request=StudySerializer, responses={201: StudySerializer})
    def post(self, request: Request) -> Response:
        """A new study in draft. Send images to it, then launch it."""
        form = StudySerializer(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        rules = [dict(rule) for rule in rater_rules.DEFAULT_RULES]
        study = studies.create(owner=request.user, **{"rules": rules, **_settings(form)})
        return Response(StudySerializer(study, context={"request": request}).data, status=201)


def _settings(form: StudySerializer) -> dict[str, Any]:
    settings = dict(form.validated_data)
    settings |= settings.pop("block", {})
    if "criteria" in settings:
        settings["criteria"] = [dict(criterion) for criterion in settings["criteria"]]
    return settings


@extend_schema(tags=["studies"])
class StudyDetail(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: StudySerializer, 404: ErrorSerializer})
    def get(self, request: Request, pid: str) -> Response:
        """A study with its design, the links of its panels, and how far it is."""
        return Response(StudySerializer(study_or_404(pid), context={"request": request}).data)

    @extend_schema(request=StudySerializer(partial=True), responses={200: StudySerializer, **REFUSED})
    def patch(self, request: Request, pid: str) -> Response:
        """Change the design. Possible in draft only."""
        study = study_or_404(pid)
        form = StudySerializer(study, data=request.data, partial=True, context={"request": request})
        form.is_valid(raise_exception=True)
        study = studies.update(study=study, actor=request.user, **_settings(form)) or study
        return Response(StudySerializer(study, context={"request": request}).data)


class StudySwitch(APIView):
    """Launch, pause, resume or close: one action each, answered with the study as it is then."""

    permission_classes = (CanDesign,)
    action: Callable[..., Study | None]

    def post(self, request: Request, pid: str) -> Response:
        type(self).action(study=study_or_404(pid), actor=request.user)
        return Response(StudySerializer(study_or_404(pid), context={"request": request}).data)


def _switch(name: str, action: Callable[..., Any], says: str) -> Any:
    view = type(f"Study{name.title()}", (StudySwitch,), {"action": staticmethod(action), "__doc__": says})
    post = extend_schema(
        operation_id=f"studies_{name}",
        description=says,
        request=None,
        responses={200: StudySerializer, **REFUSED},
        tags=["studies"],
    )
    return extend_schema_view(post=post)(view)


Launch = _switch(
    "launch", studies.launch, "Freeze the design and open the study. Refusals list every problem."
)
Pause = _switch("pause", studies.pause, "Raters can't answer until the study is resumed.")
Resume = _switch("resume", studies.resume, "Raters can answer again.")
Close = _switch("close", studies.close, "No more votes, for good.")
