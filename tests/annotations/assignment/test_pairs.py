import random
from collections import Counter

import pytest

from annotations.assignment.designs import Spec, plan
from annotations.assignment.pairs import Item, PromptItems, candidates, groups


def prompts(count, generators, *, seeds=("",), categories=("animals",)):
    return [
        PromptItems(
            number,
            categories[number % len(categories)],
            tuple(
                Item(1000 * number + 10 * generator + index, generator, seed)
                for generator in generators
                for index, seed in enumerate(seeds)
            ),
        )
        for number in range(count)
    ]


def planned(given, *, slots=2, per_prompt=None, seed=1):
    return plan(given, Spec(slots, per_prompt=per_prompt), random.Random(seed))


def test_round_robin_has_every_pair_of_generators_once_in_each_prompt():
    made = planned(prompts(3, [5, 2, 9]))
    assert Counter(p.generators for p in made) == {(2, 5): 3, (2, 9): 3, (5, 9): 3}
    assert [p.prompt for p in made] == [0] * 3 + [1] * 3 + [2] * 3


def test_slots_stand_in_the_order_of_generator_ids():
    for comparison in planned(prompts(2, [7, 3, 5])):
        assert list(comparison.generators) == sorted(comparison.generators)


def test_images_of_several_seeds_meet_seed_by_seed_and_none_is_left_out():
    items = [Item(1, 1, "a"), Item(2, 1, "b"), Item(3, 1, "c"), Item(4, 2, "a"), Item(5, 2, "b")]
    made = planned([PromptItems(0, "x", tuple(items))])
    assert [tuple(i.image for i in p.items) for p in made] == [(1, 4), (2, 5), (3, 4)]


def test_ratings_ask_about_each_image_alone():
    made = planned(prompts(2, [1, 2], seeds=("a", "b")), slots=1)
    assert len(made) == 8
    assert all(len(p.items) == 1 for p in made)


@pytest.mark.parametrize(("generators", "per_prompt"), [(3, 1), (5, 2), (6, 4), (8, 3)])
def test_a_stated_number_per_prompt_meets_pairs_equally_often(generators, per_prompt):
    made = planned(prompts(60, range(generators), categories=("a", "b", "c")), per_prompt=per_prompt)
    assert set(Counter(p.prompt for p in made).values()) == {per_prompt}
    pairs = Counter(p.generators for p in made)
    assert len(pairs) == generators * (generators - 1) // 2
    assert max(pairs.values()) - min(pairs.values()) <= 2
    for category in "abc":
        inside = Counter(p.generators for p in made if p.category == category)
        assert max(inside.values()) - min(inside.get(pair, 0) for pair in pairs) <= 1


def test_more_than_there_are_means_all():
    assert len(planned(prompts(2, [1, 2, 3]), per_prompt=99)) == 6


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    given = prompts(20, range(6))
    assert planned(given, per_prompt=2) == planned(given, per_prompt=2)
    assert planned(given, per_prompt=2) != planned(given, per_prompt=2, seed=2)


def test_groups_that_never_meet_are_told_apart():
    apart = [*prompts(1, [1, 2, 3]), PromptItems(7, "x", (Item(70, 8), Item(71, 9)))]
    assert groups(p.generators for p in planned(apart)) == [{1, 2, 3}, {8, 9}]
    joined = [*apart, PromptItems(8, "x", (Item(80, 3), Item(81, 8)))]
    assert groups(p.generators for p in planned(joined)) == [{1, 2, 3, 8, 9}]


def test_sets_are_chosen_not_listed():
    with pytest.raises(ValueError, match="3 images"):
        list(candidates(prompts(1, [1, 2, 3])[0], 3))
