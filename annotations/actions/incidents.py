"""What a designer has looked at: broken pictures that raters reported, and odd visits."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.models import Anomaly, Report, Study


@transaction.atomic
def resolve_reports(*, study: Study, reports: Iterable[int], actor: Actor) -> int:
    """Mark reports as looked at. The places they were about went to other raters long before."""
    rows = Report.objects.filter(study=study, pk__in=list(reports), resolved_at=None)
    return _resolve(rows, study, actor, "reports_resolved")


@transaction.atomic
def resolve_anomalies(*, study: Study, anomalies: Iterable[int], actor: Actor) -> int:
    rows = Anomaly.objects.filter(study=study, pk__in=list(anomalies))
    return _resolve(rows, study, actor, "anomalies_resolved")


def _resolve(rows: QuerySet, study: Study, actor: Actor, verb: str) -> int:
    count: int = rows.update(resolved_at=timezone.now())
    if count:
        subject = f"study {study.public_id}"
        audit.record(study=study, actor=actor, verb=verb, subject=subject, data={"count": count})
    return count
