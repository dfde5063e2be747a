"""Rows by columns: the same rows, defaults, ids and constraints as row by row, on either database."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from annotations.actions.bulk_rows import insert
from annotations.models import Prompt, Rater
from tests.factories import StudyFactory, launched_study

pytestmark = pytest.mark.django_db
HARD = [
    "plain",
    "tab\there",
    "line\nbreak",
    "back\\slash \\N",
    "quote \"'",
    "ünï – 東京 🎨",
    "NULL",
    " blank ",
]


def test_texts_of_any_kind_come_back_as_they_were():
    study = StudyFactory()
    keys = [f"k{number}" for number in range(len(HARD))]
    ids = insert(Prompt, len(HARD), study_id=study.pk, key=keys, text=HARD, category="people")
    stored = list(Prompt.objects.filter(study=study).order_by("id").values_list("id", "text", "category"))
    assert stored == [(key, text, "people") for key, text in zip(ids, HARD, strict=True)]


def test_rows_stored_afterwards_have_ids_of_their_own():
    study = StudyFactory()
    ids = insert(Prompt, 3, study_id=study.pk, key=["a", "b", "c"], text="x")
    later = Prompt.objects.create(study=study, key="d", text="x")
    more = insert(Prompt, 2, study_id=study.pk, key=["e", "f"], text="x")
    assert ids[-1] < later.pk < more[0]
    assert Prompt.objects.filter(study=study).count() == 6


def test_what_is_left_out_takes_its_default_anew_for_every_row():
    study = launched_study(prompts=1)
    before = datetime.now(UTC)
    insert(Rater, 3, study_id=study.pk, panel_id=study.panels.get().pk, voted=[1, 2, 3])
    rows = list(Rater.objects.filter(study=study).order_by("id"))
    assert [row.voted for row in rows] == [1, 2, 3]
    assert len({row.public_id for row in rows}) == 3
    assert all(row.created_at >= before and row.simulated is False and row.user_id is None for row in rows)


def test_no_rows_are_no_work():
    assert insert(Prompt, 0, study_id=1, key=[], text=[]) == []


def test_a_value_that_the_database_refuses_leaves_nothing():
    study = StudyFactory()

    def twice():
        with transaction.atomic():
            insert(Prompt, 3, study_id=study.pk, key=["a", "b", "a"], text="x")
            connection.check_constraints()

    with pytest.raises(IntegrityError):
        twice()
    assert not Prompt.objects.filter(study=study).exists()
