import pytest

from annotations.actions import assignments, incidents
from annotations.models import Anomaly, AuditEvent, Report
from tests.factories import planned_study, rater_in

pytestmark = pytest.mark.django_db


def report(study):
    served = assignments.next_for(rater=rater_in(study), count=1)[0]
    return Report.objects.create(assignment=served, study=study, kind="broken", position=1)


def test_reports_are_resolved_within_their_study_only_and_once():
    study, other = planned_study(prompts=1), planned_study(prompts=1)
    mine, theirs = report(study), report(other)
    both = [mine.pk, theirs.pk]
    assert incidents.resolve_reports(study=study, reports=both, actor=None) == 1
    assert incidents.resolve_reports(study=study, reports=both, actor=None) == 0
    theirs.refresh_from_db()
    assert theirs.resolved_at is None
    assert AuditEvent.objects.filter(study=study, verb="reports_resolved").get().data == {"count": 1}


def test_odd_visits_are_resolved_by_who_looked_at_them():
    study = planned_study(prompts=1)
    odd = Anomaly.objects.create(study=study, kind="many_sessions")
    before = odd.last_at
    assert incidents.resolve_anomalies(study=study, anomalies=[odd.pk], actor="dora") == 1
    odd.refresh_from_db()
    assert odd.last_at == before  # resolving is no visit
    assert odd.resolved_at > before
