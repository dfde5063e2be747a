"""Training batches drawn on the fly: families of near-identical pictures, each with its own caption.

A family is a scene and its siblings, each wrong in one respect or damaged in one way, all in the same
layout. With the whole family in the batch, the loss can only fall by looking at what differs. Members of
different families never show the same objects, so no caption fits a picture that it is counted against.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from scoring.metrics.shapes.caption import caption
from scoring.metrics.shapes.draw import draw
from scoring.metrics.shapes.flaws import FLAWS, Flaw, damage
from scoring.metrics.shapes.scene import Category, Group, Scene, pick, sample_scene
from scoring.metrics.shapes.siblings import applicable_mistakes, with_mistake

INPUT_SIZE = 96
FAMILY_SIZE = 4
_FLAW_RATE = 0.6
# Whatever shrinks a picture to the model's input size on the way, its edges should not matter.
_FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
# Shapes, counts and full scenes are harder to learn than colours and sizes, so they come more often.
_CATEGORY_DRAW: tuple[Category, ...] = (
    *("colour", "shape", "shape", "count", "count", "size", "relation", "scene", "scene"),
)
# Who stands where is learnt last of all: among other siblings its signal drowns for a thousand steps. So at
# first every third batch asks nothing else: pairs of a scene and its mirror image. Later such pairs make a
# third of every batch, because batch normalisation must see the same mixture in training as in use.
_MIRRORED_BATCH_EVERY = 3
_MIXED_FROM = 1000

Objects = frozenset[Group]


@dataclass(frozen=True, slots=True)
class Member:
    """One picture to draw and say."""

    scene: Scene
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures as bytes (n, 96, 96, 3), and the caption of each."""

    pictures: npt.NDArray[np.uint8]
    captions: tuple[str, ...]


def sample_family(rng: np.random.Generator, size: int = FAMILY_SIZE) -> list[Member]:
    """A scene and its siblings; fewer than `size` when the scene cannot be wrong in so many ways."""
    scene = sample_scene(rng, pick(rng, _CATEGORY_DRAW))
    members = [Member(scene)]
    if rng.random() < _FLAW_RATE:
        members.append(Member(scene, pick(rng, FLAWS)))
    seen = {scene.content}
    mistakes = applicable_mistakes(scene)
    shuffled = [mistakes[int(index)] for index in rng.permutation(len(mistakes))]
    for mistake in shuffled:
        sibling = with_mistake(scene, mistake, rng)
        if sibling.content not in seen and len(members) < size:
            seen.add(sibling.content)
            members.append(Member(sibling))
    return members


def sample_mirrored_pair(rng: np.random.Generator) -> list[Member]:
    """A scene with a relation, and the same with the relation the other way round."""
    scene = sample_scene(rng, "relation")
    return [Member(scene), Member(with_mistake(scene, "relation", rng))]


def sample_mixed(rng: np.random.Generator) -> list[Member]:
    """A mirrored pair as often as a family twice its size: pairs make a third of the pictures."""
    return sample_mirrored_pair(rng) if rng.random() < 0.5 else sample_family(rng)


def sample_members(
    rng: np.random.Generator,
    total: int,
    sample: Callable[[np.random.Generator], list[Member]] = sample_family,
) -> list[Member]:
    """Exactly `total` members of families that have no objects in common."""
    members: list[Member] = []
    taken: set[Objects] = set()
    while len(members) < total:
        family = sample(rng)
        objects = {_objects(member.scene) for member in family}
        if taken.isdisjoint(objects):
            taken |= objects
            members += family
    return members[:total]


def render(member: Member, rng: np.random.Generator, size: int = INPUT_SIZE) -> Image.Image:
    """The member's picture, shrunk by one of several filters."""
    picture = draw(member.scene, size, resample=pick(rng, _FILTERS))
    return picture if member.flaw is None else damage(picture, member.flaw, rng)


def make_batch(seed: int, index: int, total: int) -> Batch:
    """The batch of this seed and index: the same wherever and whenever it is made."""
    rng = np.random.default_rng((seed, index))
    members = sample_members(rng, total, _sampler(index))
    pictures = np.stack([np.asarray(render(member, rng)) for member in members])
    return Batch(pictures, tuple(caption(member.scene, rng, flaw=member.flaw) for member in members))


def _sampler(index: int) -> Callable[[np.random.Generator], list[Member]]:
    if index >= _MIXED_FROM:
        return sample_mixed
    mirrored = index % _MIRRORED_BATCH_EVERY == _MIRRORED_BATCH_EVERY - 1
    return sample_mirrored_pair if mirrored else sample_family


def _objects(scene: Scene) -> Objects:
    # Size, relation and background can be hard to see under a flaw: they do not tell families apart.
    return frozenset(Group(group.shape, group.colour, group.count) for group in scene.groups)
