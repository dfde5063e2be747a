import pytest

from annotations.actions import assignments, audit, reports, votes
from annotations.errors import VoteRefused
from annotations.models import Assignment, Place, Report
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db
SKIP = {"kind": "skip", "reason": "unclear"}


@pytest.fixture
def study():
    return planned_study(prompts=5, generators=2, overlap=1, check_every=0)


@pytest.fixture
def rater(study):
    return rater_in(study)


def report(rater, nonce, **fields):
    return reports.report_and_serve(rater=rater, nonce=nonce, **{**SKIP, **fields})


def test_what_one_rater_skips_is_answered_by_another_and_never_comes_back(study, rater):
    first, second, *_ = assignments.next_for(rater=rater)
    filed, _, serving = report(rater, first.nonce, note=" too dark\x00 ")
    assert (filed.kind, filed.reason, filed.note, filed.position) == ("skip", "unclear", "too dark", None)
    assert Place.objects.get(pk=first.place_id).state == "free"
    assert serving.assignments[0].pk == second.pk
    vote_all(rater)
    assert Assignment.objects.get(pk=first.pk).state == "skipped"
    assert rater.voted == 4
    assert vote_all(rater_in(study)) == 1
    assert Place.objects.get(pk=first.place_id).state == "filled"
    assert study.audit.filter(verb="assignment_skipped").count() == 1
    assert audit.verify(study=study) == []


def test_sides_that_were_skipped_do_not_count(rater):
    served = assignments.next_for(rater=rater)
    rater.refresh_from_db()
    before = rater.order_balance
    for assignment in served:
        report(rater, assignment.nonce)
    rater.refresh_from_db()
    assert before == sum({"01": 1, "10": -1}[assignment.order] for assignment in served)
    assert rater.order_balance == 0


def test_the_same_report_twice_is_one_and_a_late_vote_on_it_is_refused(rater):
    nonce = assignments.next_for(rater=rater)[0].nonce
    assert report(rater, nonce)[0] == report(rater, nonce)[0]
    assert Report.objects.count() == 1
    with pytest.raises(VoteRefused) as caught:
        votes.record(rater=rater, nonce=nonce, answer={"overall": "left"})
    assert caught.value.code == "already_answered"


def test_what_is_answered_cannot_be_skipped(rater):
    nonce = assignments.next_for(rater=rater)[0].nonce
    votes.record(rater=rater, nonce=nonce, answer={"overall": "left"})
    with pytest.raises(VoteRefused) as caught:
        report(rater, nonce)
    assert caught.value.code == "already_answered"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "steal"},
        {"kind": None},
        {"reason": "bored"},
        {"reason": ""},
        {"kind": "broken", "position": 2},
        {"kind": "broken", "position": -1},
        {"kind": "broken", "position": True},
        {"kind": "broken", "position": "0"},
    ],
)
def test_reports_of_another_shape_are_refused(rater, fields):
    nonce = assignments.next_for(rater=rater)[0].nonce
    with pytest.raises(VoteRefused) as caught:
        report(rater, nonce, **fields)
    assert (caught.value.code, caught.value.status) == ("invalid_report", 400)


def test_who_has_skipped_everything_is_not_kept_waiting(study, rater):
    while served := assignments.next_for(rater=rater):
        report(rater, served[0].nonce)
    rater.refresh_from_db()
    assert (rater.state, rater.voted) == ("finished", 0)
