"""Do the intervals hang on how they are made? And which generators differ from which?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotations.actions import looks
from annotations.views.access import study_or_404
from arena.results import interval_words as words
from arena.results.intervals import intervals
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@analyst_required
def page(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    shown = Page(request, study, "intervals")
    if not shown.offered.is_ranked:
        return redirect(shown.address("ranking"))
    looks.note(study=study, actor=request.user)
    found = intervals(study, shown.filters)
    context = shown.context(
        counts=found.counts,
        kinds=words.kinds_table(found.kinds),
        kinds_words=words.kinds_words(found.kinds),
        differences=words.differences_table(found.differences),
        differences_words=words.differences_words(found.differences),
        method_lines=[
            ("Kinds", "Of Davidson’s model with ties and position effect, whatever method ranks"),
            ("Differences", "Of the ranking’s own model, clustered by rater"),
            *shown.conditions(found.counts),
        ],
    )
    return render(request, "results/intervals.html", context)
