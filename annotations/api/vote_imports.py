"""Votes made elsewhere, by API: one request for the file and how it is read, then the import's state."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.actions import vote_uploads
from annotations.api.permissions import CanDesign
from annotations.api.serializers import ErrorSerializer
from annotations.errors import ImportRefused, NotFound
from annotations.importing.problems import Unreadable
from annotations.importing.vote_table import PAIRS, Reading, parse_pairs
from annotations.models import ImportJob, ImportState


class VoteImportPostSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=200, help_text="Name of the study")
    file = serializers.FileField(help_text="CSV, JSONL or Parquet, one row per vote or rated picture")
    map = serializers.CharField(
        help_text="field=column, …: left, right, outcome; or better, worse; or generator, rating "
        "(rating.<key> for several criteria); or ballot, generator, rank; or ballot, generator, chosen; and "
        "rater, prompt, category, answer_ms"
    )
    outcomes = serializers.CharField(required=False, help_text="outcome=label, … where labels differ")
    points = serializers.ChoiceField(choices=[5, 7], required=False, default=5)
    strip_prompt = serializers.BooleanField(
        required=False, default=False, help_text="Take the prompt off the front of generator names"
    )


class VoteImportSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    study = serializers.CharField(source="study.public_id", read_only=True, default=None)
    votes = serializers.IntegerField(source="stored", read_only=True, help_text="0 where nothing was new")

    class Meta:
        model = ImportJob
        fields = ("id", "state", "study", "checked", "total", "votes", "problem_count", "problems")
        read_only_fields = fields


ANSWERS = {201: VoteImportSerializer, 202: VoteImportSerializer, 422: ErrorSerializer}


@extend_schema(tags=["studies"])
class VoteImportList(APIView):
    permission_classes = (CanDesign,)
    parser_classes = (MultiPartParser,)

    @extend_schema(request=VoteImportPostSerializer, responses=ANSWERS)
    def post(self, request: Request) -> Response:
        """Import votes made elsewhere as a closed study of their own: all of the file or nothing. 201 when
        they are stored, 202 for a large file that a worker takes."""
        form = VoteImportPostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        reading = _reading(given)
        job = vote_uploads.start(
            actor=request.user, name=given["name"], kind=_kind(reading), file=given["file"]
        )
        try:
            job = vote_uploads.submit(job=job, reading=reading, once=True)
        except BaseException:
            vote_uploads.discard(job=job)
            raise
        if job.state == ImportState.REFUSED:
            raise ImportRefused(
                f"Nothing was imported: {job.problem_count:,} problems found.",
                mend="Mend what the details name and send the file again.",
                details=job.problems,
            )
        status = 201 if job.state == ImportState.DONE else 202
        return Response(VoteImportSerializer(job).data, status=status)


@extend_schema(tags=["studies"])
class VoteImportDetail(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: VoteImportSerializer, 404: ErrorSerializer})
    def get(self, request: Request, pid: str) -> Response:
        """How far an import of votes is, and what is wrong with a refused one."""
        job = ImportJob.objects.filter(public_id=pid, reading__isnull=False).first()
        if job is None:
            raise NotFound("There is no import of votes with this id.", mend="Check the id.")
        return Response(VoteImportSerializer(job).data)


def _reading(given: dict[str, Any]) -> Reading:
    try:
        mapping, outcomes = parse_pairs(given["map"]), parse_pairs(given.get("outcomes", ""))
    except Unreadable as error:
        raise ImportRefused(f"{error.reason}.", mend=error.mend) from error
    return Reading(mapping, outcomes, int(given["points"]), given["strip_prompt"])


def _kind(reading: Reading) -> str:
    """As the form for votes calls it."""
    return "preferences" if reading.kind == PAIRS and "better" in reading.mapping else reading.kind
