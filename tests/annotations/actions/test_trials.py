"""The rules of serving on real rows: gaps between prompts, repeats, blocks, the end of what is left."""

from collections import Counter
from itertools import pairwise

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations import selectors
from annotations.actions import assignments, raters, votes
from annotations.models import Assignment, Place, Rater, Study
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db
LEFT = {"overall": "left"}


def shown(rater):
    """(sequence, kind, prompt, comparison, order) of all that a rater was shown."""
    rows = rater.assignments.exclude(state="retracted").order_by("sequence")
    return list(rows.values_list("sequence", "kind", "comparison__prompt", "comparison", "order"))


def gaps(rows):
    last, found = {}, []
    for sequence, _, prompt, *_ in rows:
        if prompt in last:
            found.append(sequence - last[prompt] - 1)
        last[prompt] = sequence
    return found


@pytest.mark.long
@pytest.mark.parametrize("gap", [0, 1, 3, 6])
def test_a_prompt_comes_again_only_after_so_many_others(gap):
    study = planned_study(
        prompts=20, generators=4, overlap=1, prompt_gap=gap, check_every=5, repeat_share=0.2
    )
    rater = rater_in(study)
    vote_all(rater, most=90)
    rows = shown(rater)
    assert {kind for _, kind, *_ in rows} == {"regular", "check", "repeat"}
    assert min(gaps(rows)) >= gap


def test_where_too_few_prompts_are_left_the_one_shown_longest_ago_comes():
    rater = rater_in(planned_study(prompts=3, generators=3, overlap=1, prompt_gap=5, check_every=0))
    assert vote_all(rater) == 9
    assert min(gaps(shown(rater))) == 2


def test_categories_take_turns():
    rater = rater_in(planned_study(prompts=30, generators=2, overlap=1, check_every=0, repeat_share=0))
    vote_all(rater, most=20)
    rows = rater.assignments.order_by("sequence")
    categories = list(rows.values_list("comparison__prompt__category", flat=True))[:20]
    assert all(one != other for one, other in pairwise(categories))


@pytest.mark.long
@pytest.mark.parametrize("protocol", ["pairwise", "likert"])
def test_repeats_swap_what_was_shown_hold_no_place_and_come_once(protocol):
    study = planned_study(
        prompts=24, generators=4, overlap=1, protocol=protocol, repeat_share=0.25, check_every=0
    )
    rater = rater_in(study)
    vote_all(rater)
    rows = shown(rater)
    first = {comparison: (number, order) for number, kind, _, comparison, order in rows if kind == "regular"}
    repeats = [row for row in rows if row[1] == "repeat"]
    assert len(first) == (144 if protocol == "pairwise" else 96)
    assert rater.repeats_served == len(repeats)
    assert 0.15 * len(first) < len(repeats) < 0.35 * len(first)
    assert max(Counter(row[3] for row in repeats).values()) == 1
    for sequence, _, _, comparison, order in repeats:
        assert order == first[comparison][1][::-1]
        assert sequence - first[comparison][0] > 10
    assert rows[-1][1] == "regular"
    assert not Assignment.objects.filter(kind="repeat", place__isnull=False).exists()
    assert set(Place.objects.values_list("state", flat=True)) == {"filled"}


def test_repeats_count_towards_the_maximum():
    study = planned_study(
        prompts=24, generators=4, overlap=1, repeat_share=0.5, max_votes_per_rater=40, check_every=0
    )
    rater = rater_in(study)
    assert vote_all(rater) == 40
    assert rater.repeats_served > 5


@pytest.mark.long
def test_a_returning_rater_goes_on_behind_what_they_have_met():
    study = planned_study(prompts=60, generators=2, overlap=5, check_every=0, repeat_share=0)
    started = []
    for _ in range(5):
        rater = rater_in(study)
        vote_all(rater, most=55)
        behind = Place.objects.filter(panel=rater.panel, state="free", rank__lt=rater.rank_from)
        assert not behind.exclude(comparison__assignments__rater=rater).exists()
        started.append(rater.rank_from)
        assert vote_all(rater) == 5
    assert max(started) > 0


def test_what_comes_back_behind_a_rater_is_found_in_the_end():
    study = planned_study(prompts=40, generators=2, overlap=1, check_every=0, repeat_share=0)
    gone, rater = rater_in(study), rater_in(study)
    assignments.next_for(rater=gone)
    vote_all(rater, most=25)
    votes.record(rater=gone, nonce=assignments.next_for(rater=gone)[0].nonce, answer=LEFT)
    raters.finish(rater=gone)
    assert vote_all(rater) == 14


def test_sides_of_leases_that_ran_out_do_not_count():
    study = planned_study(prompts=20, generators=2, overlap=1, check_every=0)
    rater = rater_in(study)
    served = assignments.next_for(rater=rater)
    rater.refresh_from_db()
    assert rater.order_balance == sum({"01": 1, "10": -1}[held.order] for held in served)
    past = served[0].served_at.replace(year=2001)
    Assignment.objects.filter(rater=rater).update(expires_at=past)
    Place.objects.filter(state="leased").update(lease_expires_at=past)
    assert assignments.release_expired() == len(served)
    rater.refresh_from_db()
    assert rater.order_balance == 0


@pytest.mark.long
def test_serving_costs_as_many_queries_for_who_has_met_much(django_assert_max_num_queries):
    rater = rater_in(planned_study(prompts=60, generators=3, overlap=2, check_every=0, repeat_share=0))
    vote_all(rater, most=150)
    held = assignments.next_for(rater=rater)
    for assignment in held:
        with django_assert_max_num_queries(13):
            votes.record_and_serve(rater=rater, nonce=assignment.nonce, answer=LEFT)


def test_the_frozen_design_is_not_read_for_every_vote():
    rater = rater_in(planned_study(prompts=30, generators=3, overlap=2, check_every=0, repeat_share=0))
    held = assignments.next_for(rater=rater)
    votes.record_and_serve(rater=rater, nonce=held[0].nonce, answer=LEFT)
    table = Study._meta.db_table
    with CaptureQueriesContext(connection) as caught:
        votes.record_and_serve(rater=rater, nonce=held[1].nonce, answer=LEFT)
    assert not [query for query in caught if f'FROM "{table}"' in query["sql"]]
    assert not [query for query in caught if "design" in query["sql"]]


def test_the_first_check_is_counted_from_the_first_trial_that_counts():
    """Practice and quiz have sequence numbers as well, and would use up the span that it is drawn from."""
    study = planned_study(prompts=20, overlap=1, check_every=12, first_check_within=18)
    learnt = 17
    firsts = set()
    for _ in range(12):
        rater = rater_in(study)
        Rater.objects.filter(pk=rater.pk).update(served=learnt)
        assignments.next_for(rater=rater, count=1)
        rater.refresh_from_db()
        firsts.add(rater.next_check_at - learnt)
    assert min(firsts) >= 2
    assert len(firsts) > 2


def test_the_number_of_answers_still_to_come_falls_by_one_with_each_whatever_it_is():
    study = planned_study(prompts=16, generators=3, overlap=1, check_every=4, repeat_share=0.2)
    vote_all(rater_in(study), most=20)
    rater, totals, kinds = rater_in(study), [], set()
    for _ in range(18):
        (first, *_others) = assignments.next_for(rater=rater)
        votes.record(rater=rater, nonce=first.nonce, answer=LEFT)
        kinds.add(first.kind)
        rater.refresh_from_db()
        cache.clear()
        totals.append(selectors.progress(rater, held=6)["total"])
    assert kinds >= {"regular", "check"}
    assert len(set(totals)) == 1
