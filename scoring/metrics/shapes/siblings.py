"""Wrong versions of a scene, each wrong in one respect: hard negatives, and known flaws for a study."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from scoring.metrics.shapes.scene import (
    BACKGROUNDS,
    COLOUR_BLIND,
    COLOURS,
    MAX_COUNT,
    OPPOSITE,
    SHAPES,
    SIZES,
    Group,
    Scene,
    pick,
)

Mistake = Literal["colour", "shape", "count", "size", "relation", "background", "missing"]
MISTAKES: tuple[Mistake, ...] = get_args(Mistake)


class NotApplicableError(ValueError):
    """The scene has nothing of the kind that should be made wrong."""


def with_wrong_colour(scene: Scene, rng: np.random.Generator) -> Scene:
    """One group in another colour."""
    index = int(rng.integers(len(scene.groups)))
    group = scene.groups[index]
    options = [c for c in COLOURS if c != group.colour]
    return _replace_group(scene, index, [replace(group, colour=c) for c in options], rng)


def with_wrong_shape(scene: Scene, rng: np.random.Generator) -> Scene:
    """One group in another shape."""
    index = int(rng.integers(len(scene.groups)))
    group = scene.groups[index]
    options = [s for s in SHAPES if s != group.shape]
    return _replace_group(scene, index, [replace(group, shape=s) for s in options], rng)


def with_wrong_count(scene: Scene, rng: np.random.Generator) -> Scene:
    """One object more or less in one group; never an empty group."""
    index = int(rng.integers(len(scene.groups)))
    group = scene.groups[index]
    options = [n for n in (group.count - 1, group.count + 1) if 1 <= n <= MAX_COUNT]
    return _replace_group(scene, index, [replace(group, count=n) for n in options], rng)


def with_wrong_size(scene: Scene, rng: np.random.Generator) -> Scene:
    """A small group large or a large one small."""
    sized = [i for i, group in enumerate(scene.groups) if group.size != "medium"]
    if not sized:
        raise NotApplicableError("No group of this scene has a stated size.")
    index = pick(rng, sized)
    group = scene.groups[index]
    options = [s for s in SIZES if s not in ("medium", group.size)]
    return _replace_group(scene, index, [replace(group, size=s) for s in options], rng)


def with_wrong_relation(scene: Scene, rng: np.random.Generator) -> Scene:
    """The two groups the other way round: left for right, above for below."""
    if scene.relation is None:
        raise NotApplicableError("This scene states no relation.")
    return replace(scene, relation=OPPOSITE[scene.relation])


def with_wrong_background(scene: Scene, rng: np.random.Generator) -> Scene:
    """The same objects on another background."""
    return replace(scene, background=pick(rng, [b for b in BACKGROUNDS if b != scene.background]))


def with_missing_object(scene: Scene, rng: np.random.Generator) -> Scene:
    """One object left out; a group of one disappears altogether, and a relation with it."""
    index = int(rng.integers(len(scene.groups)))
    group = scene.groups[index]
    if group.count > 1:
        return _replace_group(scene, index, [replace(group, count=group.count - 1)], rng)
    if len(scene.groups) == 1:
        raise NotApplicableError("This scene has one object only.")
    return replace(scene, groups=(scene.groups[1 - index],), relation=None)


def as_colour_blind(scene: Scene) -> Scene:
    """The scene as a red-green blind painter paints it; the same when no confused colour is in it."""
    groups = tuple(replace(g, colour=COLOUR_BLIND.get(g.colour, g.colour)) for g in scene.groups)
    return replace(scene, groups=groups)


_MAKERS: dict[Mistake, Callable[[Scene, np.random.Generator], Scene]] = {
    "colour": with_wrong_colour,
    "shape": with_wrong_shape,
    "count": with_wrong_count,
    "size": with_wrong_size,
    "relation": with_wrong_relation,
    "background": with_wrong_background,
    "missing": with_missing_object,
}


def applicable_mistakes(scene: Scene) -> tuple[Mistake, ...]:
    """The mistakes that can be made in this scene."""
    possible: dict[Mistake, bool] = {
        "size": any(group.size != "medium" for group in scene.groups),
        "relation": scene.relation is not None,
        "missing": scene.total > 1,
    }
    return tuple(mistake for mistake in MISTAKES if possible.get(mistake, True))


def with_mistake(scene: Scene, mistake: Mistake, rng: np.random.Generator) -> Scene:
    """The scene with one named mistake; NotApplicableError when it cannot be made here."""
    return _MAKERS[mistake](scene, rng)


def _replace_group(scene: Scene, index: int, options: list[Group], rng: np.random.Generator) -> Scene:
    """Swap one group, never for a twin of the other: "a red star and a red star" would read as two."""
    others = {(g.shape, g.colour) for i, g in enumerate(scene.groups) if i != index}
    twins_already = (scene.groups[index].shape, scene.groups[index].colour) in others
    free = [g for g in options if twins_already or (g.shape, g.colour) not in others]
    groups = list(scene.groups)
    groups[index] = pick(rng, free)
    return replace(scene, groups=tuple(groups))
