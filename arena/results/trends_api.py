"""Studies over time by API, as on the page."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena.results.api import REFUSED, CanAnalyse
from arena.results.filters import FilterRefused
from arena.results.labels import EXCLUSION_LABELS, SIMULATED_LABELS
from arena.results.looking import one_look
from arena.results.software import version
from arena.results.trend_choice import asked, candidates
from arena.results.trends import TrendsFound, note_look, trends_of

ASKED = [
    OpenApiParameter(
        "study",
        str,
        many=True,
        required=True,
        description="Public id of a study of pairs, or id.block; once per study",
    ),
    OpenApiParameter(
        "anchor",
        str,
        many=True,
        description="Generators that carry the scale; by default all shared ones",
    ),
    OpenApiParameter("category", str, description="One category only"),
    OpenApiParameter("simulated", str, enum=list(SIMULATED_LABELS), description="Simulated votes"),
    OpenApiParameter("exclusions", str, enum=list(EXCLUSION_LABELS), description="Who is left out"),
]


@extend_schema(tags=["results"])
class TrendsView(APIView):
    permission_classes = (CanAnalyse,)

    @extend_schema(
        parameters=ASKED,
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "Strengths over time, and drift"), **REFUSED},
    )
    @one_look()
    def get(self, request: Request) -> Response:
        """Several studies of pairs on one scale through the generators that they share: strengths with
        intervals, the test whether shared ones kept their places, and one ranking over all. The day of a
        study may be stated as `day_<study>`. What cannot be estimated is null, and `warnings` says why."""
        wanted = asked(request._request.GET, candidates())
        if not wanted.members:
            raise FilterRefused("No study is named.", mend="Name studies as study=…, once for each.")
        note_look(wanted, request.user)
        return Response(_as_json(trends_of(wanted)))


def _as_json(found: TrendsFound) -> dict[str, Any]:
    times = [
        {
            "study": member.candidate.key,
            "name": member.candidate.label,
            "at": member.at.isoformat(timespec="seconds"),
            "stated": bool(member.stated),
            "design_hash": member.candidate.block.study.design_hash,
            "counts": counts.__dict__,
        }
        for member, counts in zip(found.asked.members, found.counts, strict=True)
    ]
    about = {"filter": found.asked.words(), "members": times, "software_version": version()}
    return about | found.result.to_dict()
