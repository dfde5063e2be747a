"""Niches by API: made, revised, and chosen for a study. Composites stand in the ranking's answer."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.api.lookup import study_or_404
from annotations.api.permissions import CanDesign
from annotations.api.serializers import ErrorSerializer
from annotations.errors import NotFound
from annotations.models import Study
from scoring.actions import niches as actions
from scoring.actions.niche_terms import Part
from scoring.models import Niche, NicheVersion, ReferenceSet
from scoring.selectors import niches as selectors

REFUSED = {404: ErrorSerializer, 409: ErrorSerializer, 422: ErrorSerializer}
DEFINED = OpenApiResponse(OpenApiTypes.OBJECT, "Niche, version, terms, calibration and checksum")


class TermSerializer(serializers.Serializer):
    metric = serializers.CharField(help_text="Name of a metric of single images")
    weight = serializers.DecimalField(
        max_digits=5, decimal_places=4, min_value=0, max_value=1, default=0, help_text="Weights sum to 1"
    )
    limit = serializers.FloatField(default=None, allow_null=True, help_text="The worst raw value that passes")
    higher_is_better = serializers.BooleanField(
        default=None, allow_null=True, help_text="Only where the metric has no better direction of its own"
    )


class VersionPostSerializer(serializers.Serializer):
    terms = TermSerializer(many=True, allow_empty=False)
    population = serializers.CharField(
        default=None,
        allow_null=True,
        help_text="Id of the study whose scores calibrate; null for all studies",
    )
    reason = serializers.CharField(max_length=300, default="", allow_blank=True)

    def settings(self) -> dict[str, Any]:
        given = self.validated_data
        population = given["population"]
        return {
            "parts": [Part(**term) for term in given["terms"]],
            "population": study_or_404(population) if population else None,
        }


class NichePostSerializer(VersionPostSerializer):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(default="", allow_blank=True)
    reference_set = serializers.CharField(default=None, allow_null=True, help_text="Id of a reference set")


class StudyNichePutSerializer(serializers.Serializer):
    niche = serializers.CharField(allow_null=True, help_text="Id of the niche; null shows none")
    version = serializers.IntegerField(default=None, allow_null=True, help_text="The newest by default")


def _told(version: NicheVersion) -> dict[str, Any]:
    about = {
        "id": version.niche.public_id,
        "slug": version.niche.slug,
        "description": version.niche.description,
    }
    return about | selectors.definition(version)


def _niche_or_404(public_id: str) -> Niche:
    found = Niche.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no niche with this id.", mend="List the niches to see their ids.")
    return found


@extend_schema(tags=["niches"])
class NicheList(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(operation_id="niches_list", responses={200: DEFINED})
    def get(self, request: Request) -> Response:
        """All niches by name, each in its newest version."""
        return Response([_told(niche.latest) for niche in selectors.niches()])

    @extend_schema(request=NichePostSerializer, responses={201: DEFINED, **REFUSED})
    def post(self, request: Request) -> Response:
        """Make a niche. It is calibrated at once where its population is scored, else as soon as it is."""
        form = NichePostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        version = actions.create(
            name=given["name"],
            description=given["description"],
            reference_set=_reference_set(given["reference_set"]),
            actor=request.user,
            **form.settings(),
        )
        return Response(_told(version), status=201)


@extend_schema(tags=["niches"])
class NicheDetail(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: DEFINED, **REFUSED})
    def get(self, request: Request, niche: str) -> Response:
        """All versions of a niche, the newest first."""
        return Response([_told(version) for version in selectors.versions_of(_niche_or_404(niche))])

    @extend_schema(
        operation_id="niches_revise",
        request=VersionPostSerializer,
        responses={201: DEFINED, **REFUSED},
    )
    def post(self, request: Request, niche: str) -> Response:
        """Revise: a further version. Studies keep the version chosen for them."""
        found = _niche_or_404(niche)
        form = VersionPostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]
        version = actions.revise(niche=found, reason=reason, actor=request.user, **form.settings())
        return Response(_told(version), status=201)


@extend_schema(tags=["niches"])
class StudyNicheView(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: DEFINED, **REFUSED})
    def get(self, request: Request, pid: str) -> Response:
        """The version whose composite stands beside the study's points; `chosen` is null where none is."""
        return Response(_of(study_or_404(pid)))

    @extend_schema(request=StudyNichePutSerializer, responses={200: DEFINED, **REFUSED})
    def put(self, request: Request, pid: str) -> Response:
        """Choose a niche, or none. It touches no vote; the study's audit record keeps the change."""
        study = study_or_404(pid)
        form = StudyNichePutSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        if wanted["niche"] is None:
            if selectors.attached(study) is not None:
                actions.detach(study=study, actor=request.user)
            return Response(_of(study))
        version = selectors.version_of(_niche_or_404(wanted["niche"]), wanted["version"])
        if version is None:
            raise NotFound("The niche has no such version.", mend="Get the niche to see its versions.")
        actions.attach(study=study, version=version, actor=request.user)
        return Response(_of(study))


def _of(study: Study) -> dict[str, Any]:
    chosen = selectors.attached(study)
    return {"chosen": _told(chosen) if chosen else None}


def _reference_set(public_id: str | None) -> ReferenceSet | None:
    if not public_id:
        return None
    found = ReferenceSet.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no reference set with this id.", mend="List the reference sets.")
    return found
