"""Do raters agree, do panels, and does the side shown sway them?"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotations.views.access import study_or_404
from arena.analytics.result import Estimate, Undefined
from arena.results import charts, quality
from arena.results.agreement import PARTS, AgreementFound, agreement, panels
from arena.results.agreement_words import differing_table, measures_table, panel_words, parts_table
from arena.results.labels import number, percent, percent_span, plural, span
from arena.results.rankings import position_words, ranking
from arena.results.tables import Table
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@dataclass(frozen=True)
class Card:
    title: str
    value: str
    interval: str
    about: str
    number: bool = True


@dataclass(frozen=True)
class PanelsShown:
    title: str
    said: list[tuple[str, str]]
    differing: Table | None


@analyst_required
def page(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    shown = Page(request, study, "agreement")
    found = agreement(study, shown.filters)
    cards, drawn = _cards(found), []
    if shown.offered.is_pairwise and found.counts.votes:
        cards.append(_position(shown))
        raters = quality.raters(study, shown.filters)
        drawn = [charts.side_preference(raters)] if raters["left_share"].notna().any() else []
    context = shown.context(
        counts=found.counts,
        cards=cards,
        charts=drawn,
        tables=[measures_table(part) for part in found.parts],
        inside=[inside for part in found.parts for column in PARTS if (inside := parts_table(part, column))],
        panels=[
            PanelsShown(f"{p.first} against {p.second}", panel_words(p), differing_table(p, shown.comparison))
            for p in panels(study, shown.filters)
        ],
        method_lines=_methods(shown, found),
    )
    return render(request, "results/agreement.html", context)


def _methods(shown: Page, found: AgreementFound) -> list[tuple[str, str]]:
    lines = [
        (
            "Agreement",
            "Intervals by drawing items again (1,000 times, seed 0); raters stay. A rater’s first answer "
            "to an item counts",
        )
    ]
    if shown.offered.is_pairwise:
        lines += [
            ("Answers", "Which generator won, whatever its side; for Cohen’s κ both bad counts as a tie"),
            ("Position", "Position effect of the ranking model; interval clustered by rater"),
        ]
    return [*lines, *shown.conditions(found.counts)]


def _cards(found: AgreementFound) -> list[Card]:
    cards = []
    many = len(found.parts) > 1
    for part in found.parts:
        measures = part.table.measures
        alpha = measures.get(f"alpha_{part.level}", measures["percent"])
        overlap = f"{plural(part.table.items_overlapping, 'item')} of {number(part.table.items)}"
        cards.append(
            _card(
                f"{part.label}: Krippendorff’s α" if many else "Krippendorff’s α",
                alpha,
                "1 is full agreement, 0 is what chance alone would give. "
                f"{overlap} have at least two raters.",
            )
        )
    if found.parts:
        part = found.parts[0]
        about = "How often two raters gave the same answer to the same item, chance not taken out."
        title = f"{part.label}: same answer" if many else "Same answer"
        cards.append(_card(title, part.table.measures["percent"], about, share=True))
    return cards


def _position(shown: Page) -> Card:
    result = ranking(shown.study, shown.filters).result
    if result.left_share is None:
        return Card("Left side", position_words(result), "", "", number=False)
    return _card("Left side", result.left_share, position_words(result), share=True)


def _card(title: str, estimate: Estimate | Undefined, about: str, *, share: bool = False) -> Card:
    if isinstance(estimate, Undefined):
        return Card(title, estimate.reason, "", about, number=False)
    value = percent(estimate.value) if share else number(estimate.value, 2)
    if not estimate.has_interval:
        return Card(title, value, estimate.note or "no interval", about)
    bounds = percent_span(estimate.low, estimate.high) if share else span(estimate.low, estimate.high, 2)
    return Card(title, value, f"{number(100 * estimate.confidence)} % interval {bounds}", about)
