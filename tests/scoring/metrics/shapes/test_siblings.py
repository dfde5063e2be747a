from dataclasses import fields

import numpy as np
import pytest

from scoring.metrics.shapes.scene import Group, Scene, sample_scene
from scoring.metrics.shapes.siblings import (
    MISTAKES,
    NotApplicableError,
    applicable_mistakes,
    as_colour_blind,
    with_missing_object,
    with_mistake,
    with_wrong_relation,
    with_wrong_size,
)


def differences(one: Scene, other: Scene) -> list[str]:
    """The names of what differs: group fields, relation, background, seed."""
    names = [
        name for name in ("relation", "background", "seed") if getattr(one, name) != getattr(other, name)
    ]
    for a, b in zip(one.groups, other.groups, strict=True):
        names += [field.name for field in fields(a) if getattr(a, field.name) != getattr(b, field.name)]
    return names


@pytest.mark.parametrize("mistake", [mistake for mistake in MISTAKES if mistake != "missing"])
def test_a_sibling_differs_in_exactly_the_named_attribute(mistake):
    rng = np.random.default_rng(1)
    tried = 0
    for _ in range(400):
        scene = sample_scene(rng)
        if mistake in applicable_mistakes(scene):
            sibling = with_mistake(scene, mistake, rng)
            assert differences(scene, sibling) == [mistake]
            assert sibling.content != scene.content
            tried += 1
    assert tried >= 50


def test_a_missing_object_leaves_one_fewer_and_nothing_else_changed():
    rng = np.random.default_rng(2)
    for _ in range(300):
        scene = sample_scene(rng)
        if scene.total > 1:
            sibling = with_missing_object(scene, rng)
            assert sibling.total == scene.total - 1
            assert {(g.shape, g.colour, g.size) for g in sibling.groups} <= {
                (g.shape, g.colour, g.size) for g in scene.groups
            }


def test_a_sibling_never_shows_two_groups_that_look_alike():
    rng = np.random.default_rng(3)
    scene = Scene((Group("star", "red"), Group("star", "blue")))
    for _ in range(100):
        sibling = with_mistake(scene, "colour", rng)
        assert sibling.groups[0].colour != sibling.groups[1].colour


@pytest.mark.parametrize("make", [with_wrong_size, with_wrong_relation, with_missing_object])
def test_a_mistake_that_cannot_be_made_is_refused(make):
    with pytest.raises(NotApplicableError):
        make(Scene((Group("star", "red"),)), np.random.default_rng(0))


def test_the_colour_blind_painter_mixes_up_red_and_green_but_not_yellow_and_blue():
    red, green, yellow, blue = (
        as_colour_blind(Scene((Group("star", colour),))).groups[0].colour
        for colour in ("red", "green", "yellow", "blue")
    )
    assert red == green
    assert (yellow, blue) == ("yellow", "blue")
