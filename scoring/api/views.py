"""Metrics, scores, set scores and reference sets by API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.api.lookup import study_or_404
from annotations.api.permissions import CanDesign
from annotations.api.serializers import ErrorSerializer
from annotations.errors import NotFound
from scoring import selectors
from scoring.actions import metrics, reference_sets, scores, set_scores
from scoring.api import serializers as s
from scoring.models import ReferenceSet


@extend_schema(tags=["scores"])
class MetricList(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses=s.MetricSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Active metrics: version, weights, what they know, whether they are available, and their counts."""
        metrics.ensure()
        return Response(s.MetricSerializer(selectors.metric_table(), many=True).data)


@extend_schema(tags=["scores"])
class ScoreList(generics.GenericAPIView):
    permission_classes = (CanDesign,)
    serializer_class = s.ScoreSerializer

    @extend_schema(
        parameters=[s.ScoreQuerySerializer],
        responses={200: s.ScoreSerializer(many=True), 404: ErrorSerializer},
    )
    def get(self, request: Request, pid: str | None = None) -> Response:
        """Scores of images, oldest first; by default of the active version of each metric."""
        query = s.ScoreQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted: dict[str, Any] = query.validated_data
        found = selectors.scores(
            study=study_or_404(pid) if pid else None,
            metric=wanted["metric"],
            state=wanted["state"],
            any_version=wanted["all_versions"],
        )
        page = self.paginate_queryset(found)
        return self.get_paginated_response(s.ScoreSerializer(page, many=True).data)


@extend_schema(tags=["scores"])
class RetryAll(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(request=None, responses=s.RetriedSerializer)
    def post(self, request: Request) -> Response:
        """Give everything that failed three times another three attempts."""
        return Response({"retried": scores.retry() + set_scores.retry()})


@extend_schema(tags=["set scores"])
class SetScoreList(generics.GenericAPIView):
    permission_classes = (CanDesign,)
    serializer_class = s.SetScoreSerializer

    @extend_schema(responses=s.SetScoreSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Set scores, the latest request first. `?study=` keeps those of one study."""
        pid = request.query_params.get("study", "")
        found = selectors.set_scores(study=study_or_404(pid) if pid else None)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(s.SetScoreSerializer(page, many=True).data)

    @extend_schema(
        request=s.SetScoreRequestSerializer,
        responses={202: s.SetScoreSerializer(many=True), 404: ErrorSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask for the set scores of every generator of a study. Asking again answers with the same ones."""
        form = s.SetScoreRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        reference_set = ReferenceSet.objects.filter(public_id=wanted["reference_set"]).first()
        if reference_set is None:
            raise NotFound("There is no reference set with this id.", mend="List the reference sets.")
        rows = set_scores.request(
            study=study_or_404(wanted["study"]),
            reference_set=reference_set,
            metric_names=wanted.get("metrics"),
        )
        return Response(s.SetScoreSerializer(rows, many=True).data, status=202)


@extend_schema(tags=["set scores"])
class ReferenceSetList(generics.GenericAPIView):
    permission_classes = (CanDesign,)
    serializer_class = s.ReferenceSetSerializer
    parser_classes = (MultiPartParser, FormParser)

    @extend_schema(responses=s.ReferenceSetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All reference sets by name."""
        page = self.paginate_queryset(selectors.reference_sets())
        return self.get_paginated_response(s.ReferenceSetSerializer(page, many=True).data)

    @extend_schema(
        request=s.ReferenceSetPostSerializer,
        responses={
            200: s.ReferenceSetSerializer,
            201: s.ReferenceSetSerializer,
            409: ErrorSerializer,
            422: ErrorSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Import a ZIP of pictures. 201 for a new set; the same pictures again answer 200 and change
        nothing."""
        form = s.ReferenceSetPostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        done = reference_sets.create_from_upload(
            name=form.validated_data["name"],
            description=form.validated_data["description"],
            upload=form.validated_data["archive"],
            actor=request.user,
        )
        stored = selectors.reference_sets().get(pk=done.reference_set.pk)
        return Response(s.ReferenceSetSerializer(stored).data, status=201 if done.created else 200)
