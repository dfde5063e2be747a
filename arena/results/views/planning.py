"""How many votes a study needs, before there is a study."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from arena.analytics.planning import StudyPlan
from arena.results.labels import number, percent
from arena.results.planning import Answer, PlanForm, answer
from arena.results.tables import Cell, Table, num, table
from arena.results.views.access import analyst_required


@analyst_required
def page(request: HttpRequest) -> HttpResponse:
    """What is asked stands in the address, so that a plan can be sent on. An empty address asks the usual."""
    usual = {name: field.initial for name, field in PlanForm.base_fields.items()}
    form = PlanForm(request.GET or usual)
    context: dict[str, object] = {"nav": "studies", "form": form}
    if form.is_valid():
        found = answer(form.cleaned_data)
        context |= {"said": _said(found), "others": _others(found)}
    return render(request, "results/planning.html", context, status=400 if form.errors else 200)


def _said(found: Answer) -> list[tuple[str, str]]:
    plan, pair, asked = found.plan, found.plan.pair_plan, found.asked
    corrected = "" if plan.pairs == 1 else f", the error shared by {number(plan.pairs)} pairs (Bonferroni)"
    return [
        (
            "Each pair",
            f"{number(plan.votes_per_pair)} votes. That is {number(pair.decided_exact)} decided votes by the "
            f"exact binomial test ({number(pair.decided)} by the usual formula), power "
            f"{percent(pair.power_exact)}{corrected}; times {pair.design_effect:.2f}, because one rater’s "
            f"votes are alike; and {percent(pair.tie_rate, 0)} ties on top.",
        ),
        (
            "The study",
            f"{number(plan.votes)} votes by {number(plan.raters)} raters: {number(plan.hours, 1)} hours of "
            f"voting, {number(plan.cost)} in your currency.",
        ),
        (
            f"For ± {percent(asked['half_width'])}",
            f"{number(found.precise)} votes on each pair bring the 95 % interval of its share to that width.",
        ),
        (
            "What this leaves out",
            "A ranking borrows strength from all pairs, so its intervals are narrower than one pair’s alone. "
            "Raters who fail checks or leave early come on top.",
        ),
    ]


def _others(found: Answer) -> Table:
    return table(
        "The same study for other preferences",
        ["Preference worth finding", "Votes per pair #", "Votes #", "Raters #", "Hours #", "Cost #"],
        [_row(plan) for plan in found.others],
    )


def _row(plan: StudyPlan) -> list[str | Cell]:
    return [
        num(percent(plan.pair_plan.share, 0), plan.pair_plan.share),
        num(number(plan.votes_per_pair), plan.votes_per_pair),
        num(number(plan.votes), plan.votes),
        num(number(plan.raters), plan.raters),
        num(number(plan.hours, 1), plan.hours),
        num(number(plan.cost), plan.cost),
    ]
