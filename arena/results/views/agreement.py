"""Do raters agree, and does the side shown sway them?"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotations.views.access import study_or_404
from arena.analytics.result import Estimate, Undefined
from arena.results import charts, quality
from arena.results.labels import number, percent, percent_span, plural, span
from arena.results.rankings import Ranking, position_words, ranking
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@dataclass(frozen=True)
class Card:
    title: str
    value: str
    interval: str
    about: str
    number: bool = True


@analyst_required
def agreement(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    page = Page(request, study, "agreement")
    if not page.offered.is_ranked:
        return redirect(page.address("ranking"))
    found = ranking(study, page.filters)
    drawn = []
    if page.offered.is_pairwise:
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
    cards = [
        _card(
            "Krippendorff’s α",
            alpha,
            f"1 is full agreement, 0 is what chance alone would give. {overlap} Answers are taken as which "
            "generator won, whatever its side.",
        ),
        _card(
            "Same answer",
            found.agreement.percent,
            "How often two raters gave the same answer to the same comparison, chance not taken out.",
            share=True,
        ),
    ]
    if share is None:
        return [*cards, Card("Left side", position_words(found.result), "", "", number=False)]
    return [*cards, _card("Left side", share, position_words(found.result), share=True)]


def _card(title: str, estimate: Estimate | Undefined, about: str, *, share: bool = False) -> Card:
    if isinstance(estimate, Undefined):
        return Card(title, estimate.reason, "", about, number=False)
    value = percent(estimate.value) if share else number(estimate.value, 2)
    if not estimate.has_interval:
        return Card(title, value, estimate.note or "no interval", about)
    bounds = percent_span(estimate.low, estimate.high) if share else span(estimate.low, estimate.high, 2)
    return Card(title, value, f"{number(100 * estimate.confidence)} % interval {bounds}", about)
