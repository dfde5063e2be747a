import random
from itertools import pairwise

import numpy as np
import pytest

from annotations.assignment.serving import (
    FreePlace,
    Trail,
    choose,
    farthest,
    order_sign,
    repeat_is_due,
    reversed_order,
)


def place(number, *, order="01", prompt=None, category="", block=1):
    return FreePlace(number, number, order, number, number if prompt is None else prompt, category, block)


def chosen(free, *, trail=None, balance=0, mine=(), seed=1):
    return choose(free, trail or Trail(3), balance=balance, mine=mine, rng=random.Random(seed))


def test_the_side_that_a_rater_has_had_less_comes_more_often():
    free = [place(1, order="01"), place(2, order="10")]
    straight = {
        balance: sum(chosen(free, balance=balance, seed=seed).order == "01" for seed in range(1000))
        for balance in (-100, -50, 0, 50, 100)
    }
    assert straight[-100] == 1000
    assert straight[100] == 0
    assert 700 < straight[-50] < 800
    assert 200 < straight[50] < 300
    assert 450 < straight[0] < 550


def test_sides_of_a_long_session_are_even_and_none_foretells_the_next():
    rng = random.Random(5)
    free = [place(1, order="01"), place(2, order="10")]
    signs, balances, balance = [], [], 0
    for _ in range(20_000):
        signs.append(order_sign(choose(free, Trail(0), balance=balance, mine=(), rng=rng).order))
        balance += signs[-1]
        balances.append(balance)
    assert np.mean(signs) == pytest.approx(0, abs=0.014)
    assert max(map(abs, balances)) < 50
    assert np.corrcoef(signs[:-1], signs[1:])[0, 1] == pytest.approx(0, abs=0.02)


def test_a_prompt_waits_until_so_many_others_have_come():
    trail = Trail(3, [(5, ""), (6, ""), (7, "")])
    assert [trail.distance(prompt) for prompt in (7, 6, 5, 4)] == [0, 1, 2, 3]
    assert chosen([place(1, prompt=5), place(2, prompt=7)], trail=trail) is None
    assert farthest([place(1, prompt=7), place(2, prompt=5)], trail).pk == 2
    trail.add(8, "")
    assert chosen([place(1, prompt=5), place(2, prompt=7)], trail=trail).pk == 1
    assert trail.lately() == [(6, ""), (7, ""), (8, "")]


def test_without_a_gap_any_prompt_may_follow():
    trail = Trail(0, [(5, "a")])
    assert chosen([place(1, prompt=5)], trail=trail).pk == 1
    assert trail.lately() == [(5, "a")]
    assert trail.recent(0) == []


def test_categories_alternate_where_they_can():
    free = [place(number, category="ab"[number % 2]) for number in range(20)]
    trail, order = Trail(0), []
    for _ in range(20):
        best = chosen([each for each in free if each.pk not in {o.pk for o in order}], trail=trail)
        trail.add(best.prompt, best.category)
        order.append(best)
    assert all(one.category != other.category for one, other in pairwise(order))


def test_the_block_whose_turn_it_is_goes_on():
    free = [place(3, block=1), place(4, block=2), place(2, block=2), place(5, block=1)]
    assert {chosen(free, seed=seed).pk for seed in range(20)} == {2, 4}


def test_what_is_leased_already_comes_first():
    free = [place(1), place(2), place(3, block=2)]
    assert {chosen(free, mine={3}, seed=seed).pk for seed in range(10)} == {3}


def test_raters_who_come_at_once_do_not_all_reach_for_the_same_place():
    free = [place(number, order=("01", "10")[number % 2]) for number in range(24)]
    assert len({chosen(free, seed=seed).pk for seed in range(40)}) > 10


def test_repeats_come_at_their_share_and_never_early():
    rng, repeats = random.Random(3), 0
    for regular in range(4000):
        due = repeat_is_due(regular=regular, repeats=repeats, share=0.05, rng=rng)
        assert not (due and regular < 10)
        repeats += due
    assert repeats == pytest.approx(200, abs=12)
    assert not any(repeat_is_due(regular=500, repeats=0, share=0, rng=rng) for _ in range(50))


@pytest.mark.parametrize(("order", "again"), [("01", "10"), ("0", "0"), ("2031", "1302")])
def test_a_repeat_is_shown_the_other_way_round(order, again):
    assert reversed_order(order) == again


@pytest.mark.parametrize(("order", "sign"), [("01", 1), ("10", -1), ("0", 0), ("210", 0)])
def test_pairs_alone_have_sides(order, sign):
    assert order_sign(order) == sign
