"""The gallery of prompts: each with all its pictures, and what people and metrics made of them."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotations.models import Protocol
from annotations.views.access import study_or_404
from arena.results import machines, prompts
from arena.results.filters import FilterRefused
from arena.results.selection import select
from arena.results.views.access import analyst_required
from arena.results.views.page import Field, Page
from scoring.models import Metric

PER_PAGE = 10


class PromptsPage(Page):
    """The filter with two more fields: the order, and the metric that is held against people."""

    def __init__(self, request: HttpRequest, study: object) -> None:
        super().__init__(request, study, "prompts")
        self.metrics: list[Metric] = machines.image_metrics(self.study)
        self.metric = machines.chosen_metric(request.GET.get("metric", ""), self.metrics)
        directed = self.metric is not None and self.metric.higher_is_better is not None
        self.sorts = [(key, label) for key, label in prompts.SORTS.items() if key != "surprise" or directed]
        self.sort = request.GET.get("sort") or self.sorts[0][0]
        # A metric without a better direction cannot be surprised: choosing one is no mistake of the address.
        if self.sort == "surprise" and not directed:
            self.sort = self.sorts[0][0]
        if self.sort not in dict(self.sorts):
            known = ", ".join(dict(self.sorts))
            raise FilterRefused(f"There is no order “{self.sort[:40]}”.", mend=f"Choose one of: {known}.")

    @property
    def fields(self) -> list[Field]:
        own = [Field("sort", "Order", self.sorts, self.sort)]
        if self.metrics:
            options = [(metric.name, metric.label) for metric in self.metrics]
            own.append(Field("metric", "Metric", options, self.metric.name if self.metric else ""))
        return [*own, *super().fields]


@analyst_required
def gallery(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    page = PromptsPage(request, study)
    found = prompts.scored(prompts.pictures(study, page.filters), page.metric)
    ordered = prompts.order(found, page.sort)
    leaf = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    counts = select(study, page.filters).counts
    context = page.context(
        counts=counts,
        leaf=leaf,
        total=len(ordered),
        shown=prompts.shown(study, found, list(leaf.object_list), page.filters),
        base_query=query.urlencode(),
        value=prompts.VALUES[Protocol(page.offered.protocol)],
        surprise=page.sort == "surprise",
        method_lines=[
            ("Number beside a picture", prompts.VALUES[Protocol(page.offered.protocol)]),
            *page.conditions(counts),
        ],
    )
    return render(request, "results/prompts.html", context)
