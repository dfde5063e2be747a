"""Does the model fit, which pairs are decided without it, and what would the ranking be at equal style?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotations.actions import looks
from annotations.views.access import study_or_404
from arena.results import model_words as words
from arena.results.model_checks import model_checks
from arena.results.scale_words import points_table
from arena.results.scales import graded
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@analyst_required
def page(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    shown = Page(request, study, "model")
    if not shown.offered.is_pairwise:
        return redirect(shown.address("ranking"))
    looks.note(study=study, actor=request.user)
    found = model_checks(study, shown.filters)
    tables = [
        ("Evidence at any time", words.evidence_table(found.evidence)),
        ("Pairs against the model", words.misfit_table(found.goodness)),
        ("Circles", words.cycles_table(found.triads)),
        ("Position by generator", words.position_table(found.position)),
    ]
    grades = graded(study, shown.filters)
    context = shown.context(
        graded=points_table("Points by graded answers; intervals clustered by rater", grades)
        if grades
        else None,
        graded_warnings=grades.warnings if grades else (),
        counts=found.counts,
        said=words.said(found),
        tables=[(title, made) for title, made in tables if made is not None],
        style_words=words.style_words(found.style),
        style=words.style_table(found.style),
        style_by=[
            made for by, ranked in found.style_by.items() if (made := words.style_parts_table(by, ranked))
        ],
        method_lines=[
            ("Model", "Davidson’s with ties and position effect, whatever method ranks"),
            ("Fit", "Pearson’s X² over pairs, divided by the overdispersion between raters and prompts"),
            (
                "Evidence",
                "Beta-mixture e-process per pair on raters’ first decided votes, Bonferroni over pairs",
            ),
            ("Style", "Differences of image statistics as covariates; intervals clustered by rater"),
            *shown.conditions(found.counts),
        ],
    )
    return render(request, "results/model.html", context)
