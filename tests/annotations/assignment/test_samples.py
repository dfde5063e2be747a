import random
from collections import Counter

from annotations.assignment.pairs import Item, PromptItems
from annotations.assignment.samples import draw
from tests.annotations.assignment.test_pairs import prompts


def drawn(given, wanted, seed=1, **options):
    return draw(given, per_generator=wanted, rng=random.Random(seed), **options)


def test_each_generator_has_its_number_evenly_over_categories():
    planned = drawn(prompts(90, range(4), categories=("a", "b", "c")), 50)
    assert Counter(p.generators for p in planned) == {(g,): 50 for g in range(4)}
    for generator in range(4):
        counts = Counter(p.category for p in planned if p.generators == (generator,))
        assert max(counts.values()) - min(counts.values()) <= 1


def test_generators_are_reviewed_on_the_same_prompts():
    planned = drawn(prompts(40, range(3), categories=("a", "b")), 10)
    assert len({p.prompt for p in planned}) == 10


def test_a_small_category_gives_all_it_has_and_the_others_fill_up():
    given = [PromptItems(n, "rare" if n < 2 else "usual", (Item(n, 1),)) for n in range(30)]
    assert Counter(p.category for p in drawn(given, 20)) == {"rare": 2, "usual": 18}


def test_fewer_images_than_wanted_are_all_reviewed_further_seeds_last():
    given = prompts(4, [1], seeds=("x", "y"))
    assert len(drawn(given, 50)) == 8
    assert {item.seed for p in drawn(given, 4) for item in p.items} == {"x"}


def test_known_images_are_not_sampled_and_another_seed_gives_another_sample():
    given = prompts(20, [1, 2])
    known = frozenset(p.images for p in drawn(given, 5))
    assert not known & {p.images for p in drawn(given, 20, known=known)}
    assert drawn(given, 5) == drawn(given, 5) != drawn(given, 5, seed=2)
