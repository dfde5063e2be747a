"""A metric held against people in depth."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotations.views.access import study_or_404
from arena.analytics.result import Undefined
from arena.results import charts, machines
from arena.results import metric_words as words
from arena.results.metric_checks import metric_checks
from arena.results.selection import select
from arena.results.views.access import analyst_required
from arena.results.views.scores import ScoresPage, metric_words


@analyst_required
def page(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    shown = ScoresPage(request, study, "metrics")
    shown.metrics = machines.image_metrics(study)
    shown.metric = metric = machines.chosen_metric(request.GET.get("metric", ""), shown.metrics)
    counts = select(study, shown.filters).counts
    if metric is None:
        return render(request, "results/metrics.html", shown.context(counts=counts, unscored=True))
    context = shown.context(counts=counts, method_lines=shown.conditions(counts))
    if metric.higher_is_better is None:
        context["directionless"] = f"{metric.label} has no better direction, so it cannot be right or wrong."
    elif counts.votes:
        directed = [known for known in shown.metrics if known.higher_is_better is not None]
        found = metric_checks(study, metric, directed, shown.filters)
        pairs, partial = found.pairs, found.partial
        drawn = []
        if not isinstance(pairs, Undefined) and not isinstance(pairs.curve, Undefined):
            drawn.append(charts.calibration(pairs.curve, metric.label))
        if not isinstance(found.selection, Undefined):
            drawn.append(charts.selector(found.selection, metric.label))
        context |= {
            "found": found,
            "pair_words": words.pair_words(pairs),
            "selection": words.selection_words(found.selection),
            "charts": drawn,
            "categories": words.categories_table(found),
            "partial": words.partial_table(found, directed),
            "partial_reason": partial.reason if isinstance(partial, Undefined) else "",
            "surprises": words.surprises_table(found, shown.comparison),
        }
        context["method_lines"] = [
            ("Metric", metric_words(metric)),
            ("Pairs", "Intervals clustered by prompt; ties calibrated across prompts (Deutsch et al. 2023)"),
            ("Best of N", "People’s value of a picture is its share of wins, or its mean rating"),
            *shown.conditions(counts),
        ]
    return render(request, "results/metrics.html", context)
