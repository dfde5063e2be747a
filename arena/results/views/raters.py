"""Raters, attention checks and declared rules; excluding a rater, overruling a rule, and undoing either."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotations.actions import exclusions
from annotations.errors import NotFound
from annotations.models import Exclusion, Rater, Study
from annotations.selectors import demographics
from annotations.selectors.rules import declared_rules
from annotations.views.access import study_or_404
from arena.analytics.rater_rules import describe
from arena.results import charts, quality, rules
from arena.results.imported import rater_warnings
from arena.results.labels import ABSENT, number, percent, percent_span, seconds
from arena.results.rules import Verdicts
from arena.results.selection import select
from arena.results.tables import Cell, Heading, Table, between, num, table
from arena.results.views.access import analyst_required
from arena.results.views.page import Page


@dataclass(frozen=True)
class Hit:
    """A declared rule that hits a rater, with its evidence; `overruled` says why it does not count."""

    rule: str
    words: str
    evidence: str
    overruled: str
    url: str


@dataclass(frozen=True)
class RaterRow:
    rater: str
    label: str
    simulated: bool
    excluded: bool
    reason: str
    url: str
    cells: list[Cell]
    hits: list[Hit]

    @property
    def ruled_out(self) -> bool:
        return any(not hit.overruled for hit in self.hits)


PER_PAGE = 200
PAIR_COLUMNS = [
    Heading("Votes"),
    Heading("Checks passed", title="Passed of answered attention checks"),
    Heading("Median time", title="From both pictures decoded to the answer"),
    Heading("Left", title="Share of left among decided votes; one half is no preference"),
    Heading("95 % interval", title="Wilson interval of the share of left"),
    Heading("Ties"),
    Heading("Longest run", title="Longest run of the same side"),
    Heading("Agreement", title="With the majority of the other raters on the same comparison"),
    Heading("Panel"),
]
RATING_COLUMNS = [
    Heading("Votes"),
    Heading("Checks passed", title="Passed of answered attention checks"),
    Heading("Median time", title="From pictures decoded to the answer"),
    Heading("Mean", title="Mean of all points given"),
    Heading("Std. dev.", title="Standard deviation of all points given"),
    Heading("Longest run", title="Longest run of the very same answer"),
    Heading("Panel"),
]


@analyst_required
def raters(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    page = Page(request, study, "raters")
    frame = quality.raters(study, page.filters)
    pairwise = page.offered.is_pairwise
    verdicts, lifted = rules.verdicts(study), rules.overruled(study)
    cells = _pair_cells if pairwise else _rating_cells
    counts = select(study, page.filters).counts
    search = request.GET.get("rater", "").strip()
    leaf = Paginator(_found(frame, search), PER_PAGE).get_page(request.GET.get("page"))
    words = {rule["rule"]: describe(rule) for rule in declared_rules(study)}
    context = page.context(
        counts=counts,
        columns=PAIR_COLUMNS if pairwise else RATING_COLUMNS,
        rows=[
            _row(study, row, cells(row), _hits(study, verdicts, lifted, row.rater, words))
            for row in leaf.object_list.itertuples()
        ],
        leaf=leaf,
        all_raters=page.download("raters", "csv"),
        search=search,
        others=_others(request),
        nameless=rater_warnings(study),
        rules=[
            (describe(rule), verdicts.unmeasured.get(rule["rule"], ""), _hit_count(verdicts, rule["rule"]))
            for rule in declared_rules(study)
        ],
        checks=_checks(study, page),
        charts=_charts(frame) if pairwise else [],
        method_lines=page.conditions(counts),
        demographics=demographics.counts(study),
    )
    return render(request, "results/raters.html", context)


def _row(study: Study, row: Any, cells: list[Cell], hits: list[Hit]) -> RaterRow:
    address = "rater-lift" if row.excluded else "rater-exclude"
    return RaterRow(
        rater=row.rater,
        label=row.label,
        simulated=bool(row.simulated),
        excluded=bool(row.excluded),
        reason=row.reason,
        url=reverse(address, args=[study.public_id, row.rater]),
        cells=cells,
        hits=hits,
    )


def _found(frame: pd.DataFrame, search: str) -> pd.DataFrame:
    """Raters whose pseudonym or label holds what was searched for."""
    if not search:
        return frame
    names = frame["rater"].astype(str) + " " + frame["label"].astype(str)
    return frame[names.str.contains(search, case=False, regex=False)]


def _others(request: HttpRequest) -> list[tuple[str, str]]:
    """What a search keeps of the address."""
    return [(name, value) for name, value in request.GET.items() if name not in ("page", "rater")]


def _hits(
    study: Study,
    verdicts: Verdicts,
    lifted: dict[tuple[str, str], Any],
    rater: str,
    words: dict[str, str],
) -> list[Hit]:
    found = []
    for hit in verdicts.hits.get(rater, []):
        override = lifted.get((rater, hit.rule))
        address = "rule-restore" if override else "rule-overrule"
        found.append(
            Hit(
                rule=hit.rule,
                words=words[hit.rule],
                evidence=hit.evidence,
                overruled=override.reason if override else "",
                url=reverse(address, args=[study.public_id, rater, hit.rule]),
            )
        )
    return found


def _hit_count(verdicts: Verdicts, rule: str) -> int:
    return sum(any(hit.rule == rule for hit in hits) for hits in verdicts.hits.values())


def _passed(row: Any) -> Cell:
    if not row.checks:
        return Cell(ABSENT)
    return num(f"{row.checks_passed:.0f} of {row.checks:.0f}", row.checks_passed / row.checks)


def _pair_cells(row: Any) -> list[Cell]:
    return [
        num(number(row.votes), row.votes),
        _passed(row),
        num(seconds(row.median_ms), row.median_ms),
        num(percent(row.left_share, 0), row.left_share),
        between(percent_span(row.left_low, row.left_high), row.left_low, row.left_high),
        num(percent(row.tie_share, 0), row.tie_share),
        num(number(row.longest_run), row.longest_run),
        num(
            f"{percent(row.agreement, 0)} of {row.agreement_n}" if row.agreement_n else ABSENT, row.agreement
        ),
        Cell(row.panel),
    ]


def _rating_cells(row: Any) -> list[Cell]:
    return [
        num(number(row.votes), row.votes),
        _passed(row),
        num(seconds(row.median_ms), row.median_ms),
        num(number(row.mean, 2), row.mean),
        num(number(row.sd, 2), row.sd),
        num(number(row.longest_run), row.longest_run),
        Cell(row.panel),
    ]


def _charts(frame: pd.DataFrame) -> list[charts.Chart]:
    known = frame["median_ms"].map(math.isfinite) & frame["agreement"].map(math.isfinite)
    return [charts.rater_scatter(frame)] if known.sum() > 1 else []


def _checks(study: Study, page: Page) -> Table | None:
    outcomes = quality.check_outcomes(study, page.filters)
    if not outcomes:
        return None
    return table(
        "Attention checks by kind, excluded raters left out; intervals by Wilson",
        ["Kind", "Answered #", "Passed #", "95 % interval #"],
        [
            [
                outcome.label,
                num(number(outcome.asked), outcome.asked),
                num(percent(outcome.passed.value), outcome.passed.value),
                between(
                    percent_span(outcome.passed.low, outcome.passed.high),
                    outcome.passed.low,
                    outcome.passed.high,
                ),
            ]
            for outcome in outcomes
        ],
    )


@analyst_required
@require_POST
def exclude(request: HttpRequest, pid: str, rater: str) -> HttpResponse:
    found = _rater(pid, rater)
    exclusions.exclude(rater=found, reason=request.POST.get("reason", "").strip(), actor=request.user)
    messages.success(request, f"Rater {found.public_id} is excluded from analysis. The votes stay.")
    return _back(request, pid)


@analyst_required
@require_POST
def lift(request: HttpRequest, pid: str, rater: str) -> HttpResponse:
    found = _rater(pid, rater)
    standing = Exclusion.objects.filter(rater=found, lifted_at__isnull=True).first()
    if standing is not None:
        exclusions.lift(exclusion=standing, actor=request.user)
        messages.success(request, f"Rater {found.public_id} counts again.")
    return _back(request, pid)


@analyst_required
@require_POST
def overrule(request: HttpRequest, pid: str, rater: str, rule: str) -> HttpResponse:
    found = _rater(pid, rater)
    exclusions.overrule(rater=found, rule=rule, reason=request.POST.get("reason", ""), actor=request.user)
    messages.success(request, f"The rule is overruled for rater {found.public_id}, with your reason.")
    return _back(request, pid)


@analyst_required
@require_POST
def restore_rule(request: HttpRequest, pid: str, rater: str, rule: str) -> HttpResponse:
    found = _rater(pid, rater)
    standing = found.overrides.filter(rule=rule, lifted_at__isnull=True).first()
    if standing is not None:
        exclusions.restore_rule(override=standing, actor=request.user)
        messages.success(request, f"The rule counts again for rater {found.public_id}.")
    return _back(request, pid)


def _rater(pid: str, public_id: str) -> Rater:
    found = Rater.objects.filter(study=study_or_404(pid), public_id=public_id).first()
    if found is None:
        raise NotFound("This study has no such rater.", mend="Go back to the list of raters.")
    return found


def _back(request: HttpRequest, pid: str) -> HttpResponse:
    query = request.POST.get("back", "")
    return redirect(reverse("results-raters", args=[pid]) + (f"?{query}" if query else ""))
