import random
from collections import Counter
from itertools import combinations

import pytest

from annotations.assignment.balance import Quotas
from annotations.assignment.designs import Spec, plan, skeleton
from annotations.assignment.pairs import Item, PromptItems, groups
from tests.annotations.assignment.test_pairs import prompts

CATEGORIES = ("a", "b", "c")


def made(given, *, seed=1, **spec):
    return plan(given, Spec(**{"slots": 2, **spec}), random.Random(seed))


def met(planned):
    return Counter(pair for p in planned for pair in combinations(p.generators, 2))


def spread(counts, expected=None):
    values = list(counts.values()) + [0] * ((expected or len(counts)) - len(counts))
    return max(values) - min(values)


def one_group(planned):
    return len(groups(p.generators for p in planned)) == 1


@pytest.mark.parametrize(("generators", "per_prompt"), [(3, 1), (4, 2), (7, 3), (12, 5)])
def test_balanced_pairs_meet_equally_often_within_each_category(generators, per_prompt):
    planned = made(prompts(48, range(generators), categories=CATEGORIES), per_prompt=per_prompt)
    assert len(planned) == 48 * per_prompt
    pairs = generators * (generators - 1) // 2
    for category in CATEGORIES:
        assert spread(met(p for p in planned if p.category == category), pairs) <= 1
    assert spread(met(planned), pairs) <= 2


def test_a_baseline_meets_every_other_generator_and_nobody_else_meets():
    planned = made(prompts(6, range(5)), design="baseline", baseline=3)
    assert len(planned) == 6 * 4
    assert all(3 in p.generators for p in planned)
    assert one_group(planned)


def test_a_baseline_design_with_a_number_gives_each_other_generator_the_same():
    planned = made(prompts(24, range(5)), design="baseline", baseline=0, per_prompt=2)
    others = Counter(generator for p in planned for generator in p.generators if generator)
    assert spread(others, 4) <= 1


def test_a_random_design_is_drawn_anew_by_each_seed_and_keeps_its_quotas():
    given = prompts(60, range(6), categories=CATEGORIES)
    quotas = Quotas(category={"a": 10, "b": 30}, pair=8)
    drawn = [made(given, seed=seed, design="random", per_prompt=3, quotas=quotas) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    for planned in drawn:
        by_category = Counter(p.category for p in planned)
        assert by_category["a"] == 10
        assert by_category["b"] == 30
        assert max(met(planned).values()) <= 8
        assert max(Counter(p.prompt for p in planned).values()) <= 3
        assert one_group(planned)


def test_a_quota_for_all_categories_holds_in_each():
    planned = made(prompts(30, range(4), categories=CATEGORIES), design="random", quotas=Quotas(category=7))
    assert Counter(p.category for p in planned) == dict.fromkeys(CATEGORIES, 7)


@pytest.mark.parametrize("design", ["balanced", "random"])
@pytest.mark.parametrize("seed", range(5))
def test_as_few_comparisons_as_can_connect_do(design, seed):
    """Eleven comparisons for twelve generators: chance would hardly ever hit on a tree."""
    planned = made(prompts(11, range(12)), design=design, per_prompt=1, seed=seed)
    assert len(planned) == 11
    assert one_group(planned)


def test_generators_that_one_prompt_alone_connects_are_connected():
    """Two worlds share a single prompt among forty."""
    left, right = prompts(20, [0, 1, 2]), prompts(20, [3, 4, 5])
    right = [PromptItems(100 + p.prompt, p.category, p.items) for p in right]
    bridge = PromptItems(999, "a", tuple(Item(9000 + g, g) for g in range(6)))
    for seed in range(5):
        assert one_group(made([*left, *right, bridge], per_prompt=1, seed=seed))


@pytest.mark.parametrize(
    ("generators", "size", "per_prompt"), [(4, 4, 1), (6, 3, 2), (7, 4, 3), (9, 3, 4), (12, 4, 3)]
)
def test_sets_let_generators_and_pairs_meet_about_equally_often(generators, size, per_prompt):
    given = prompts(60, range(generators), categories=CATEGORIES)
    planned = made(given, slots=size, per_prompt=per_prompt)
    assert {len(set(p.generators)) for p in planned} == {size}
    assert set(Counter(p.prompt for p in planned).values()) == {per_prompt}
    alone = Counter(generator for p in planned for generator in p.generators)
    assert spread(alone, generators) <= 2
    assert spread(met(planned), generators * (generators - 1) // 2) <= 3


@pytest.mark.parametrize(
    ("generators", "size", "most"), [(4, 4, 1), (5, 3, 5), (7, 3, 10), (9, 3, 17), (12, 4, 17)]
)
def test_a_full_design_of_sets_lets_every_pair_meet_within_each_prompt(generators, size, most):
    planned = made(prompts(3, range(generators)), slots=size)
    for prompt in range(3):
        inside = [p for p in planned if p.prompt == prompt]
        assert len(met(inside)) == generators * (generators - 1) // 2
        assert len(inside) <= most


def test_sets_with_a_baseline_all_hold_it():
    planned = made(prompts(4, range(7)), slots=4, design="baseline", baseline=2)
    assert all(2 in p.generators for p in planned)
    assert set(Counter(p.prompt for p in planned).values()) == {2}
    assert one_group(planned)


def test_prompts_with_too_few_generators_are_left_out_of_sets():
    given = [*prompts(2, range(3)), PromptItems(9, "a", tuple(Item(90 + g, g) for g in range(5)))]
    assert {p.prompt for p in made(given, slots=4, per_prompt=2)} == {9}


def test_further_seeds_take_their_turn_in_sets():
    planned = made(prompts(1, range(4), seeds=("x", "y")), slots=3, per_prompt=4)
    shown = Counter(item.image for p in planned for item in p.items)
    assert len(shown) == 8


def test_random_sets_differ_and_are_never_taken_twice_in_a_prompt():
    planned = made(prompts(3, range(6)), slots=3, design="random", per_prompt=20)
    for prompt in range(3):
        sets = [p.generators for p in planned if p.prompt == prompt]
        assert len(sets) == len(set(sets)) == 20


@pytest.mark.parametrize(
    "spec", [{}, {"per_prompt": 2}, {"slots": 3}, {"slots": 1}, {"slots": 3, "per_prompt": 1}]
)
def test_what_has_a_known_answer_is_not_asked(spec):
    given = prompts(3, range(4))
    known = frozenset(p.images for p in made(given, **spec)[:3])
    assert not known & {p.images for p in made(given, known=known, **spec)}


def test_a_stated_total_spreads_over_categories():
    planned = made(prompts(90, range(4), categories=CATEGORIES), most=12, design="balanced")
    assert Counter(p.category for p in planned) == dict.fromkeys(CATEGORIES, 4)


@pytest.mark.parametrize("slots", [2, 3])
def test_joining_comparisons_are_as_few_as_it_takes(slots):
    joining = skeleton(prompts(30, range(9)), Spec(slots), random.Random(1))
    assert one_group(joining)
    assert len(joining) == (8 if slots == 2 else 4)


@pytest.mark.parametrize(
    "spec", [{"per_prompt": 2}, {"slots": 3, "per_prompt": 2}, {"design": "random", "per_prompt": 2}]
)
def test_the_same_seed_gives_the_same_plan_and_another_seed_another(spec):
    given = prompts(20, range(6))
    assert made(given, **spec) == made(given, **spec) != made(given, seed=2, **spec)
