import random
from itertools import pairwise

from annotations.assignment.pairs import Item, Planned
from annotations.assignment.ranks import RUN, rounds, serving_order


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


def test_every_stretch_holds_the_blocks_in_proportion_and_in_runs():
    blocks = [round_of({"a": 200}), round_of({"a": 100})]
    served = list(rounds(blocks, overlap=2, rng=random.Random(1)))
    assert sorted(served) == sorted(
        (i, b, c) for i in range(2) for b in range(2) for c in range(len(blocks[b]))
    )
    assert [index for index, _, _ in served] == [0] * 300 + [1] * 300
    order = [block for _, block, _ in served]
    for start in range(0, 600, 60):
        assert 10 <= order[start : start + 60].count(1) <= 30
    changes = sum(first != second for first, second in pairwise(order))
    assert changes <= 600 / RUN


def test_a_study_of_one_block_is_served_round_by_round():
    made = round_of({"a": 7, "b": 3})
    served = list(rounds([made], overlap=3, rng=random.Random(1)))
    assert [index for index, _, _ in served] == [0] * 10 + [1] * 10 + [2] * 10
    assert sorted(c for i, _, c in served if i == 1) == list(range(10))
