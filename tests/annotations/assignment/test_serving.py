import random

from annotations.assignment.serving import FreePlace, choose, order_sign


def places(*orders, prompts=None):
    return [
        FreePlace(number, number, prompts[number] if prompts else number, order)
        for number, order in enumerate(orders)
    ]


def chosen(free, *, wanted=1, balance=0, recent=(), seed=1):
    return choose(free, wanted=wanted, balance=balance, recent=recent, rng=random.Random(seed))


def test_the_side_that_a_rater_has_had_less_comes_first():
    free = places("01", "01", "10")
    assert chosen(free, balance=2)[0].order == "10"
    assert chosen(free, balance=-1)[0].order == "01"


def test_several_at_once_even_out_among_themselves():
    free = places(*["01"] * 6, *["10"] * 6)
    for seed in range(20):
        assert sum(order_sign(place.order) for place in chosen(free, wanted=4, seed=seed)) == 0


def test_a_prompt_just_seen_waits_even_where_its_side_would_fit_better():
    free = places("10", "01", prompts=[5, 6])
    assert chosen(free, balance=1, recent=[5])[0].prompt == 6
    assert chosen(free[:1], balance=1, recent=[5])[0].prompt == 5


def test_no_comparison_comes_twice():
    free = [FreePlace(1, 7, 1, "01"), FreePlace(2, 7, 1, "10"), FreePlace(3, 8, 1, "01")]
    assert sorted(place.comparison for place in chosen(free, wanted=3)) == [7, 8]


def test_raters_who_come_at_once_do_not_all_reach_for_the_same_place():
    free = places(*["01", "10"] * 12)
    assert len({chosen(free, seed=seed)[0].pk for seed in range(40)}) > 10


def test_single_pictures_have_no_side_to_even_out():
    assert order_sign("0") == 0
    assert len(chosen(places("0", "0", "0"), wanted=3, balance=1)) == 3
