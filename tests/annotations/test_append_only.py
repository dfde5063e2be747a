"""What the database itself lets happen to a vote: an undo, an erasure, and nothing else."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from annotations.actions.erasure import BLANK
from annotations.models import Vote
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def vote():
    rater = rater_in(planned_study(check_every=0))
    vote_all(rater, most=1)
    return Vote.objects.get()


def changed(vote, **to) -> bool:
    try:
        with transaction.atomic():
            Vote.objects.filter(pk=vote.pk).update(**to)
    except DatabaseError as error:
        if "append-only" not in str(error):
            raise
        return False
    return True


def test_an_erasure_passes_once_and_for_good(vote):
    now = timezone.now()
    assert changed(vote, retracted_at=now, erased_at=now, **BLANK)
    assert not changed(vote, erased_at=None)
    assert not changed(vote, erased_at=timezone.now())
    assert not changed(vote, answer={"overall": "left"})


def test_an_undone_vote_may_be_erased_and_keeps_when_it_was_undone(vote):
    assert changed(vote, retracted_at=timezone.now())
    assert not changed(vote, retracted_at=timezone.now(), erased_at=timezone.now(), **BLANK)
    assert changed(vote, erased_at=timezone.now(), **BLANK)


def test_an_erasure_without_a_retraction_or_with_something_left_is_refused(vote):
    now = timezone.now()
    assert not changed(vote, erased_at=now, **BLANK)
    for name, kept in {"answer": {"overall": "left"}, "remarks": {}, "answer_ms": 1, "zoomed": True}.items():
        assert not changed(vote, retracted_at=now, erased_at=now, **(BLANK | {name: kept}))


@pytest.mark.parametrize("field", ["order", "kind", "surplus", "rater_id", "place_id", "public_id"])
def test_an_erasure_changes_nothing_beside_what_it_blanks(vote, field):
    other = {"order": "zz", "kind": "repeat", "surplus": True, "public_id": "another"}.get(field)
    now = timezone.now()
    assert not changed(vote, retracted_at=now, erased_at=now, **BLANK, **{field: other})


def test_blanking_without_saying_so_is_refused(vote):
    assert not changed(vote, answer={})
    assert not changed(vote, retracted_at=timezone.now(), answer={})
    assert not changed(vote, remarks={"text": "x"})


def test_no_vote_is_deleted(vote):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Vote.objects.filter(pk=vote.pk)._raw_delete("default")
