import pytest

from annotations.actions import assignments, qualification, raters, reports, votes
from annotations.actions.locking import lock_rater
from annotations.errors import VoteRefused
from annotations.models import Block, Comparison, ComparisonSlot, Panel, Vote
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


def study_with(*, practice=0, quiz=0, pass_mark=None, attempts=2, **settings):
    """A running study whose panel has so many practice and quiz comparisons; slot 0 is right in all."""
    study = planned_study(prompts=8, generators=2, overlap=1, check_every=0, **settings)
    Panel.objects.filter(study=study).update(quiz_pass_mark=pass_mark, quiz_attempts=attempts)
    regular = list(study.comparisons.filter(kind="regular").prefetch_related("slots"))
    for number, kind in enumerate(["practice"] * practice + ["quiz"] * quiz):
        like = regular[number]
        made = Comparison.objects.create(
            study=study,
            block=Block.objects.get(study=study),
            prompt_id=like.prompt_id,
            kind=kind,
            check_kind="gold",
            expected={"slot": 0},
            explanation=f"Look closely {number}.",
        )
        for slot in like.slots.all():
            ComparisonSlot.objects.create(
                comparison=made, index=slot.index, generator_id=slot.generator_id, image_id=slot.image_id
            )
    return study


def answer(rater, *, right=True, nonce=None):
    held = assignments.next_for(rater=rater)[0]
    side = held.order.index("0" if right else "1")
    said = {"overall": ("left", "right")[side]}
    return votes.record_and_serve(rater=rater, nonce=nonce or held.nonce, answer=said), said


def kinds(rater):
    return [held.kind for held in assignments.next_for(rater=rater)]


def test_practice_comes_first_with_feedback_and_counts_for_nothing():
    rater = rater_in(study_with(practice=2))
    assert kinds(rater) == ["practice", "practice"]
    (receipt, _, _), said = answer(rater, right=True)
    assert receipt.feedback == {"passed": True, "explanation": "Look closely 0.", "expected": said}
    (receipt, _, serving), said = answer(rater, right=False)
    assert receipt.feedback["passed"] is False
    assert receipt.feedback["expected"] != said
    assert {held.kind for held in serving.assignments} == {"regular"}
    rater.refresh_from_db()
    assert rater.practised_at is not None
    assert rater.voted == 0
    with pytest.raises(VoteRefused, match="nothing to take back"):
        votes.undo(rater=rater)
    assert vote_all(rater) == 8
    assert not Vote.objects.filter(kind="practice", place__isnull=False).exists()


def test_votes_get_no_feedback():
    rater = rater_in(study_with())
    (receipt, _, _), _ = answer(rater)
    assert receipt.feedback is None


def test_a_panel_may_do_without_practice():
    study = study_with(practice=2)
    Panel.objects.filter(study=study).update(practice=False)
    assert set(kinds(rater_in(study))) == {"regular"}


def test_who_passes_the_quiz_goes_on_to_vote():
    rater = rater_in(study_with(practice=1, quiz=4, pass_mark=0.75))
    answer(rater)
    assert kinds(rater) == ["quiz"] * 4
    for right in (True, False, True):
        (receipt, _, _), _ = answer(rater, right=right)
        assert receipt.feedback is None
    answer(rater, right=True)
    rater.refresh_from_db()
    assert (rater.qualified_at is not None, rater.quiz_tries, rater.state) == (True, 1, "active")
    assert set(kinds(rater)) == {"regular"}


def test_who_fails_every_attempt_is_screened_out():
    study = study_with(quiz=3, pass_mark=1, attempts=2)
    rater = rater_in(study)
    for _ in range(3):
        answer(rater, right=False)
    rater.refresh_from_db()
    assert (rater.quiz_tries, rater.state) == (1, "active")
    assert kinds(rater) == ["quiz"] * 3
    answer(rater)
    answer(rater)
    (_, _, serving), _ = answer(rater, right=False)
    assert (serving.state, serving.assignments) == ("screened_out", [])
    rater.refresh_from_db()
    assert (rater.state, rater.outcome, rater.completion_code) == ("screened_out", "screened_out", None)
    assert assignments.serve(rater=rater).state == "screened_out"
    with pytest.raises(VoteRefused):
        raters.finish(rater=rater)
    assert not study.places.exclude(state="free").exists()


def test_the_second_attempt_may_pass():
    rater = rater_in(study_with(quiz=2, pass_mark=0.5, attempts=2))
    for right in (False, False, True, False):
        answer(rater, right=right)
    rater.refresh_from_db()
    assert (rater.qualified_at is not None, rater.quiz_tries) == (True, 2)


def test_a_skipped_question_is_not_right_and_a_skipped_practice_is_done():
    rater = rater_in(study_with(practice=1, quiz=1, pass_mark=1, attempts=1))

    def skip():
        nonce = assignments.next_for(rater=rater)[0].nonce
        return reports.report_and_serve(rater=rater, nonce=nonce, kind="skip", reason="other")[2]

    assert [held.kind for held in skip().assignments] == ["quiz"]
    assert skip().state == "screened_out"


def test_a_panel_that_wants_a_quiz_but_has_no_question_locks_nobody_out():
    rater = rater_in(study_with(pass_mark=0.8))
    assert set(kinds(rater)) == {"regular"}


def test_a_question_that_is_in_hand_is_not_asked_again():
    rater = rater_in(study_with(quiz=3, pass_mark=1))
    before = assignments.next_for(rater=rater)
    assert assignments.next_for(rater=rater) == before
    assert qualification.stage(lock_rater(rater.pk)) == "quiz"
