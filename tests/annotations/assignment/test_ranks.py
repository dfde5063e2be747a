import random
from itertools import pairwise

from annotations.assignment.pairs import Item, Planned
from annotations.assignment.ranks import serving_order


def round_of(sizes, prompts_per_category=5):
    made = []
    for category, size in sizes.items():
        for number in range(size):
            prompt = f"{category}{number % prompts_per_category}"
            made.append(Planned(prompt, category, (Item(len(made), 1), Item(len(made) + 1, 2))))
    return made


def test_a_round_holds_every_comparison_once():
    made = round_of({"a": 7, "b": 3})
    assert sorted(serving_order(made, random.Random(1))) == list(range(10))


def test_categories_are_spread_over_the_whole_round():
    made = round_of({"large": 60, "small": 12})
    order = serving_order(made, random.Random(3))
    for start in range(0, 72, 12):
        block = [made[number].category for number in order[start : start + 12]]
        assert 1 <= block.count("small") <= 3


def test_a_prompt_does_not_come_twice_in_a_row_where_there_are_others():
    made = round_of({"a": 30, "b": 30}, prompts_per_category=10)
    order = serving_order(made, random.Random(5))
    prompts = [made[number].prompt for number in order]
    assert all(first != second for first, second in pairwise(prompts))


def test_rounds_differ():
    made = round_of({"a": 20})
    rng = random.Random(1)
    assert serving_order(made, rng) != serving_order(made, rng)
