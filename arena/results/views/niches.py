"""A niche: what it is made of, and its calibration drawn. Here, because charts are made here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotations.errors import NotFound
from annotations.models import Study
from annotations.views.access import designer_required
from arena.results import charts
from arena.results.composites import METHOD, NOT_PEOPLE
from scoring.models import NicheVersion
from scoring.selectors import knows_shapes_only, niches, shapes_note
from scoring.views.niches import niche_or_404


@require_safe
@designer_required
def niche(request: HttpRequest, niche: str) -> HttpResponse:
    found = niche_or_404(niche)
    versions = niches.versions_of(found)
    version = _chosen(versions, request.GET.get("version", ""))
    terms = list(version.terms.all())
    shapes = any(knows_shapes_only(term.metric) for term in terms)
    context = {
        "nav": "scoring",
        "niche": found,
        "version": version,
        "versions": versions,
        "terms": [(term, niches.plain(term.weight), niches.limit_words(term)) for term in terms],
        "calibration": niches.calibration_words(version),
        "standing": [] if version.calibrated_at else niches.standing(version),
        "least": niches.LEAST_POPULATION,
        "charts": [charts.calibration_curve(term) for term in terms if term.weight and term.grid],
        "studies": Study.objects.filter(niche__version=version).order_by("name"),
        "shapes_note": f"A part of this composite {shapes_note()}." if shapes else "",
        "method": METHOD,
        "beware": NOT_PEOPLE,
    }
    return render(request, "scoring/niche.html", context)


def _chosen(versions: list[NicheVersion], number: str) -> NicheVersion:
    for version in versions:
        if not number or str(version.number) == number:
            return version
    raise NotFound("The niche has no such version.", mend="Choose one from the niche's page.")
