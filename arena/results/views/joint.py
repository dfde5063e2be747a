"""All blocks of a study on one scale."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotations.actions import looks
from annotations.views.access import study_or_404
from arena.analytics.result import Undefined
from arena.results import scale_words as words
from arena.results.scales import joint
from arena.results.selection import select
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@analyst_required
def page(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    shown = Page(request, study, "joint")
    if len(shown.offered.blocks) < 2:
        return redirect(shown.address("ranking"))
    looks.note(study=study, actor=request.user)
    found = joint(study, shown.filters)
    counts = select(study, shown.filters).counts
    context = shown.context(counts=counts, method_lines=shown.conditions(counts))
    if isinstance(found, Undefined):
        context["reason"] = found.reason
    else:
        result = found.ranking
        context |= {
            "warnings": result.warnings,
            "ranking": words.points_table(
                "Points over all blocks, on the first block’s scale", result, "Answers"
            ),
            "agreed": words.agreement_words(found),
            "slopes": words.slopes_table(found),
            "blocks": words.blocks_table(found),
            "method_lines": [
                ("Method", result.method),
                ("Intervals", result.interval_method),
                ("Blocks", "Each by its first criterion; counts below are of the block the filter names"),
                *shown.conditions(counts),
            ],
        }
    return render(request, "results/joint.html", context)
