from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from annotations import append_only
from annotations.actions import audit
from annotations.models import AuditEvent, Vote
from tests.factories import StudyFactory, planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    study = StudyFactory()
    for number in range(4):
        audit.record(
            study=study, actor="ada", verb="tried", subject="x", data={"n": number, "é": [1.5, None]}
        )
    return study


@pytest.fixture
def tamperable(study):
    append_only.remove(connection)
    yield study
    append_only.install(connection)


def test_each_event_follows_from_the_one_before(study):
    events = list(study.audit.order_by("sequence"))
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert events[0].previous_hash == ""
    assert all(later.previous_hash == event.hash for event, later in pairwise(events))
    assert audit.verify(study=study) == []


def test_chains_of_studies_do_not_touch_each_other(study):
    other = StudyFactory()
    assert audit.record(study=other, actor=None, verb="tried", subject="y").sequence == 1
    assert audit.record(study=None, actor=None, verb="tried", subject="z").sequence == 1
    assert audit.record(study=None, actor=None, verb="tried", subject="z").sequence == 2
    assert audit.verify(study=None) == []


@pytest.mark.parametrize(
    ("field", "value"), [("data", {"n": 9}), ("actor", "eve"), ("at", timezone.now()), ("verb", "lied")]
)
def test_a_changed_row_is_found(tamperable, field, value):
    tamperable.audit.filter(sequence=2).update(**{field: value})
    assert any("Row 2" in problem for problem in audit.verify(study=tamperable))
    with pytest.raises(CommandError, match="1 of the audit records"):
        call_command("verify_audit", tamperable.public_id, verbosity=0)


def test_a_missing_row_is_found(tamperable):
    tamperable.audit.filter(sequence=3).delete()
    assert audit.verify(study=tamperable)[0].startswith("Row 3 is missing")


def test_rows_that_changed_places_are_found(tamperable):
    tamperable.audit.filter(sequence=2).update(sequence=20)
    tamperable.audit.filter(sequence=3).update(sequence=2)
    tamperable.audit.filter(sequence=20).update(sequence=3)
    assert audit.verify(study=tamperable)


def test_the_verifier_names_every_chain_and_its_last_hash(study, capsys):
    call_command("verify_audit")
    said = capsys.readouterr().out
    assert f"{study.public_id}: holds, 4 rows, last hash {study.audit.get(sequence=4).hash}" in said
    assert "outside studies: holds, 0 rows" in said


def refused(change):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()


def test_the_database_refuses_to_change_or_delete_audit_rows(study):
    refused(lambda: AuditEvent.objects.update(actor="eve"))
    refused(lambda: AuditEvent.objects.filter(sequence=4).delete())


def test_the_database_refuses_to_change_votes_but_for_one_undo():
    rater = rater_in(planned_study(prompts=1, check_every=0))
    vote_all(rater, most=2)
    votes = Vote.objects.order_by("id")
    first, second = votes
    refused(lambda: votes.filter(pk=first.pk).delete())
    refused(lambda: votes.filter(pk=first.pk).update(answer={"overall": "tie"}))
    refused(lambda: votes.filter(pk=first.pk).update(answer_ms=F("answer_ms") + 1))
    swapped = first.order[::-1]
    refused(lambda: votes.filter(pk=first.pk).update(order=swapped, retracted_at=timezone.now()))
    assert votes.filter(pk=first.pk).update(retracted_at=timezone.now()) == 1
    refused(lambda: votes.filter(pk=first.pk).update(retracted_at=None))
    refused(lambda: votes.filter(pk=first.pk).update(retracted_at=timezone.now()))
    assert Vote.objects.get(pk=second.pk).retracted_at is None
