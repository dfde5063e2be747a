import json

import pytest

from annotations.actions import audit, raters, studies, votes
from annotations.errors import Conflict
from annotations.models import Anomaly, Place, Vote
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return planned_study(overlap=1, prompts=4, generators=2, check_every=3, first_check_within=1)


def test_erased_answers_are_gone_from_every_table_and_from_the_record(study):
    rater = rater_in(study)
    vote_all(rater, lambda assignment: {"overall": "both_bad"}, most=3)
    votes.undo(rater=rater)
    raters.withdraw(rater=rater, erase=True)
    for vote in Vote.objects.all():
        assert (vote.answer, vote.remarks, vote.passed, vote.answer_ms) == ({}, None, None, None)
        assert vote.erased_at is not None
        assert vote.retracted_at is not None
    record = json.dumps(list(study.audit.values_list("verb", "data")))
    assert "both_bad" not in record
    assert study.audit.get(verb="votes_erased").data == {"votes": 3}
    assert audit.verify(study=study) == []
    assert (rater.voted, rater.checks_voted) == (0, 0)


def test_erased_places_are_free_for_others(study):
    first = rater_in(study)
    vote_all(first)
    assert not Place.objects.exclude(state="filled").exists()
    raters.withdraw(rater=first, erase=True)
    assert not Place.objects.exclude(state="free").exists()
    second = rater_in(study)
    vote_all(second)
    assert Vote.objects.filter(retracted_at=None, kind="regular").count() == Place.objects.count()


def test_kept_answers_may_be_erased_later_and_only_once(study):
    rater = rater_in(study)
    vote_all(rater, most=2)
    raters.withdraw(rater=rater)
    assert Vote.objects.filter(erased_at=None).count() == 2
    raters.withdraw(rater=rater, erase=True)
    when = set(Vote.objects.values_list("erased_at", flat=True))
    raters.withdraw(rater=rater, erase=True)
    assert set(Vote.objects.values_list("erased_at", flat=True)) == when


def test_a_closed_study_erases_nothing(study):
    rater = rater_in(study)
    vote_all(rater, most=1)
    studies.close(study=study, actor=None)
    with pytest.raises(Conflict) as caught:
        raters.withdraw(rater=rater, erase=True)
    assert caught.value.code == "study_closed"
    rater.refresh_from_db()
    assert rater.state == "active"


def test_who_finished_may_still_have_the_answers_erased_and_keeps_the_code(study):
    rater = rater_in(study)
    vote_all(rater)
    code = raters.finish(rater=rater)
    raters.withdraw(rater=rater, erase=True)
    assert (rater.state, rater.completion_code) == ("withdrawn", code)


def test_answers_faster_than_anybody_can_look_are_flagged_at_the_end():
    from annotations.actions import assignments

    study = planned_study(prompts=12, generators=2, check_every=0)
    for time_ms, flagged in ((5000, 0), (120, 1)):
        rater = rater_in(study)
        while served := assignments.next_for(rater=rater, count=1):
            evidence = {"answer_ms": time_ms}
            votes.record(rater=rater, nonce=served[0].nonce, answer={"overall": "left"}, evidence=evidence)
        assert Anomaly.objects.filter(kind="impossible_speed", rater=rater).count() == flagged
