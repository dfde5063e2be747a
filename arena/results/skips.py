"""What raters skipped, for the rule about skipped checks. A skip is no vote, so it is counted beside them;
broken pictures are reported apart and are no skips."""

import pandas as pd
from django.db.models import Count, Max, QuerySet

from annotations.models import AssignmentKind, Report, ReportKind, Study
from arena.results.looking import once

COLUMNS = {"checks_skipped": AssignmentKind.CHECK, "others_skipped": AssignmentKind.REGULAR}


def _of(study: Study) -> QuerySet[Report]:
    return Report.objects.filter(study=study, kind=ReportKind.SKIP).order_by()


def mark_of(study: Study) -> tuple[int, int | None]:
    """Changes with each skip."""
    return once("skips", study, _mark)


def _mark(study: Study) -> tuple[int, int | None]:
    found = _of(study).aggregate(n=Count("id"), last=Max("id"))
    return found["n"], found["last"]


def with_skips(study: Study, measured: pd.DataFrame) -> pd.DataFrame:
    """The table of raters with how many checks, and how many regular comparisons, each of them skipped."""
    counts = _of(study).values_list("assignment__rater__public_id", "assignment__kind")
    found = {(rater, kind): n for rater, kind, n in counts.annotate(n=Count("id"))}
    counted = {
        name: [found.get((rater, kind), 0) for rater in measured["rater"]] for name, kind in COLUMNS.items()
    }
    return measured.assign(**counted)
