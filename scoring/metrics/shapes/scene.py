"""What is in a picture: groups of coloured shapes, their relation and the background.

A scene is the truth that both the drawing and the caption are made from. Everything a caption can say is a
field here, so two scenes with the same `content` have the same captions, and siblings (hard negatives)
differ from their scene in one field of one group, or in the relation or the background alone.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

import numpy as np

Shape = Literal["circle", "square", "triangle", "star", "heart", "diamond", "cross", "ring"]
Colour = Literal["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"]
Size = Literal["small", "medium", "large"]
Relation = Literal["left of", "right of", "above", "below"]
Background = Literal["plain", "black", "grey", "cream"]
Category = Literal["colour", "shape", "count", "size", "relation", "scene"]

SHAPES: tuple[Shape, ...] = get_args(Shape)
COLOURS: tuple[Colour, ...] = get_args(Colour)
SIZES: tuple[Size, ...] = get_args(Size)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
BACKGROUNDS: tuple[Background, ...] = get_args(Background)
CATEGORIES: tuple[Category, ...] = get_args(Category)
OPPOSITE: dict[Relation, Relation] = {
    "left of": "right of",
    "right of": "left of",
    "above": "below",
    "below": "above",
}
MAX_COUNT = 6

# The colours that a red-green blind painter mixes up, and what it paints instead.
COLOUR_BLIND: dict[Colour, Colour] = {"red": "brown", "green": "brown", "purple": "blue", "pink": "blue"}

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Group:
    """Some equal objects: `count` shapes of one colour and size. A medium size goes unsaid in captions."""

    shape: Shape
    colour: Colour
    count: int = 1
    size: Size = "medium"

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_COUNT:
            raise ValueError(f"A group has 1 to {MAX_COUNT} objects, not {self.count}.")


@dataclass(frozen=True, slots=True)
class Scene:
    """One or two groups; `relation`: where the first stands seen from the second; `seed`: the layout."""

    groups: tuple[Group, ...]
    relation: Relation | None = None
    background: Background = "plain"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.groups) <= 2:
            raise ValueError(f"A scene has one or two groups, not {len(self.groups)}.")
        if self.relation is not None and len(self.groups) != 2:
            raise ValueError("A relation needs two groups.")

    @property
    def total(self) -> int:
        """How many objects the picture shows."""
        return sum(group.count for group in self.groups)

    @property
    def content(self) -> Hashable:
        """What the picture says, whatever the layout: equal for "A left of B" and "B right of A"."""
        if self.relation in ("right of", "below"):
            return (self.groups[::-1], OPPOSITE[self.relation], self.background)
        if self.relation is None:
            return (tuple(sorted(self.groups, key=repr)), None, self.background)
        return (self.groups, self.relation, self.background)


def pick(rng: np.random.Generator, options: Sequence[Choice]) -> Choice:
    """One of the options; keeps their type, which `rng.choice` does not."""
    return options[int(rng.integers(len(options)))]


def sample_scene(rng: np.random.Generator, category: Category | None = None) -> Scene:
    """A random scene that puts the category's question; any category when none is named."""
    chosen: Category = pick(rng, CATEGORIES) if category is None else category
    return _SAMPLERS[chosen](rng)


def _new_seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _sample_colour(rng: np.random.Generator) -> Scene:
    shape = pick(rng, SHAPES)
    first, second = _two(rng, COLOURS)
    groups = (Group(shape, first), Group(shape, second))
    return Scene(groups[: pick(rng, (1, 2))], seed=_new_seed(rng))


def _sample_shape(rng: np.random.Generator) -> Scene:
    colour = pick(rng, COLOURS)
    first, second = _two(rng, SHAPES)
    groups = (Group(first, colour), Group(second, colour))
    return Scene(groups[: pick(rng, (1, 2))], seed=_new_seed(rng))


def _sample_count(rng: np.random.Generator) -> Scene:
    group = Group(pick(rng, SHAPES), pick(rng, COLOURS), int(rng.integers(2, MAX_COUNT + 1)))
    return Scene((group,), seed=_new_seed(rng))


def _sample_size(rng: np.random.Generator) -> Scene:
    one, two = _two_looks(rng)
    small, large = replace(one, size="small"), replace(two, size="large")
    groups = pick(rng, ((small,), (large,), (small, large), (large, small)))
    return Scene(groups, seed=_new_seed(rng))


def _sample_relation(rng: np.random.Generator) -> Scene:
    return Scene(_two_looks(rng), pick(rng, RELATIONS), seed=_new_seed(rng))


def _sample_scene(rng: np.random.Generator) -> Scene:
    first, second = _two_looks(rng)
    counts = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    groups = (replace(first, count=counts[0]), replace(second, count=counts[1]))
    if sum(counts) <= 3 and rng.random() < 0.5:
        groups = (replace(groups[0], size=pick(rng, ("small", "large"))), groups[1])
    relation = pick(rng, (None, *RELATIONS))
    return Scene(groups, relation, pick(rng, BACKGROUNDS), _new_seed(rng))


_SAMPLERS: dict[Category, Callable[[np.random.Generator], Scene]] = {
    "colour": _sample_colour,
    "shape": _sample_shape,
    "count": _sample_count,
    "size": _sample_size,
    "relation": _sample_relation,
    "scene": _sample_scene,
}


def _two(rng: np.random.Generator, options: Sequence[Choice]) -> tuple[Choice, Choice]:
    first, second = rng.choice(len(options), size=2, replace=False)
    return options[int(first)], options[int(second)]


def _two_looks(rng: np.random.Generator) -> tuple[Group, Group]:
    """Two single objects that differ in shape, in colour or in both."""
    first = Group(pick(rng, SHAPES), pick(rng, COLOURS))
    while True:
        second = Group(pick(rng, SHAPES), pick(rng, COLOURS))
        if second != first:
            return first, second
