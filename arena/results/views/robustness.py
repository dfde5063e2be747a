"""How much of the ranking hangs on rules, on a few votes, or on single raters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotations.actions import looks
from annotations.views.access import study_or_404
from arena.analytics.influence import LeadInfluence
from arena.analytics.result import Undefined
from arena.results.labels import number, plural
from arena.results.robustness import Robustness, robustness
from arena.results.selection import select
from arena.results.tables import Table, num, table
from arena.results.views.access import analyst_required
from arena.results.views.page import Page
from arena.results.words import variants_table


@analyst_required
def page(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    shown = Page(request, study, "robustness")
    if not shown.offered.is_ranked:
        return redirect(shown.address("ranking"))
    looks.note(study=study, actor=request.user)
    found = robustness(study, shown.filters)
    counts = select(study, shown.filters).counts
    context = shown.context(
        counts=counts,
        variants=variants_table(found),
        same=len({variant.leaders for variant in found.variants}) == 1,
        leader=found.variants[0].leaders,
        influence=[_words(found.votes), _words(found.raters)],
        raters=_raters(found),
        others=_others(found),
        method_lines=[
            ("Leaving out", "The model is fitted anew for each row of the first table"),
            (
                "Few votes or raters",
                "Greedy by influence, certified by a fit without them; fewer may do (Broderick et al. 2020)",
            ),
            ("One rater", "First-order shift of strengths when all votes of one rater are dropped"),
            *shown.conditions(counts),
        ],
    )
    return render(request, "results/robustness.html", context)


def _words(found: LeadInfluence | Undefined) -> str:
    return found.reason if isinstance(found, Undefined) else found.words


def _raters(found: Robustness) -> Table | None:
    if found.by_rater.empty:
        return None
    return table(
        "Raters whose votes move the ranking most",
        ["Rater", "Votes #", "Largest shift, points #", "Leader without them"],
        [
            [
                row.rater,
                num(number(row.votes), row.votes),
                num(number(row.largest_shift, 1), row.largest_shift),
                row.leader,
            ]
            for row in found.by_rater.itertuples()
        ],
    )


def _others(found: Robustness) -> str:
    if found.by_rater.empty:
        return ""
    if not found.other_leaders:
        return "No single rater decides who leads: without any one of them the leader stays."
    return f"{plural(found.other_leaders, 'rater')} could each, by leaving, put another generator first."
