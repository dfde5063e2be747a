"""What raters have reported of a study, for its designers. Raters never see it."""

from django.db.models import Count, Q, QuerySet

from annotations.models import Report, ReportKind, Study


def reports_of(study: Study) -> QuerySet[Report]:
    """Newest first, broken pictures and skips, with what is needed to show them."""
    return (
        Report.objects.filter(study=study)
        .select_related(
            "assignment__comparison__prompt", "assignment__comparison__block", "assignment__rater"
        )
        .order_by("-id")
    )


def broken_comparisons(study: Study) -> list[dict[str, object]]:
    """Open reports of broken pictures by comparison: how many raters say so, and which slots they mean (a
    report that names no picture means them all)."""
    rows = reports_of(study).filter(kind=ReportKind.BROKEN, resolved_at=None)
    found: dict[int, dict[str, object]] = {}
    for report in rows:
        comparison = report.assignment.comparison
        entry = found.setdefault(
            comparison.pk, {"comparison": comparison, "reports": [], "slots": set(), "raters": set()}
        )
        order = report.assignment.order
        meant = order if report.position is None else order[report.position]
        entry["reports"].append(report)
        entry["slots"].update(int(slot) for slot in meant)
        entry["raters"].add(report.assignment.rater_id)
    return sorted(found.values(), key=lambda entry: -len(entry["raters"]))


def report_counts(study: Study) -> dict[str, int]:
    """{"skipped", "broken", "open"}: open are reports of broken pictures that nobody has looked into."""
    counts = Report.objects.filter(study=study).aggregate(
        skipped=Count("pk", filter=Q(kind=ReportKind.SKIP)),
        broken=Count("pk", filter=Q(kind=ReportKind.BROKEN)),
        open=Count("pk", filter=Q(kind=ReportKind.BROKEN, resolved_at=None)),
    )
    return dict(counts)
