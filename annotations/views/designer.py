"""The designer's list of studies, and what one study holds: overview, images, counts."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotations.models import Image, StudyState
from annotations.selectors import study_overview
from annotations.views.access import designer_required, study_or_404
from annotations.views.next_step import next_step
from annotations.views.panels import panel_link

LIVE = (StudyState.PREPARING, StudyState.RUNNING, StudyState.PAUSED)
COLUMNS = [
    ("Study", "name", False),
    ("State", "state", False),
    ("Votes", "votes", True),
    ("Active", "activity", False),
]


@require_safe
@designer_required
def studies(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    sort = request.GET.get("sort", "-activity")
    found = study_overview.studies(search=search, sort=sort)
    context = {
        "nav": "studies",
        "page": Paginator(found, 50).get_page(request.GET.get("page")),
        "search": search,
        "sort": sort,
        "columns": [_column(*column, sort) for column in COLUMNS],
    }
    return render(request, "studies/list.html", context)


def _column(title: str, key: str, numeric: bool, sort: str) -> dict[str, Any]:
    """A second click on a column turns its order round; numbers and dates start with the largest."""
    aria = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
    largest_first = key in {"votes", "activity"}
    following = key if sort == f"-{key}" or (sort != key and not largest_first) else f"-{key}"
    return {"title": title, "numeric": numeric, "aria": aria, "sort": following}


@require_safe
@never_cache
@designer_required
def study(request: HttpRequest, pid: str) -> HttpResponse:
    found = study_or_404(pid)
    progress = study_overview.progress(found)
    coverage = study_overview.coverage(found)
    context = {
        "nav": "studies",
        "study": found,
        "progress": progress,
        "coverage": coverage,
        "panels": [
            (panel, progress.panels[panel.pk], panel_link(request, panel)) for panel in found.panels.all()
        ],
        "next_step": next_step(found, coverage, progress),
        "live": found.state in LIVE,
    }
    return render(request, "studies/overview.html", context)


@require_safe
@never_cache
@designer_required
def study_status(request: HttpRequest, pid: str) -> HttpResponse:
    return JsonResponse(study_overview.progress(study_or_404(pid)).as_dict())


@require_safe
@designer_required
def study_images(request: HttpRequest, pid: str) -> HttpResponse:
    """Prompts against generators, twenty prompts a page, each cell with its pictures or marked as missing."""
    found = study_or_404(pid)
    coverage = study_overview.coverage(found)
    wanted = {
        "search": request.GET.get("q", "").strip(),
        "category": request.GET.get("category", ""),
        "only_gaps": bool(request.GET.get("gaps")),
    }
    prompts = study_overview.prompts_with_pictures(found, generators=coverage.generators, **wanted)
    page = Paginator(prompts, 20).get_page(request.GET.get("page"))
    context = {
        "nav": "studies",
        "study": found,
        "coverage": coverage,
        "page": page,
        "rows": _gallery(page.object_list, coverage),
        "importing": study_overview.open_import(found),
        "search": wanted["search"],
        "category": wanted["category"],
        "gaps": wanted["only_gaps"],
    }
    return render(request, "studies/images.html", context)


def _gallery(prompts: Any, coverage: study_overview.Coverage) -> list[tuple[Any, list[list[Image]]]]:
    names = {row.generator.pk: row.generator.name for row in coverage.rows}
    cells: dict[tuple[int, int], list[Image]] = {}
    for image in Image.objects.filter(prompt__in=[prompt.pk for prompt in prompts]).order_by("seed"):
        image.generator_name = names[image.generator_id]
        cells.setdefault((image.prompt_id, image.generator_id), []).append(image)
    return [(prompt, [cells.get((prompt.pk, generator), []) for generator in names]) for prompt in prompts]
