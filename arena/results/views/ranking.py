"""The first results page of each protocol: ranking, opinion scores, or failure rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from annotations.actions import looks
from annotations.models import Protocol, Source
from annotations.policies import can_design
from annotations.views.access import study_or_404
from arena.analytics.ranking_choices import place_effects
from arena.analytics.ranking_result import RankingResult, RankingRow
from arena.analytics.result import Estimate, Undefined, p_words
from arena.results import charts
from arena.results.cache import remembered
from arena.results.charts.ranking import has_points, places
from arena.results.cleaning import cleaned, cleaned_tables, cleaned_words
from arena.results.composite_words import CompositeCell, composite_cell, composite_lines, composite_words
from arena.results.composites import Composites, GeneratorComposite, composites
from arena.results.failures import failures
from arena.results.labels import ABSENT, estimate_words, number, percent, span
from arena.results.opinions import opinions
from arena.results.rankings import Ranking, against_baseline, position_words, ranking
from arena.results.scale_words import severity_tables, severity_words
from arena.results.scales import by_severity
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@dataclass(frozen=True)
class Bar:
    """A row's piece of the bar of one tied group, counted from 0."""

    at: int
    first: bool
    last: bool


@dataclass(frozen=True)
class Row:
    """A leaderboard row as printed."""

    part: str
    place: str
    generator: str
    note: str
    points: str
    points_value: str
    interval: str
    low_value: str
    places: str
    groups: str
    bars: list[Bar]
    wins: str
    ties: str
    both_bad: str
    losses: str
    win_rate: str
    against: str
    against_value: str
    composite: CompositeCell
    n: str
    raters: str


