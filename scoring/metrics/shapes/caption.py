"""Say a scene in words.

Every field that differs from its default is said, so a caption fits one content only.
"""

import numpy as np

from scoring.metrics.shapes.flaws import Flaw
from scoring.metrics.shapes.scene import (
    BACKGROUNDS,
    COLOURS,
    OPPOSITE,
    SHAPES,
    Group,
    Relation,
    Scene,
    Size,
    pick,
)

# The text encoder reads 20 tokens, two of which mark start and end; every word here is one token.
MAX_WORDS = 18

_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_SIZE_WORDS: dict[Size, tuple[str, ...]] = {
    "small": ("small", "little", "tiny"),
    "medium": ("",),
    "large": ("large", "big", "huge"),
}
_RELATION_WORDS: dict[Relation, tuple[str, ...]] = {
    "left of": ("left of", "to the left of"),
    "right of": ("right of", "to the right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}
_PICTURE_WORDS = ("picture", "image", "drawing")
_FLAW_WORDS: dict[Flaw, tuple[str, ...]] = {
    "blurry": ("blurry", "blurred", "fuzzy"),
    "noisy": ("noisy", "grainy", "speckled"),
    "pixelated": ("pixelated", "blocky"),
    "faded": ("faded", "pale"),
}
_PRAISE_WORDS = ("clear", "sharp", "clean")


def caption(scene: Scene, rng: np.random.Generator | None = None, *, flaw: Flaw | None = None) -> str:
    """The scene in words: always the same plain words without `rng`, one of many wordings with it."""
    words = _compose(scene, rng, flaw, terse=False)
    if len(words.split()) > MAX_WORDS:
        words = _compose(scene, rng, flaw, terse=True)
    return words


def domain_words() -> tuple[str, ...]:
    """Every word a caption may hold, sorted; the tokenizer gives each of them one token."""
    shapes = [word for shape in SHAPES for word in (shape, _plural(shape))]
    phrases = [*shapes, *COLOURS, *_NUMBERS.values(), *BACKGROUNDS[1:], *_PICTURE_WORDS, *_PRAISE_WORDS]
    for table in (_SIZE_WORDS, _RELATION_WORDS, _FLAW_WORDS):
        phrases += [phrase for options in table.values() for phrase in options]
    phrases.append("a an and of on background")
    return tuple(sorted({word for phrase in phrases for word in phrase.split()}))


def _compose(scene: Scene, rng: np.random.Generator | None, flaw: Flaw | None, *, terse: bool) -> str:
    first, *rest = (_noun(group, rng) for group in scene.groups)
    if not rest:
        body = first
    elif scene.relation is None:
        body = " and ".join((first, rest[0]) if rng is None or rng.random() < 0.5 else (rest[0], first))
    else:
        body = _related(first, rest[0], scene.relation, rng, terse=terse)
    return _opening(rng, flaw) + body + _ground(scene, rng, terse=terse)


def _noun(group: Group, rng: np.random.Generator | None) -> str:
    look = " ".join(filter(None, (_choose(rng, _SIZE_WORDS[group.size]), group.colour)))
    if group.count > 1:
        number = _choose(rng, (_NUMBERS[group.count],) * 3 + (str(group.count),))
        return f"{number} {look} {_plural(group.shape)}"
    article = "an" if look[0] in "aeiou" else "a"
    return f"{_choose(rng, (article, article, article, 'one'))} {look} {group.shape}"


def _related(
    first: str, second: str, relation: Relation, rng: np.random.Generator | None, *, terse: bool
) -> str:
    if rng is not None and rng.random() < 0.5:
        first, second, relation = second, first, OPPOSITE[relation]
    options = _RELATION_WORDS[relation]
    words = (
        options[0] if terse else options[-1] if rng is None and " " in options[0] else _choose(rng, options)
    )
    return f"{first} {words} {second}"


def _opening(rng: np.random.Generator | None, flaw: Flaw | None) -> str:
    if flaw is not None:
        return f"a {_choose(rng, _FLAW_WORDS[flaw])} {_choose(rng, _PICTURE_WORDS)} of "
    if rng is None or rng.random() < 0.5:
        return ""
    picture = pick(rng, _PICTURE_WORDS)
    if rng.random() < 0.4:
        return f"a {pick(rng, _PRAISE_WORDS)} {picture} of "
    return f"{'an' if picture == 'image' else 'a'} {picture} of "


def _ground(scene: Scene, rng: np.random.Generator | None, *, terse: bool) -> str:
    if scene.background == "plain":
        return ""
    if terse:
        return f" on {scene.background}"
    return _choose(rng, (f" on a {scene.background} background", f" on {scene.background}"))


def _choose(rng: np.random.Generator | None, options: tuple[str, ...]) -> str:
    return options[0] if rng is None else pick(rng, options)


def _plural(shape: str) -> str:
    return shape + ("es" if shape.endswith("ss") else "s")
