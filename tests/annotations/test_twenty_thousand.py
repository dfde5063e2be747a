"""Twenty thousand assignments through the real plan and the real serving: who stood where, who saw what."""

import random
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from django.db import transaction

from annotations.actions import assignments, trials, votes
from annotations.models import Assignment
from tests.factories import planned_study, rater_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WANTED = 20_025  # 89 prompts, 45 pairs of ten generators, five raters each
TOLERANCE = 0.014


@pytest.fixture(scope="module")
def served(django_db_setup, django_db_blocker):
    """(rater, sequence, kind, comparison, order, prompt, generators) of all assignments, by rater."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = _served()
        transaction.set_rollback(True)
    return found


def _served():
    study = planned_study(
        prompts=89,
        generators=10,
        overlap=5,
        check_every=12,
        repeat_share=0.05,
        max_votes_per_rater=240,
        seed=7,
    )
    assert study.places.count() == WANTED
    rng = random.Random(1)
    trials.chance.seed(1)  # the same sides at every run
    active = [rater_in(study) for _ in range(25)]
    while active:
        rater = rng.choice(active)
        served = assignments.next_for(rater=rater, count=1)
        if not served:
            active.remove(rater)
            if study.places.exclude(state="filled").exists():
                active.append(rater_in(study))
            continue
        answer = {"overall": rng.choice(["left", "right", "tie"])}
        votes.record(rater=rater, nonce=served[0].nonce, answer=answer, evidence={"answer_ms": 1000})
    assert not study.places.exclude(state="filled").exists()
    pairs = {
        comparison.pk: tuple(slot.generator_id for slot in comparison.slots.all())
        for comparison in study.comparisons.prefetch_related("slots")
    }
    rows = Assignment.objects.filter(study=study, state="voted").order_by("rater_id", "sequence")
    fields = ("rater_id", "sequence", "kind", "comparison_id", "order", "comparison__prompt_id")
    return [(*row, pairs[row[3]]) for row in rows.values_list(*fields)]


def regular(served):
    return [row for row in served if row[2] == "regular"]


def by_rater(rows):
    found = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found.values()


def test_every_generator_stands_left_half_the_time(served):
    left, shown = Counter(), Counter()
    for *_, order, _, generators in regular(served):
        left[generators[int(order[0])]] += 1
        shown.update(generators)
    assert len(regular(served)) == WANTED
    assert len(shown) == 10
    for generator, count in shown.items():
        assert abs(left[generator] / count - 0.5) <= TOLERANCE


def test_every_comparison_is_balanced_to_one(served):
    sides = defaultdict(Counter)
    for _, _, _, comparison, order, _, _ in regular(served):
        sides[comparison][order] += 1
    assert len(sides) == 89 * 45
    assert all(abs(of["01"] - of["10"]) <= 1 and of.total() == 5 for of in sides.values())


@pytest.mark.parametrize("lag", [1, 2, 3, 5])
def test_a_side_says_nothing_about_the_next_one(served, lag):
    """Straight or swapped, and whether the generator with the lower number stands left: the same thing. Three
    standard errors of independent coins are 0.021."""
    products = []
    for rows in by_rater(regular(served)):
        sides = [1 if row[4] == "01" else -1 for row in rows]
        products += [a * b for a, b in zip(sides, sides[lag:], strict=False)]
    assert len(products) > 19_000
    assert abs(sum(products) / len(products)) <= 0.021


def test_nobody_sees_a_pair_twice_but_in_a_planned_repeat_with_swapped_sides(served):
    repeats = 0
    for rows in by_rater(served):
        seen = {}
        for _, _, kind, comparison, order, _, _ in rows:
            if kind == "repeat":
                assert order == seen[comparison][::-1]
                repeats += 1
            else:
                assert comparison not in seen
                seen[comparison] = order
    assert 0.04 <= repeats / WANTED <= 0.06


def test_three_other_trials_stand_between_two_of_the_same_prompt(served):
    near = 0
    for rows in by_rater(served):
        last = {}
        for at, (*_, prompt, _) in enumerate(rows):
            near += prompt in last and at - last[prompt] <= 3
            last[prompt] = at
    assert near == 0


def test_no_rater_meets_one_side_in_long_runs(served):
    longest = 0
    for rows in by_rater(regular(served)):
        run = 1
        for first, second in pairwise(row[4] for row in rows):
            run = run + 1 if first == second else 1
            longest = max(longest, run)
    # Of 85 raters with 230 fair coins each, one in twenty million studies has a run of 40.
    assert longest < 40
