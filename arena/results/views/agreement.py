"""Do raters agree, and does the side shown sway them?"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotations.views.access import study_or_404
from arena.analytics.result import Estimate, Undefined
from arena.results import charts, quality
from arena.results.labels import estimate_words, plural
from arena.results.rankings import Ranking, position_words, ranking
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@dataclass(frozen=True)
class Card:
    title: str
    value: str
    about: str
    number: bool = True


@analyst_required
def agreement(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    page = Page(request, study, "agreement")
    if study.protocol != "pairwise":
        return redirect(page.address("ranking"))
    found = ranking(study, page.filters)
    raters = quality.raters(study, page.filters)
    drawn = [charts.side_preference(raters)] if raters["left_share"].notna().any() else []
    context = page.context(
        counts=found.counts,
        cards=_cards(found),
        charts=drawn,
        method_lines=[
            ("Agreement", _method(found.agreement.alpha)),
            ("Position", "Position effect of the ranking model; interval clustered by rater"),
            *page.conditions(found.counts),
        ],
    )
    return render(request, "results/agreement.html", context)


def _method(estimate: Estimate | Undefined) -> str:
    return estimate.reason if isinstance(estimate, Undefined) else estimate.method


def _cards(found: Ranking) -> list[Card]:
    alpha, share = found.agreement.alpha, found.result.left_share
    with_two = plural(found.agreement.items_overlapping, "comparison")
    overlap = f"{with_two} of {found.agreement.items:,} have at least two raters."
    return [
        Card(
            "Krippendorff’s α",
            estimate_words(alpha),
            f"1 is full agreement, 0 is what chance alone would give. {overlap} Answers are taken as which "
            "generator won, whatever its side.",
            bool(alpha),
        ),
        Card(
            "Same answer",
            estimate_words(found.agreement.percent, share=True),
            "How often two raters gave the same answer to the same comparison, chance not taken out.",
            bool(found.agreement.percent),
        ),
        Card(
            "Left side",
            estimate_words(share, share=True) if share is not None else position_words(found.result),
            position_words(found.result) if share is not None else "",
            share is not None,
        ),
    ]
