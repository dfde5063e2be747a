"""The kept votes never fall behind the database."""

import numpy as np
import pytest

from annotations.models import Vote
from arena.results import columns
from arena.results.looking import one_look
from tests.arena.results.studies import undo_last, voted_study
from tests.factories import launched_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


def standing(study):
    rows = Vote.objects.filter(study=study, retracted_at__isnull=True).order_by("id")
    return list(rows.values_list("id", flat=True))


def test_votes_that_come_in_later_are_seen():
    study = launched_study(overlap=2, check_every=0)
    vote_all(rater_in(study), most=5)
    assert columns.of(study).ids.tolist() == standing(study)
    vote_all(rater_in(study), most=7)
    assert columns.of(study).ids.tolist() == standing(study)
    assert len(standing(study)) == 12


def test_an_undone_vote_disappears():
    study = launched_study(overlap=1, check_every=0)
    vote_all(rater_in(study), most=4)
    before = columns.of(study).ids.tolist()
    undone = undo_last(study)
    after = columns.of(study).ids.tolist()
    assert undone.retracted_at is not None
    assert after == [key for key in before if key != undone.pk]


def test_an_undo_between_new_votes_is_seen_in_one_go():
    study = launched_study(overlap=2, check_every=0)
    vote_all(rater_in(study), most=4)
    columns.of(study)
    undo_last(study)
    vote_all(rater_in(study), most=3)
    assert columns.of(study).ids.tolist() == standing(study)


def test_the_same_columns_are_handed_out_while_nothing_changes():
    study = voted_study(raters=1)
    assert columns.of(study) is columns.of(study)


def test_a_look_keeps_its_votes_while_another_brings_newer_ones():
    study = launched_study(overlap=2, check_every=0)
    vote_all(rater_in(study), most=3)
    with one_look():
        columns.mark_of(study)
        with one_look():
            vote_all(rater_in(study), most=2)
            newer = columns.of(study)
        older = columns.of(study)
        assert columns.of(study) is older
    assert (older.ids.size, newer.ids.size) == (3, 5)
    assert older.ids.tolist() == newer.ids[:3].tolist()
    assert columns.of(study) is newer


def test_continued_columns_equal_those_read_anew():
    study = launched_study(overlap=3)
    for _ in range(3):
        vote_all(rater_in(study), most=6)
        columns.of(study)
    undo_last(study)
    kept = columns.of(study)
    fresh = columns._read_anew(study, columns.mark_of(study))
    for name in ("ids", "comparison", "rater", "kind", "answer_ms", "passed"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(fresh, name))
    said = [kept.answers.texts[code] for code in kept.answer]
    assert said == [fresh.answers.texts[code] for code in fresh.answer]
