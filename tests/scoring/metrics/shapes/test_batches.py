import numpy as np

from scoring.metrics.shapes.batches import (
    INPUT_SIZE,
    make_batch,
    sample_family,
    sample_members,
    sample_mirrored_pair,
)
from scoring.metrics.shapes.scene import OPPOSITE

WHERE = {"left", "right", "above", "over", "below", "under"}


def test_a_batch_is_decided_by_its_seed_and_index_alone():
    one, other, next_one = make_batch(3, 5, 16), make_batch(3, 5, 16), make_batch(3, 6, 16)
    assert one.captions == other.captions != next_one.captions
    assert (one.pictures == other.pictures).all()
    assert one.pictures.shape == (16, INPUT_SIZE, INPUT_SIZE, 3)


def test_no_caption_of_a_batch_stands_twice():
    for index in range(3):
        captions = make_batch(0, index, 64).captions
        assert len(set(captions)) == 64


def test_every_member_of_a_family_says_something_else():
    rng = np.random.default_rng(0)
    for _ in range(200):
        family = sample_family(rng)
        assert len(family) >= 3
        assert len({(member.scene.content, member.flaw) for member in family}) == len(family)


def test_at_first_every_third_batch_is_of_mirrored_pairs_and_later_every_batch_holds_some():
    rng = np.random.default_rng(1)
    for scene, mirrored in (sample_mirrored_pair(rng) for _ in range(50)):
        assert scene.scene.groups == mirrored.scene.groups
        assert scene.scene.relation == OPPOSITE[mirrored.scene.relation]
    related = [
        sum(bool(set(words.split()) & WHERE) for words in make_batch(0, index, 64).captions)
        for index in (0, 1, 2, 3, 4, 5, 5000)
    ]
    assert [n == 64 for n in related] == [False, False, True, False, False, True, False]
    assert related[-1] >= 64 // 3


def test_members_of_a_batch_are_all_different():
    members = sample_members(np.random.default_rng(2), 128)
    assert len({(member.scene.content, member.flaw) for member in members}) == 128
