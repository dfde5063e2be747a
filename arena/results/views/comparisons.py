"""Two generators against each other, and the gallery of single comparisons; unblinded, for analysts alone."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotations.actions import looks
from annotations.views.access import study_or_404
from arena.analytics.errors import AnalyticsError
from arena.analytics.result import Undefined
from arena.results import charts, comparisons, machines
from arena.results.comparisons import SORTS, Pair
from arena.results.filters import FilterRefused
from arena.results.labels import estimate_words, number, percent, percent_span
from arena.results.rankings import ranking
from arena.results.selection import select
from arena.results.tables import Table, between, num, table
from arena.results.views.access import analyst_required
from arena.results.views.page import Field, Page
from scoring.models import Metric

PER_PAGE = 12


class GalleryPage(Page):
    """The filter with more fields: order, generators, and the metric that is held against people."""

    def __init__(self, request: HttpRequest, study: object, name: str) -> None:
        super().__init__(request, study, name)
        self.metrics: list[Metric] = machines.image_metrics(self.study)
        self.metric = machines.chosen_metric(request.GET.get("metric", ""), self.metrics)
        self.names = [row.generator for row in ranking(self.study, self.filters).result.rows]
        self.first = self._chosen(request, "first")
        self.second = self._chosen(request, "second")
        self.prompt = request.GET.get("prompt", "")
        offered = [key for key in SORTS if key != "surprise" or self.metrics]
        self.sort = request.GET.get("sort") or offered[0]
        if self.sort not in offered:
            raise FilterRefused(
                f"There is no order “{self.sort[:40]}”.", mend=f"Choose one of: {', '.join(offered)}."
            )
        self.sorts = [(key, SORTS[key]) for key in offered]

    def _chosen(self, request: HttpRequest, name: str) -> str:
        chosen = request.GET.get(name, "")
        if chosen and chosen not in self.names:
            known = ", ".join(self.names[:12]) or "none"
            raise FilterRefused(f"No votes on a generator “{chosen[:60]}”.", mend=f"Choose one of: {known}.")
        return chosen

    @property
    def fields(self) -> list[Field]:
        generators = [("", "Any generator"), *((name, name) for name in self.names)]
        own = [
            Field("first", "Generator", generators, self.first),
            Field("second", "Against", generators, self.second),
            Field("sort", "Order", self.sorts, self.sort),
        ]
        if self.metrics:
            options = [(metric.name, metric.label) for metric in self.metrics]
            own.append(Field("metric", "Metric", options, self.metric.name if self.metric else ""))
        return [*own, *super().fields]


@analyst_required
def gallery(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    page = GalleryPage(request, study, "comparisons")
    if not page.offered.is_pairwise:
        return redirect(page.address("ranking"))
    looks.note(study=study, actor=request.user)
    found = comparisons.table(study, page.filters, page.metric)
    for name in filter(None, (page.first, page.second)):
        found = found[(found["first"] == name) | (found["second"] == name)]
    if page.prompt:
        found = found[found["prompt"] == page.prompt]
    ordered = comparisons.sorted_by(found, page.sort)
    leaf = Paginator(ordered.index.to_list(), PER_PAGE).get_page(request.GET.get("page"))
    rows = ordered.loc[list(leaf.object_list)]
    query = request.GET.copy()
    query.pop("page", None)
    counts = select(study, page.filters).counts
    context = page.context(
        counts=counts,
        leaf=leaf,
        total=len(ordered),
        shown=comparisons.shown(study, rows, page.filters, page.metrics),
        base_query=query.urlencode(),
        method_lines=page.conditions(counts),
    )
    if page.first and page.second and page.first != page.second:
        context |= _pair(page)
    return render(request, "results/comparisons.html", context)


def _pair(page: GalleryPage) -> dict[str, object]:
    found = comparisons.pair(page.study, page.filters, page.first, page.second)
    said = ["No vote between them was decided."]
    if not isinstance(found.share, Undefined):
        share = estimate_words(found.share, share=True)
        said = [f"Of decided votes between them, {found.first} won {share}."]
    result = ranking(page.study, page.filters).result
    try:
        difference = result.difference(page.first, page.second)
        said.append(
            f"Over all comparisons of the study: {estimate_words(difference, digits=0)} points more for "
            f"{found.first}."
        )
    except AnalyticsError as error:
        said.append(f"Over all comparisons: {error}")
    return {
        "pair": found,
        "pair_words": said,
        "over_time": charts.pair_over_time(found) if len(found.over_time) > 1 else None,
        "by_category": _by_category(found),
    }


def _by_category(found: Pair) -> Table | None:
    if len(found.by_category) < 2:
        return None
    rows = []
    for name, votes, wins, decided, share in found.by_category:
        known = not isinstance(share, Undefined)
        rows.append(
            [
                name,
                num(number(votes), votes),
                num(number(decided), decided),
                num(number(wins), wins),
                num(percent(share.value), share.value) if known else "–",
                between(percent_span(share.low, share.high), share.low, share.high) if known else "–",
            ]
        )
    headings = ["Category", "Votes #", "Decided #", f"Won by {found.first} #", "Share #", "95 % interval #"]
    return table("By category; intervals by Wilson over votes", headings, rows)
