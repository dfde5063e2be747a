import random
from collections import Counter

import pytest

from annotations.assignment import adaptive
from annotations.assignment.balance import Quotas
from annotations.assignment.designs import Spec, open_to
from annotations.assignment.pairs import groups
from tests.annotations.assignment.test_pairs import prompts

CATEGORIES = ("a", "b", "c")


def material(count=30, generators=6, **spec):
    given = prompts(count, range(generators), categories=CATEGORIES)
    spec = Spec(2, **{"design": "adaptive", "per_prompt": 4, **spec})
    return given, [planned for prompt in given for planned in open_to(prompt, spec)], spec


def following(candidates, opened, spec, *, wins=None, ties=None, seed="1"):
    closed = [planned for planned in candidates if planned not in opened]
    drawn = adaptive.next_batch(closed, opened, spec=spec, wins=wins or {}, ties=ties or {}, seed=seed)
    return drawn, [closed[at] for at in drawn.chosen]


def test_the_budget_is_what_prompts_and_quotas_allow():
    _, candidates, spec = material()
    assert adaptive.size(candidates, spec) == adaptive.Size(budget=120, first=30, step=12)
    _, candidates, spec = material(quotas=Quotas(category={"a": 5}))
    assert adaptive.size(candidates, spec).budget == 5 + 40 + 40
    _, candidates, spec = material(quotas=Quotas(pair=3))
    assert adaptive.size(candidates, spec).budget == 15 * 3


@pytest.mark.parametrize("generators", [3, 6, 12])
def test_the_first_batch_is_balanced_and_connects_all(generators):
    given, candidates, spec = material(generators=generators)
    drawn = adaptive.first_batch(given, candidates, spec, random.Random(1))
    first = [candidates[at] for at in drawn.chosen]
    assert len(first) == adaptive.size(candidates, spec).first
    assert len(groups(p.generators for p in first)) == 1
    by_category = Counter(p.category for p in first)
    assert max(by_category.values()) - min(by_category.values()) <= 1
    pairs = Counter(p.generators for p in first)
    assert max(pairs.values()) - min(pairs.get(pair, 0) for pair in {p.generators for p in candidates}) <= 2
    assert {tuple(pair[:2]): pair[2] for pair in drawn.pairs} == pairs


def test_a_later_batch_asks_about_what_is_least_known():
    """Generator 0 has met the others a thousand times; 4 and 5 have hardly been asked about."""
    given, candidates, spec = material()
    first = adaptive.first_batch(given, candidates, spec, random.Random(1))
    opened = [candidates[at] for at in first.chosen]
    wins = {(a, b): 250 for a in range(4) for b in range(4) if a != b} | {(0, 4): 1, (5, 0): 1}
    drawn, batch = following(candidates, opened, spec, wins=wins)
    assert len(batch) == 12
    with_unknown = sum(bool({4, 5} & set(p.generators)) for p in batch)
    assert with_unknown >= 10
    assert drawn.variance_after < drawn.variance_before
    chances = [chance for *_, chance, _ in drawn.pairs]
    assert sum(chances) == pytest.approx(1)
    assert min(chances) > 0


def test_batches_stay_within_quotas_and_end_with_the_budget():
    quotas = Quotas(category={"a": 9, "b": 30, "c": 30}, pair=12)
    given, candidates, spec = material(quotas=quotas)
    opened = [candidates[at] for at in adaptive.first_batch(given, candidates, spec, random.Random(1)).chosen]
    rounds = 0
    while batch := following(candidates, opened, spec, seed=str(rounds))[1]:
        assert not set(batch) & set(opened)
        opened += batch
        rounds += 1
    assert Counter(p.category for p in opened) == {"a": 9, "b": 30, "c": 30}
    assert max(Counter(p.generators for p in opened).values()) <= 12
    assert 4 <= rounds <= 10


def test_the_same_seed_and_votes_give_the_same_batch():
    given, candidates, spec = material()
    opened = [candidates[at] for at in adaptive.first_batch(given, candidates, spec, random.Random(1)).chosen]
    wins = {(0, 1): 3, (1, 2): 2, (3, 2): 4}
    assert following(candidates, opened, spec, wins=wins) == following(candidates, opened, spec, wins=wins)
    other = following(candidates, opened, spec, wins=wins, seed="2")
    assert other != following(candidates, opened, spec, wins=wins)


def test_prompts_asked_least_come_first():
    given, candidates, spec = material(count=12)
    opened = [candidates[at] for at in adaptive.first_batch(given, candidates, spec, random.Random(1)).chosen]
    _, batch = following(candidates, opened, spec)
    asked = Counter(p.prompt for p in opened)
    assert max(asked[p.prompt] for p in batch) <= min(asked[n] for n in range(12)) + 1
