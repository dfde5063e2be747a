from collections import Counter

import numpy as np
import pytest
from scipy import ndimage

from scoring.metrics.shapes.draw import COLOUR_RGB, draw, place
from scoring.metrics.shapes.scene import COLOURS, SHAPES, Group, Scene, sample_scene
from scoring.metrics.shapes.siblings import with_wrong_colour


def nearest_colours(scene: Scene, size: int = 256) -> np.ndarray:
    """For each pixel the index of the colour it was painted in, -1 where none is near."""
    pixels = np.asarray(draw(scene, size), float)
    paints = np.array([COLOUR_RGB[colour] for colour in COLOURS], float)
    distance = np.linalg.norm(pixels[:, :, None] - paints, axis=-1)
    return np.where(distance.min(axis=-1) < 24, distance.argmin(axis=-1), -1)


def blobs(scene: Scene) -> Counter:
    """How many separate patches of each colour the picture holds, crumbs aside."""
    found: Counter = Counter()
    painted = nearest_colours(scene)
    for index, colour in enumerate(COLOURS):
        labels, _ = ndimage.label(painted == index)
        areas = np.bincount(labels.ravel())[1:]
        found[colour] = int((areas > 60).sum())
    return +found


def test_the_same_scene_is_the_same_picture_and_another_seed_another():
    scene = sample_scene(np.random.default_rng(0), "scene")
    moved = Scene(scene.groups, scene.relation, scene.background, scene.seed + 1)
    assert draw(scene, 128).tobytes() == draw(scene, 128).tobytes()
    assert draw(scene, 128).tobytes() != draw(moved, 128).tobytes()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 4, 6])
def test_the_picture_shows_as_many_patches_of_the_colour_as_the_scene_says(shape, count):
    colour = COLOURS[(SHAPES.index(shape) + count) % len(COLOURS)]
    assert blobs(Scene((Group(shape, colour, count),), seed=count)) == {colour: count}


def test_both_groups_are_there_in_their_colours():
    scene = Scene((Group("star", "red", 3), Group("circle", "blue", 2)), "above", seed=4)
    assert blobs(scene) == {"red": 3, "blue": 2}


@pytest.mark.parametrize(
    ("relation", "axis", "sign"), [("left of", 1, -1), ("right of", 1, 1), ("above", 0, -1), ("below", 0, 1)]
)
def test_every_object_stands_where_the_relation_says(relation, axis, sign):
    for seed in range(8):
        painted = nearest_colours(
            Scene((Group("ring", "red", 2), Group("cross", "blue")), relation, seed=seed)
        )
        red = np.nonzero(painted == COLOURS.index("red"))[axis]
        blue = np.nonzero(painted == COLOURS.index("blue"))[axis]
        assert (sign * red).min() > (sign * blue).max()


def test_a_large_object_covers_much_more_than_a_small_one():
    small, large = (
        (nearest_colours(Scene((Group("circle", "green", size=size),), seed=1)) >= 0).sum()
        for size in ("small", "large")
    )
    assert large > 6 * small


def test_objects_lie_inside_the_picture_and_never_touch():
    rng = np.random.default_rng(7)
    for _ in range(300):
        items = place(sample_scene(rng))
        for index, item in enumerate(items):
            assert item.radius < item.x < 1 - item.radius
            assert item.radius < item.y < 1 - item.radius
            for other in items[:index]:
                assert np.hypot(item.x - other.x, item.y - other.y) > item.radius + other.radius


def test_a_sibling_of_another_colour_keeps_every_place():
    rng = np.random.default_rng(8)
    for _ in range(50):
        scene = sample_scene(rng)
        sibling = with_wrong_colour(scene, rng)
        assert [(p.x, p.y, p.radius) for p in place(scene)] == [(p.x, p.y, p.radius) for p in place(sibling)]


def test_every_resolution_shows_the_same_picture():
    scene = sample_scene(np.random.default_rng(9), "scene")
    large = np.asarray(draw(scene, 384).resize((96, 96)), float)
    assert draw(scene, 384).size == (384, 384)
    assert np.abs(large - np.asarray(draw(scene, 96), float)).mean() < 2
