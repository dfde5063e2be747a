import pytest

from annotations.actions import assignments, audit, raters, studies, votes
from annotations.errors import VoteRefused
from annotations.models import Assignment, Place, Vote
from annotations.selectors import study_overview
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db
LEFT = {"overall": "left"}


@pytest.fixture
def study():
    return planned_study(prompts=3, generators=2, overlap=2, check_every=0)


@pytest.fixture
def rater(study):
    return rater_in(study)


def first(rater):
    return assignments.next_for(rater=rater)[0]


def refusal(rater, nonce, answer=LEFT):
    with pytest.raises(VoteRefused) as caught:
        votes.record(rater=rater, nonce=nonce, answer=answer, evidence={})
    return caught.value.code, caught.value.status


def expired(assignment):
    past = assignment.served_at.replace(year=2001)
    Assignment.objects.filter(pk=assignment.pk).update(expires_at=past)
    Place.objects.filter(pk=assignment.place_id).update(lease_expires_at=past)
    assert assignments.release_expired() == 1


def test_a_vote_fills_its_place_and_keeps_what_was_shown(rater):
    assignment = first(rater)
    evidence = {"decoded_ms": 340, "answer_ms": 2100.6, "viewport_width": 390, "zoomed": True}
    receipt = votes.record(rater=rater, nonce=assignment.nonce, answer=LEFT, evidence=evidence)
    vote = Vote.objects.get()
    assert receipt.created
    assert (vote.answer, vote.order, vote.kind) == (LEFT, assignment.order, "regular")
    assert (vote.decoded_ms, vote.answer_ms, vote.viewport_width, vote.zoomed) == (340, 2101, 390, True)
    assert vote.passed is None
    assert Place.objects.get(pk=assignment.place_id).state == "filled"
    rater.refresh_from_db()
    assert rater.voted == 1


def test_the_same_answer_again_gets_the_same_receipt_and_another_answer_is_refused(rater):
    nonce = first(rater).nonce
    stored = votes.record(rater=rater, nonce=nonce, answer=LEFT, evidence={})
    again = votes.record(rater=rater, nonce=nonce, answer=LEFT, evidence={})
    assert (again.vote, again.created) == (stored.vote, False)
    assert refusal(rater, nonce, {"overall": "tie"}) == ("already_answered", 409)
    assert Vote.objects.count() == 1


def test_the_same_failures_in_another_order_are_the_same_answer():
    rater = rater_in(planned_study(protocol="failure_review"))
    nonce = first(rater).nonce
    for number, named in enumerate((["face", "anatomy"], ["face", "anatomy"], ["anatomy", "face"])):
        receipt = votes.record(rater=rater, nonce=nonce, answer={"failures": named})
        assert receipt.created == (number == 0)
    assert refusal(rater, nonce, {"failures": ["face"]}) == ("already_answered", 409)


def test_an_unknown_nonce_is_refused(rater):
    assert refusal(rater, "nobody-knows") == ("unknown_assignment", 404)


def test_somebody_elses_assignment_is_refused(study, rater):
    assert refusal(rater_in(study), first(rater).nonce) == ("foreign_assignment", 403)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"overall": "middle"},
        {"overall": 1},
        {"overall": "left", "x": "left"},
        "left",
        None,
        {"overall": []},
    ],
)
def test_answers_outside_the_protocol_are_refused(rater, answer):
    assert refusal(rater, first(rater).nonce, answer) == ("invalid_answer", 400)


def test_tie_and_both_bad_can_be_switched_off():
    rater = rater_in(planned_study(prompts=1, allow_tie=False, allow_both_bad=False))
    nonce = first(rater).nonce
    assert refusal(rater, nonce, {"overall": "tie"})[0] == "invalid_answer"
    assert refusal(rater, nonce, {"overall": "both_bad"})[0] == "invalid_answer"
    assert votes.record(rater=rater, nonce=nonce, answer=LEFT).created


def test_ratings_are_whole_numbers_from_1_to_5_on_every_criterion():
    rater = rater_in(planned_study(prompts=1, protocol="likert"))
    nonce = first(rater).nonce
    good = {"fidelity": 5, "alignment": 1, "aesthetics": 3}
    for bad in (6, 0, "3", 2.5, True, None):
        assert refusal(rater, nonce, {**good, "fidelity": bad})[0] == "invalid_answer"
    assert votes.record(rater=rater, nonce=nonce, answer=good).vote.answer == good


def test_a_paused_study_takes_no_votes_and_a_resumed_one_does(study, rater):
    nonce = first(rater).nonce
    studies.pause(study=study, actor=None)
    assert refusal(rater, nonce) == ("study_paused", 423)
    studies.resume(study=study, actor=None)
    assert votes.record(rater=rater, nonce=nonce, answer=LEFT).created


def test_a_closed_study_takes_no_votes_but_repeats_its_receipts(study, rater):
    answered, open_one = assignments.next_for(rater=rater, count=2)
    votes.record(rater=rater, nonce=answered.nonce, answer=LEFT)
    studies.close(study=study, actor=None)
    assert refusal(rater, open_one.nonce) == ("study_closed", 410)
    assert not votes.record(rater=rater, nonce=answered.nonce, answer=LEFT).created


def test_a_rater_who_has_finished_gives_no_more_votes(rater):
    open_one = assignments.next_for(rater=rater, count=2)
    votes.record(rater=rater, nonce=open_one[0].nonce, answer=LEFT)
    raters.finish(rater=rater)
    assert refusal(rater, open_one[1].nonce) == ("rater_finished", 409)


def test_a_late_vote_is_taken_while_its_place_is_free(rater):
    assignment = first(rater)
    expired(assignment)
    assert votes.record(rater=rater, nonce=assignment.nonce, answer=LEFT).created
    assert Place.objects.get(pk=assignment.place_id).state == "filled"


