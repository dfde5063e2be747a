"""Raters under the magnifying glass: signs to look into, none of which excludes anybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotations.views.access import study_or_404
from arena.results import charts
from arena.results import diagnosis_words as words
from arena.results.diagnosis import diagnosis, leaving
from arena.results.quality import raters
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@analyst_required
def page(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    shown = Page(request, study, "diagnosis")
    found = diagnosis(study, shown.filters)
    left = leaving(study)
    sections = [
        (
            "Guessing",
            "Each rater is taken to follow the crowd’s taste with some votes and to guess the others. A rare "
            "but honest taste looks the same as guessing: look at checks and times as well.",
            words.mixture_words(found.mixture),
            words.mixture_table(found.mixture),
        ),
        (
            "Agreement with everybody else",
            "Each rater’s winners against the majority of the others, this rater’s own votes left out. Low "
            "agreement can be taste, care, or guessing; it cannot say which.",
            "",
            words.others_table(raters(study, shown.filters)),
        ),
        (
            "Raters who are too alike",
            "The same person twice, or a script, answers alike where independent raters would not. Raters of "
            "one strict training can, too.",
            words.similar_words(found.similar),
            words.similar_table(found.similar),
        ),
        (
            "One generator favoured",
            "Somebody who recognises a generator may vote for it, or against it. Who favours one is also "
            "against the others, so the strongest row tells the story.",
            words.favoured_words(found.favoured),
            words.favoured_table(found.favoured),
        ),
    ]
    context = shown.context(
        counts=found.counts,
        sections=sections,
        trends=[(charts.TREND_TITLES[t.measure], t.words) for t in found.trends.values()],
        charts=[charts.session_trend(trend) for trend in found.trends.values() if len(trend.bins)],
        leaving=words.leaving_words(left),
        leaving_table=words.leaving_table(left),
        method_lines=[
            (
                "Guessing",
                "P = (1 − ε)·Davidson + ε·guess, by EM, ε in steps of 5 %; intervals at fitted strengths, "
                "the prior half even",
            ),
            ("Tiring", "Slope within raters, clustered by rater; consistency where pairs were repeated"),
            ("Leaving", "People whose visit has ended; in a closed study all who agreed to take part"),
            *shown.conditions(found.counts),
        ],
    )
    return render(request, "results/diagnosis.html", context)
