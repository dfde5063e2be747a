import numpy as np
import pytest

from scoring.metrics.shapes.scene import CATEGORIES, MAX_COUNT, Group, Scene, sample_scene


def scenes(category: str, n: int = 200) -> list[Scene]:
    rng = np.random.default_rng(5)
    return [sample_scene(rng, category) for _ in range(n)]


def test_the_same_seed_gives_the_same_scenes():
    one, other = (np.random.default_rng(3) for _ in range(2))
    assert [sample_scene(one) for _ in range(50)] == [sample_scene(other) for _ in range(50)]


@pytest.mark.parametrize("category", CATEGORIES)
def test_two_groups_of_a_scene_never_look_alike(category):
    for scene in scenes(category):
        looks = [(group.shape, group.colour) for group in scene.groups]
        assert len(set(looks)) == len(looks)


def test_each_category_puts_its_own_question():
    assert all(scene.groups[0].count >= 2 for scene in scenes("count"))
    assert all(any(group.size != "medium" for group in scene.groups) for scene in scenes("size"))
    assert all(scene.relation is not None for scene in scenes("relation"))
    assert all(len({group.shape for group in scene.groups}) == 1 for scene in scenes("colour"))
    assert all(len({group.colour for group in scene.groups}) == 1 for scene in scenes("shape"))
    assert all(len(scene.groups) == 2 for scene in scenes("scene"))


def test_a_categorys_scenes_are_plenty_enough_for_a_study():
    assert all(len({scene.content for scene in scenes(category)}) >= 60 for category in CATEGORIES)


def test_left_of_and_its_converse_are_the_same_content():
    star, ring = Group("star", "red"), Group("ring", "blue")
    assert Scene((star, ring), "left of").content == Scene((ring, star), "right of", seed=9).content
    assert Scene((star, ring), "left of").content != Scene((star, ring), "right of").content
    assert Scene((star, ring)).content == Scene((ring, star)).content


@pytest.mark.parametrize("count", [0, MAX_COUNT + 1])
def test_a_group_of_an_impossible_count_is_refused(count):
    with pytest.raises(ValueError, match="1 to 6 objects"):
        Group("star", "red", count)


def test_a_relation_without_a_second_group_is_refused():
    with pytest.raises(ValueError, match="two groups"):
        Scene((Group("star", "red"),), "above")