def test_a_vote_that_comes_when_its_place_is_filled_is_kept_as_surplus():
    study = planned_study(prompts=3, generators=2, overlap=1, check_every=0)
    rater = rater_in(study)
    assignment = assignments.next_for(rater=rater, count=1)[0]
    expired(assignment)
    other = rater_in(study)
    vote_all(other)
    receipt = votes.record(rater=rater, nonce=assignment.nonce, answer=LEFT)
    assert (receipt.created, receipt.surplus) == (True, True)
    assert Assignment.objects.get(pk=assignment.pk).state == "surplus"
    assert Vote.objects.filter(place=assignment.place_id, surplus=False).get().rater == other
    again = votes.record(rater=rater, nonce=assignment.nonce, answer=LEFT)
    assert (again.created, again.surplus) == (False, True)
    with pytest.raises(VoteRefused, match="nothing to take back"):
        votes.undo(rater=rater)
    rater.refresh_from_db()
    assert rater.voted == 1
    comparison = assignment.comparison_id
    assert comparison not in {a.comparison_id for a in assignments.next_for(rater=rater)}


def test_an_expired_assignment_that_was_served_anew_is_answered_once(rater):
    old = {a.comparison_id: a for a in assignments.next_for(rater=rater)}
    for assignment in old.values():
        expired(assignment)
    new = first(rater)
    assert votes.record(rater=rater, nonce=old[new.comparison_id].nonce, answer=LEFT).surplus
    assert study_overview.progress(rater.study).votes == 0
    assert study_overview.studies().get().vote_count == 0
    receipt = votes.record(rater=rater, nonce=new.nonce, answer=LEFT)
    assert (receipt.created, receipt.surplus) == (True, False)


@pytest.mark.parametrize(
    "junk",
    [
        {"answer_ms": "soon", "decoded_ms": -1, "device_pixel_ratio": float("nan"), "zoomed": "yes"},
        {"answer_ms": float("inf"), "viewport_width": True, "device_pixel_ratio": 1e9, "zoomed": 1},
        ["not", "a", "mapping"],
        None,
    ],
)
def test_junk_in_the_evidence_never_costs_a_vote(rater, junk):
    vote = votes.record(rater=rater, nonce=first(rater).nonce, answer=LEFT, evidence=junk).vote
    vote.refresh_from_db()
    assert (vote.answer_ms, vote.decoded_ms, vote.device_pixel_ratio, vote.zoomed) == (None,) * 4


@pytest.mark.parametrize("time", [1e15, 10**400])
def test_times_beyond_a_day_are_a_day(rater, time):
    vote = votes.record(rater=rater, nonce=first(rater).nonce, answer=LEFT, evidence={"answer_ms": time}).vote
    assert vote.answer_ms == votes.DAY_MS


def test_an_undone_vote_comes_again_at_its_number_and_its_place(rater):
    served = assignments.next_for(rater=rater)
    votes.record(rater=rater, nonce=served[0].nonce, answer=LEFT)
    again = votes.undo(rater=rater)
    assert (again.sequence, again.order, again.place_id) == (1, served[0].order, served[0].place_id)
    assert [a.pk for a in assignments.next_for(rater=rater)][:2] == [again.pk, served[1].pk]
    assert refusal(rater, served[0].nonce) == ("already_answered", 409)
    votes.record(rater=rater, nonce=again.nonce, answer={"overall": "right"})
    assert list(Vote.objects.filter(retracted_at=None).values_list("answer", flat=True)) == [
        {"overall": "right"}
    ]
    rater.refresh_from_db()
    assert rater.voted == 1
    assert rater.study.audit.filter(verb="vote_undone").count() == 1
    assert audit.verify(study=rater.study) == []


def test_only_the_last_vote_is_undone_and_only_once(rater):
    for _ in range(2):
        votes.record(rater=rater, nonce=first(rater).nonce, answer=LEFT)
    votes.undo(rater=rater)
    with pytest.raises(VoteRefused) as caught:
        votes.undo(rater=rater)
    assert caught.value.code == "nothing_to_undo"


def test_the_last_vote_of_all_can_be_undone_until_the_rater_asks_for_more(rater):
    vote_all(rater, most=2)
    last = first(rater)
    _, _, serving = votes.record_and_serve(rater=rater, nonce=last.nonce, answer=LEFT)
    assert serving.state == "finished"
    assert votes.undo(rater=rater).comparison_id == last.comparison_id
    votes.record(rater=rater, nonce=first(rater).nonce, answer=LEFT)
    assert assignments.next_for(rater=rater) == []
    with pytest.raises(VoteRefused, match="finished"):
        votes.undo(rater=rater)


@pytest.mark.long
def test_a_check_knows_whether_it_was_passed_whichever_side_it_stood_on():
    study = planned_study(prompts=8, generators=3, check_every=3, first_check_within=2)
    right = {}

    def careful(assignment):
        expected = assignment.comparison.expected
        if expected is None:
            return LEFT
        right[assignment.pk] = ("left", "right")[assignment.order.index(str(expected["slot"]))]
        return {"overall": right[assignment.pk]}

    rater = rater_in(study)
    vote_all(rater, careful)
    checks = Vote.objects.filter(rater=rater, kind="check")
    assert checks.count() == len(right) >= 6
    assert all(check.passed for check in checks)
    assert rater.checks_voted == len(right)
    assert set(right.values()) == {"left", "right"}
    careless = rater_in(study)
    vote_all(careless, lambda assignment: {"overall": "tie"})
    assert not Vote.objects.filter(rater=careless, passed=True).exists()
