from collections import Counter
from itertools import pairwise

import pytest

from annotations.actions import assignments, studies, votes
from annotations.errors import VoteRefused
from annotations.models import Assignment, Place, Vote
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db
LEFT = {"overall": "left"}


def run_out(**filters):
    from django.utils import timezone

    past = timezone.now().replace(year=2001)
    held = Assignment.objects.filter(state="leased", **filters)
    Place.objects.filter(pk__in=held.values("place")).update(lease_expires_at=past)
    held.update(expires_at=past)


def test_asking_again_brings_the_same_assignments():
    rater = rater_in(planned_study())
    served = assignments.next_for(rater=rater)
    assert len(served) == assignments.AHEAD
    assert assignments.next_for(rater=rater) == served
    assert len({assignment.comparison_id for assignment in served}) == assignments.AHEAD


def test_nobody_gets_a_comparison_twice_and_everybody_gets_them_all():
    study = planned_study(prompts=4, generators=3, overlap=3, check_every=0)
    for _ in range(3):
        assert vote_all(rater_in(study)) == 12
    each = Counter(Vote.objects.values_list("comparison_id", "rater_id"))
    assert set(each.values()) == {1}
    assert len(each) == 36


@pytest.mark.long
def test_sides_balance_per_comparison_and_per_generator():
    study = planned_study(prompts=6, generators=4, overlap=3, check_every=0, repeat_share=0)
    for _ in range(3):
        vote_all(rater_in(study))
    left = Counter()
    for vote in Vote.objects.prefetch_related("comparison__slots"):
        slots = {slot.index: slot.generator_id for slot in vote.comparison.slots.all()}
        left[slots[int(vote.order[0])]] += 1
        left[slots[int(vote.order[1])]] -= 1
    assert all(abs(difference) <= 1 for difference in left.values())
    for comparison in study.comparisons.filter(kind="regular"):
        orders = Counter(comparison.votes.values_list("order", flat=True))
        assert abs(orders["01"] - orders["10"]) == 1


def test_the_same_prompt_does_not_come_twice_in_a_row_where_there_are_others():
    rater = rater_in(planned_study(prompts=12, generators=4, overlap=1, check_every=0))
    vote_all(rater, most=40)
    prompts = list(
        rater.assignments.filter(state="voted")
        .order_by("sequence")
        .values_list("comparison__prompt", flat=True)
    )
    assert all(one != other for one, other in pairwise(prompts))


@pytest.mark.long
@pytest.mark.parametrize("protocol", ["pairwise", "likert"])
def test_checks_come_early_and_never_two_in_a_row_or_twice(protocol):
    study = planned_study(
        prompts=10, generators=4, overlap=2, check_every=4, first_check_within=3, protocol=protocol,
        repeat_share=0,
    )  # fmt: skip
    for _ in range(2):
        rater = rater_in(study)
        vote_all(rater)
        rows = list(rater.assignments.order_by("sequence").values_list("sequence", "kind", "comparison_id"))
        checks = [sequence for sequence, kind, _ in rows if kind == "check"]
        assert checks[0] <= 3
        assert all(later - earlier >= 2 for earlier, later in pairwise(checks))
        assert len({comparison for _, _, comparison in rows}) == len(rows)
        assert len(checks) >= len(rows) / 8


def test_expired_leases_go_to_somebody_else_without_waiting_for_the_sweep():
    study = planned_study(prompts=1, generators=2, overlap=1, check_every=0)
    gone, here = rater_in(study), rater_in(study)
    lost = assignments.next_for(rater=gone)
    assert assignments.serve(rater=here).state == "waiting"
    run_out()
    found = assignments.next_for(rater=here)
    assert found[0].place_id == lost[0].place_id
    assert Assignment.objects.get(pk=lost[0].pk).state == "expired"


def test_whoever_asks_keeps_leases_that_nobody_has_taken_back():
    rater = rater_in(planned_study(check_every=0))
    served = assignments.next_for(rater=rater)
    run_out()
    renewed = assignments.next_for(rater=rater)
    assert renewed == served
    assert all(new.expires_at > old.served_at for new, old in zip(renewed, served, strict=True))
    assert assignments.release_expired() == 0


def test_who_has_voted_is_finished_politely_when_others_hold_the_rest():
    study = planned_study(prompts=2, generators=2, overlap=1, check_every=0)
    other, rater = rater_in(study), rater_in(study)
    assignments.next_for(rater=other, count=1)
    assert vote_all(rater) == 1
    assert rater.state == "finished"
    assert rater.completion_code


