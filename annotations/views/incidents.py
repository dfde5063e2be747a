"""Broken pictures that raters reported, skips, and odd visits: looked at, then resolved."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotations.actions import incidents
from annotations.models import Anomaly, Report, ReportKind, Study
from annotations.views.access import designer_required, study_or_404

ANOMALIES = {
    "honeypot": "Filled in a field that people can't see",
    "many_sessions": "Many sessions from one network within an hour",
    "several_raters": "Several raters in one browser",
    "impossible_speed": "Answered faster than anybody can look",
    "rate_limit": "Came too often in a short time",
    "verification_failed": "Failed the verification",
}
SKIPS = {
    "unclear": "The question was unclear",
    "not_loading": "The pictures did not load",
    "uncomfortable": "Did not want to look at it",
    "other": "Another reason",
}


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_incidents(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    if request.method == "POST":
        chosen = [int(key) for key in request.POST.getlist("chosen") if key.isascii() and key.isdigit()]
        if request.POST.get("what") == "anomalies":
            count = incidents.resolve_anomalies(study=study, anomalies=chosen, actor=request.user)
        else:
            count = incidents.resolve_reports(study=study, reports=chosen, actor=request.user)
        messages.success(request, f"{count} resolved.")
        return redirect("study-incidents", pid)
    reports = study.reports.filter(kind=ReportKind.BROKEN, resolved_at=None)
    reports = reports.select_related("assignment__comparison__prompt", "assignment__rater")
    page = Paginator(reports.prefetch_related("assignment__comparison__slots__image__generator"), 50)
    page = page.get_page(request.GET.get("page"))
    still = Q(resolved_at=None) | Q(last_at__gt=F("resolved_at"))
    context = {
        "nav": "studies",
        "study": study,
        "page": page,
        "broken": [_broken(report) for report in page],
        "skips": _skips(study),
        "anomalies": [(row, ANOMALIES.get(row.kind, row.kind), _evidence(row))
                      for row in study.anomalies.filter(still).select_related("rater")[:200]],
    }  # fmt: skip
    return render(request, "studies/incidents.html", context)


def _broken(report: Report) -> dict[str, Any]:
    """The picture that was meant: the position as shown, looked up in the shown order."""
    assignment = report.assignment
    image = None
    if report.position is not None and report.position < len(assignment.order):
        slots = {slot.index: slot for slot in assignment.comparison.slots.all()}
        slot = slots.get(int(assignment.order[report.position]))
        image = slot.image if slot else None
    return {"report": report, "image": image, "prompt": assignment.comparison.prompt}


def _skips(study: Study) -> list[tuple[str, int]]:
    found = Counter(study.reports.filter(kind=ReportKind.SKIP).values_list("reason", flat=True))
    return [(SKIPS.get(reason, reason), count) for reason, count in found.most_common()]


def _evidence(row: Anomaly) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row.evidence.items())
