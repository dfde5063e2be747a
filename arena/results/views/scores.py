"""Scores of a study's images beside what people preferred."""

import math

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotations.views.access import study_or_404
from arena.results import charts, machines
from arena.results.labels import number, span
from arena.results.selection import select
from arena.results.tables import Table, between, num, table
from arena.results.views.access import analyst_required
from arena.results.views.page import Field, Page
from arena.results.words import accuracy_words, correlation_words
from scoring.models import Metric, SetScore


class ScoresPage(Page):
    """The filter with one more field: the metric looked at."""

    metrics: list[Metric] = []
    metric: Metric | None = None

    @property
    def fields(self) -> list[Field]:
        if not self.metrics:
            return []
        options = [(metric.name, metric.label) for metric in self.metrics]
        chosen = self.metric.name if self.metric else ""
        return [Field("metric", "Metric", options, chosen), *super().fields]


@analyst_required
def scores(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    page = ScoresPage(request, study, "scores")
    page.metrics = machines.image_metrics(study)
    page.metric = metric = machines.chosen_metric(request.GET.get("metric", ""), page.metrics)
    sets = machines.set_scores(study)
    states = machines.score_states(study)
    states["waiting"] = states.get("pending", 0) + states.get("claimed", 0)
    counts = select(study, page.filters).counts
    context = page.context(
        states=states,
        counts=counts,
        sets=_sets(sets) if sets else None,
        set_warnings=sorted({line for row in sets for line in (row.warning or row.error).splitlines()}),
    )
    if metric is not None:
        view = machines.metric_view(study, metric, page.filters)
        context |= {"view": view, "boxes": charts.score_boxes(view)}
        context["method_lines"] = [("Metric", metric_words(metric)), *page.conditions(counts)]
        if view.people is not None:
            context["people"] = {
                "accuracy": accuracy_words(view.people.accuracy, metric),
                "correlation": correlation_words(view.people.correlation),
            }
            if view.people.total:
                context["scatter"] = charts.score_scatter(view, view.people)
    return render(request, "results/scores.html", context)


def metric_words(metric: Metric) -> str:
    said = [f"{metric.label} ({metric.name}), version {metric.version}"]
    if metric.extractor:
        said.append(f"extractor {metric.extractor}")
    if metric.weights_sha256:
        said.append(f"weights SHA-256 {metric.weights_sha256}")
    if metric.note:
        said.append(metric.note)
    return "; ".join(said)


def _digits(value: float | None) -> int:
    """Five significant digits, at most four behind the point."""
    if not value:
        return 4
    return max(0, min(4, 4 - math.floor(math.log10(abs(value)))))


def _sets(rows: list[SetScore]) -> Table:
    return table(
        "One distribution against a reference set each; compare only equal metric, reference set and n",
        [
            "Metric",
            "Generator",
            "Value #",
            "95 % interval #",
            "Images #",
            "Reference set",
            "State",
        ],
        [
            [
                f"{row.metric.label}, version {row.metric.version}",
                row.generator.name,
                num(number(row.value, _digits(row.value)), row.value),
                between(span(row.low, row.high, _digits(row.value)), row.low, row.high),
                num(number(row.n), row.n),
                row.reference_set.name,
                row.get_state_display(),
            ]
            for row in rows
        ],
    )