def test_who_has_not_voted_waits_while_others_hold_everything():
    study = planned_study(prompts=1, generators=2, overlap=1, check_every=0)
    holder, rater = rater_in(study), rater_in(study)
    assignments.next_for(rater=holder)
    serving = assignments.serve(rater=rater)
    assert serving.state == "waiting"
    assert 5 <= serving.retry_after_s <= 60
    rater.refresh_from_db()
    assert rater.state == "active"


def test_who_comes_when_everything_is_answered_gets_a_code_at_once():
    study = planned_study(prompts=1, generators=2, overlap=1, check_every=0)
    vote_all(rater_in(study))
    late = rater_in(study)
    assert assignments.serve(rater=late).state == "finished"
    late.refresh_from_db()
    assert late.completion_code


def test_nobody_gets_more_than_the_maximum():
    study = planned_study(prompts=10, max_votes_per_rater=7, check_every=3, first_check_within=2)
    for _ in range(5):
        rater = rater_in(study)
        assert vote_all(rater) == 7
        assert rater.assignments.count() == 7
        assert rater.state == "finished"


def test_a_study_that_stands_still_serves_nothing_and_finishes_nobody():
    study = planned_study()
    rater = rater_in(study)
    studies.pause(study=study, actor=None)
    assert assignments.serve(rater=rater).state == "paused"
    studies.resume(study=study, actor=None)
    studies.close(study=study, actor=None)
    assert assignments.serve(rater=rater).state == "closed"
    rater.refresh_from_db()
    assert rater.state == "active"


def test_consent_comes_first():
    from annotations.actions import raters

    rater, _ = raters.enter(panel=planned_study().panels.get())
    with pytest.raises(VoteRefused) as caught:
        assignments.next_for(rater=rater)
    assert caught.value.code == "consent_required"


def test_panels_have_their_own_votes_on_the_same_comparisons():
    from annotations.actions import panels, preparation
    from tests.factories import draft_study

    study = draft_study(prompts=3, generators=3, overlap=3, check_every=0)
    experts = panels.create(study=study, name="Experts", kind="expert", overlap=1, actor=None)
    studies.launch(study=study, actor=None)
    preparation.prepare(study=study)
    assert vote_all(rater_in(experts)) == 9
    assert set(study.places.filter(panel=experts).values_list("state", flat=True)) == {"filled"}
    assert set(study.places.exclude(panel=experts).values_list("state", flat=True)) == {"free"}
    for comparison in study.comparisons.filter(kind="regular"):
        shown = Counter(comparison.places.values_list("order", flat=True))
        assert shown["01"] == shown["10"] == 2


def test_after_a_break_nothing_in_hand_is_what_it_was_whatever_its_kind():
    """If checks and repeats alone kept their nonces, a break would tell which ones they are."""
    study = planned_study(prompts=12, check_every=3, first_check_within=2, repeat_share=0.5)
    rater = rater_in(study)
    kinds = set()
    for number in range(24):
        served = assignments.next_for(rater=rater)
        if number % 4 == 0:
            kinds |= {assignment.kind for assignment in served}
            run_out(rater=rater)
            assignments.release_expired()
            again = assignments.next_for(rater=rater)
            assert not {a.nonce for a in served} & {a.nonce for a in again}
            served = again
        votes.record(rater=rater, nonce=served[0].nonce, answer=LEFT, evidence={})
    assert kinds == {"regular", "check", "repeat"}
    rater.refresh_from_db()
    live = Assignment.objects.filter(rater=rater, state__in=["leased", "voted"])
    assert rater.repeats_served == live.filter(kind="repeat").count()


def test_a_late_answer_to_a_check_counts_like_a_late_answer_to_a_free_place():
    study = planned_study(prompts=12, check_every=3, first_check_within=2)
    rater = rater_in(study)
    while (check := next((a for a in assignments.next_for(rater=rater) if a.kind == "check"), None)) is None:
        first = assignments.next_for(rater=rater)[0]
        votes.record(rater=rater, nonce=first.nonce, answer=LEFT, evidence={})
    run_out(rater=rater)
    assignments.release_expired()
    receipt = votes.record(rater=rater, nonce=check.nonce, answer=LEFT, evidence={})
    assert (receipt.created, receipt.surplus) == (True, False)
    assert receipt.vote.passed is not None
