"""Results by API: ranking and votes, under the same filters as the pages. Scores are served by scoring."""

import math
from typing import Any

from django.forms import IntegerField
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations import policies
from annotations.actions import looks
from annotations.api.lookup import study_or_404
from annotations.api.serializers import ErrorSerializer
from annotations.models import Protocol
from arena.results import export as exports
from arena.results.composites import composites
from arena.results.export.writers import CONTENT_TYPES
from arena.results.failures import Failures, failures
from arena.results.filters import FilterRefused, asked, choices, words
from arena.results.gate import gate
from arena.results.intervals import intervals
from arena.results.labels import (
    CHOICE_METHOD_LABELS,
    EXCLUSION_LABELS,
    GRADED_METHOD_LABELS,
    METHOD_LABELS,
    SIMULATED_LABELS,
)
from arena.results.looking import one_look
from arena.results.opinions import opinions
from arena.results.planning import PlanForm
from arena.results.planning import answer as plan_answer
from arena.results.rankings import ranking
from arena.results.software import version

REFUSED = {400: ErrorSerializer, 404: ErrorSerializer}
FILTERS = [
    OpenApiParameter("block", str, description="Key of the block; by default the first"),
    OpenApiParameter("category", str, description="One category only"),
    OpenApiParameter("panel", str, description="Public id of one panel"),
    OpenApiParameter("criterion", str, description="Key of the criterion; by default the first"),
    OpenApiParameter("simulated", str, enum=list(SIMULATED_LABELS), description="Simulated votes"),
    OpenApiParameter("exclusions", str, enum=list(EXCLUSION_LABELS), description="Who is left out"),
    OpenApiParameter(
        "method",
        str,
        enum=[*METHOD_LABELS, *GRADED_METHOD_LABELS, *CHOICE_METHOD_LABELS],
        description="How strengths are estimated",
    ),
    OpenApiParameter("since", OpenApiTypes.DATE, description="Votes from this day on (UTC)"),
    OpenApiParameter("until", OpenApiTypes.DATE, description="Votes up to this day, itself included (UTC)"),
]
BASELINE = OpenApiParameter("baseline", str, description="Generator at 1000 points; by default their mean")
FORMAT = OpenApiParameter("format", str, enum=list(exports.FORMATS), description="By default jsonl")


class CanAnalyse(BasePermission):
    message = "Your account may not see results. Ask an administrator for a staff account."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return policies.can_analyse(request.user)


class AsAsked(BaseContentNegotiation):
    """`format` names the format of the file here; DRF would take it for one of its renderers."""

    def select_parser(self, request: Request, parsers: list[Any]) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def _finite(value: Any) -> Any:
    """JSON has no NaN: what is not finite becomes null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@extend_schema(tags=["results"])
class RankingView(APIView):
    permission_classes = (CanAnalyse,)

    @extend_schema(
        parameters=[*FILTERS, BASELINE],
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "Ranking with its conditions"), **REFUSED},
    )
    @one_look()
    def get(self, request: Request, pid: str) -> Response:
        """Ranking of a pairwise study, or opinion scores of a Likert one, with intervals and warnings.
        What cannot be estimated is null, and `warnings` says why."""
        study = study_or_404(pid)
        offered, filters = asked(request.query_params, study)
        looks.note(study=study, actor=request.user)
        about = {
            "study": study.public_id,
            "block": filters.block,
            "protocol": offered.protocol,
            "filter": words(filters, offered),
            "design_hash": study.design_hash,
            "software_version": version(),
        }
        if offered.is_ranked:
            found, made = ranking(study, filters), composites(study, filters)
            answer = found.result.to_dict() | {
                "agreement": found.agreement.to_dict(),
                "warnings": found.warnings,
                "preliminary": found.preliminary,
                "counts": found.counts.__dict__,
                "composite": made.to_dict(found.result) if made else None,
            }
        elif offered.protocol == Protocol.FAILURE_REVIEW:
            answer = _failure_answer(failures(study, filters))
        else:
            scored = opinions(study, filters)
            answer = scored.scores.to_dict() | {
                "warnings": scored.warnings,
                "preliminary": scored.preliminary,
                "counts": scored.counts.__dict__,
            }
        return Response(_finite(about | answer))


@extend_schema(tags=["results"])
class GateView(APIView):
    permission_classes = (CanAnalyse,)

    @extend_schema(
        parameters=[
            OpenApiParameter("candidate", str, required=True, description="Generator that is to ship"),
            OpenApiParameter("baseline", str, required=True, description="Generator it is held against"),
            OpenApiParameter("margin", float, description="Points it may be behind; 0 by default"),
            *FILTERS,
        ],
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "verdict: pass, worse or undecided"), **REFUSED},
    )
    @one_look()
    def get(self, request: Request, pid: str) -> Response:
        """Whether a candidate is worse than the baseline by more than a margin, or the study cannot tell."""
        study = study_or_404(pid)
        query = request.query_params
        offered, filters = asked(query, study)
        try:
            margin = float(query.get("margin") or 0)
        except ValueError as error:
            raise FilterRefused("The margin is no number.", mend="Give it in points.") from error
        found = gate(
            study,
            filters,
            candidate=query.get("candidate", ""),
            baseline=query.get("baseline", ""),
            margin=margin,
        )
        looks.note(study=study, actor=request.user)
        return Response(_finite({"filter": words(filters, offered)} | found.to_dict()))


@extend_schema(tags=["results"])
class IntervalsView(APIView):
    permission_classes = (CanAnalyse,)

    @extend_schema(
        parameters=[*FILTERS, BASELINE],
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "Kinds of intervals, differences"), **REFUSED},
    )
    @one_look()
    def get(self, request: Request, pid: str) -> Response:
        """Intervals of each generator by every kind of resampling, and every two generators' difference."""
        study = study_or_404(pid)
        offered, filters = asked(request.query_params, study)
        if not offered.is_ranked:
            raise FilterRefused("This block has no ranking.", mend="Ask for a block of pairs or choices.")
        looks.note(study=study, actor=request.user)
        return Response(_finite({"filter": words(filters, offered)} | intervals(study, filters).to_dict()))