@analyst_required
def results(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    page = Page(request, study, "ranking")
    looks.note(study=study, actor=request.user)
    if page.offered.is_ranked:
        return _ranking(request, page)
    return (
        _failures(request, page)
        if page.offered.protocol == Protocol.FAILURE_REVIEW
        else _opinions(request, page)
    )


def _ranking(request: HttpRequest, page: Page) -> HttpResponse:
    found = ranking(page.study, page.filters)
    made = composites(page.study, page.filters)
    lines = [*method_lines(page, found), *composite_lines(made)]
    context = page.context(counts=found.counts, method_lines=lines)
    may_choose = page.study.source == Source.COLLECTED and can_design(request.user)
    context |= {"may_choose_niche": may_choose, "composites": made}
    if found.counts.votes:
        about = page.query, page.study.name, page.offered.block.allow_both_bad, made and made.mark, may_choose
        context["body"] = remembered(
            "ranking page", page.study, page.filters, lambda: _body(page, found, context), *about
        )
    return render(request, "results/ranking.html", context)


def _body(page: Page, found: Ranking, context: dict[str, Any]) -> str:
    made: Composites | None = context["composites"]
    answer = _answer(found, made, choices=page.offered.is_choice, baseline=page.filters.baseline)
    return render_to_string("results/_ranking.html", context | answer)


def _answer(found: Ranking, made: Composites | None, *, choices: bool, baseline: str) -> dict[str, object]:
    result = found.result
    bars = _bars(result.rows)
    against = against_baseline(result, baseline) if baseline else {}
    parts = []
    if has_points(*found.by_category.values()):
        parts.append(charts.small_multiples("categories", "category", found.by_category))
    if has_points(*found.by_panel.values()):
        parts.append(charts.small_multiples("panels", "panel", found.by_panel))
    return {
        "rows": [
            _row(row, result, own, against.get(row.generator), made and made.of(row.generator))
            for row, own in zip(result.rows, bars, strict=True)
        ],
        "tied_groups": max((group for row in result.rows for group in row.groups), default=0),
        "several_parts": len(result.components) > 1,
        "warnings": found.warnings,
        "preliminary": found.preliminary,
        "forest": charts.forest(result) if has_points(result) else None,
        "matrix": charts.win_heatmap(result) if result.fit is not None and has_points(result) else None,
        "parts": parts,
        "position": "" if choices else position_words(result),
        "places": _place_words(result) if choices else "",
        "alpha": estimate_words(found.agreement.alpha),
        "ties": estimate_words(found.ties, share=True),
        "both_bad": estimate_words(found.both_bad, share=True),
        "unjudged": found.unjudged,
        "composite_words": composite_words(made, result) if made else "",
    }


def _place_words(result: RankingResult) -> str:
    """What the place on the page does to a choice."""
    effects = place_effects(result)
    if isinstance(effects, Undefined):
        return effects.reason
    shares = ", ".join(
        f"{int(row.place) + 1}: {percent(row.share)}"
        for row in effects.itertuples()
        if str(row.place).isdigit()
    )
    p_value = float(effects["p_value"].iloc[0])
    verdict = (
        "raters lean to some places; the ranking accounts for this"
        if p_value < 0.05
        else "the data are compatible with no preference for a place"
    )
    found = f"{shares} ({p_words(p_value)})"
    return f"Of equally good pictures, the first choice by place shown: {found}: {verdict}."


def _bars(rows: Sequence[RankingRow]) -> list[list[Bar]]:
    """Groups are runs of rows: where each begins and ends."""
    own = [set(row.groups) for row in rows]
    around = [set(), *own, set()]
    return [
        [Bar(group - 1, group not in around[at], group not in around[at + 2]) for group in sorted(groups)]
        for at, groups in enumerate(own)
    ]


def _row(
    row: RankingRow,
    result: RankingResult,
    bars: list[Bar],
    against: Estimate | None,
    composite: GeneratorComposite | None,
) -> Row:
    return Row(
        part=f"Part {row.component + 1} of {len(result.components)}",
        place=str(row.rank) if row.rank is not None else ABSENT,
        generator=row.generator,
        note=row.note,
        points=number(row.points),
        points_value="" if row.points is None else repr(row.points),
        interval=span(row.low, row.high),
        low_value="" if row.low is None else repr(row.low),
        places=places(row),
        groups=_groups(row.groups),
        bars=bars,
        wins=number(row.wins),
        ties=number(row.ties),
        both_bad=_with_rate(row.both_bad, row.n),
        losses=number(row.losses),
        win_rate=percent(row.win_rate),
        against=estimate_words(against, share=True).replace("95 % interval ", "") if against else ABSENT,
        against_value=repr(against.value) if against else "",
        composite=composite_cell(composite) if composite else CompositeCell(),
        n=number(row.n),
        raters=number(row.raters),
    )


def _with_rate(count: float, n: float) -> str:
    return f"{number(count)} ({percent(count / n)})" if n else number(count)


def _groups(groups: tuple[int, ...]) -> str:
    """Runs overlap but follow each other, so first and last say all."""
    if not groups:
        return ABSENT
    return str(groups[0]) if len(groups) == 1 else f"{groups[0]} to {groups[-1]}"


def method_lines(page: Page, found: Ranking) -> list[tuple[str, str]]:
    result = found.result
    drawn = f"; {result.draws:,} bootstrap draws, seed {result.seed}" if result.draws else ""
    return [
        (
            "Method",
            f"{_method_label(page)}: {result.method.partition(': ')[2] or result.method}",
        ),
        ("Intervals", f"{result.interval_method}; {100 * result.confidence:.0f} %{drawn}"),
        *page.conditions(found.counts),
    ]


def _method_label(page: Page) -> str:
    return dict(page.offered.methods).get(page.filters.method, "Method")


def _failures(request: HttpRequest, page: Page) -> HttpResponse:
    found = failures(page.study, page.filters)
    context = page.context(
        counts=found.counts,
        found=found,
        chart=charts.failure_rates(found) if found.rates else None,
        by_category=charts.failures_by_category(found) if found.by_category else None,
        preliminary=found.preliminary,
        examples=[(found.labels[key], rows) for key, rows in found.examples.items()],
        labels=found.labels,
        agreement=[
            (found.labels[key], estimate_words(agreement.alpha)) for key, agreement in found.agreement.items()
        ],
        method_lines=[
            (
                "Method",
                "Share of reviewed images in which at least half of the reviewers named the failure; "
                "95 % Wilson intervals over images",
            ),
            *page.conditions(found.counts),
        ],
    )
    return render(request, "results/failures.html", context)


def _opinions(request: HttpRequest, page: Page) -> HttpResponse:
    found = opinions(page.study, page.filters)
    drawn = [charts.opinion_means(found), charts.opinion_bars(found)] if found.scores.rows else []
    severity = by_severity(page.study, page.filters) if found.scores.rows else []
    clean = cleaned(page.study, page.filters) if found.scores.rows else []
    context = page.context(
        counts=found.counts,
        charts=drawn,
        severity=severity_tables(severity),
        severity_words=severity_words(severity),
        cleaned=cleaned_tables(clean),
        cleaned_words=cleaned_words(clean),
        warnings=found.warnings,
        preliminary=found.preliminary,
        agreement=[
            (label, estimate_words(found.scores.agreement[key].alpha))
            for key, label in found.labels.items()
            if key in found.scores.agreement
        ],
        method_lines=[
            ("Method", "Mean of all ratings per generator and criterion; intervals clustered by rater, 95 %"),
            ("Severity", "Cumulative logit model with an effect of each rater, shrunk; points per criterion"),
            *page.conditions(found.counts),
        ],
    )
    return render(request, "results/opinions.html", context)