PLAN = [
    OpenApiParameter(
        name,
        int if isinstance(field, IntegerField) else float,
        description=f"{field.label}: {field.help_text} By default {field.initial}",
    )
    for name, field in PlanForm.base_fields.items()
]


@extend_schema(tags=["results"])
class PlanView(APIView):
    permission_classes = (CanAnalyse,)

    @extend_schema(
        parameters=PLAN,
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "The plan, with what was asked"), **REFUSED},
    )
    def get(self, request: Request) -> Response:
        """How many votes, raters and hours a study of pairs takes to find a preference of a given size."""
        usual = {name: field.initial for name, field in PlanForm.base_fields.items()}
        form = PlanForm(usual | request.query_params.dict())
        if not form.is_valid():
            name, said = next(iter(form.errors.items()))
            raise FilterRefused(f"{name}: {said[0]}", mend="Give numbers within their range.")
        return Response(_finite(plan_answer(form.cleaned_data).to_dict()))


def _failure_answer(found: Failures) -> dict[str, Any]:
    return {
        "failures": found.labels,
        "rates": [
            {
                "generator": rate.generator,
                "failure": rate.failure,
                "images": rate.images,
                "with_failure": rate.with_failure,
                "rate": rate.rate.to_dict(),
            }
            for rate in found.rates
        ],
        "preliminary": found.preliminary,
        "counts": found.counts.__dict__,
    }


FILE = {
    (200, "application/x-ndjson"): OpenApiTypes.STR,
    (200, "text/csv"): OpenApiTypes.STR,
    (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
    **REFUSED,
}


@extend_schema(tags=["results"])
class VotesView(APIView):
    permission_classes = (CanAnalyse,)
    content_negotiation_class = AsAsked

    @extend_schema(parameters=[FORMAT], responses=FILE)
    def get(self, request: Request, pid: str) -> StreamingHttpResponse:
        """All standing votes, one row per vote and criterion, in the order they were stored."""
        study = study_or_404(pid)
        fmt = request.query_params.get("format", "jsonl")
        if fmt not in exports.FORMATS:
            raise FilterRefused(
                f"There is no format “{fmt[:20]}”.", mend=f"Choose one of: {', '.join(exports.FORMATS)}."
            )
        offered = choices(study)
        rows = exports.export("votes", fmt, study, offered.default, offered)
        response = StreamingHttpResponse(rows, content_type=CONTENT_TYPES[fmt])
        response["X-Accel-Buffering"] = "no"
        return response
