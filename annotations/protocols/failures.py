"""One picture, and which kinds of failure it shows."""

from annotations.protocols.base import Block, InvalidAnswer, Json, exactly
from annotations.protocols.base import gettext_noop as _

# What a block reviews whose designer has written no list of their own.
DEFAULT_TAXONOMY: list[dict[str, str]] = [
    {"key": "anatomy", "label": "Anatomy, hands", "hint": "Extra, missing or twisted limbs, fingers, eyes"},
    {"key": "face", "label": "Face", "hint": "Distorted or lifeless features"},
    {"key": "text_rendering", "label": "Text", "hint": "Wrong, broken or unreadable letters"},
    {"key": "object_count", "label": "Number of objects", "hint": "More or fewer than described"},
    {
        "key": "spatial_relation",
        "label": "Spatial relation",
        "hint": "Left, right, on, under, behind",
    },
    {"key": "attribute_binding", "label": "Attributes", "hint": "Colours or properties on the wrong object"},
    {"key": "artefact", "label": "Artefact", "hint": "Seams, smears, repeated patterns, noise"},
    {"key": "exposure", "label": "Exposure", "hint": "Far too dark or too bright"},
    {"key": "unsafe", "label": "Unsafe content", "hint": "Violent, sexual or hateful"},
    {"key": "other", "label": "Other", "hint": "Say what in the note"},
]


def taxonomy(block: Block) -> list[dict[str, str]]:
    return list(block.get("taxonomy") or DEFAULT_TAXONOMY)


def known(block: Block) -> list[str]:
    return [failure["key"] for failure in taxonomy(block)]


class FailureReview:
    def slots(self, block: Block) -> int:
        return 1

    def answers(self, block: Block) -> list[str | int]:
        return list(known(block))

    def checked(self, block: Block, order: str, answer: Json) -> Json:
        exactly(answer, ["failures"])
        named, keys = answer["failures"], known(block)
        if not isinstance(named, list) or not all(isinstance(key, str) and key in keys for key in named):
            raise InvalidAnswer(
                _("Failures are some of {keys}."), _("Choose from the list shown."), keys=", ".join(keys)
            )
        if len(set(named)) != len(named):
            raise InvalidAnswer(_("A failure is named twice."), _("Name each once."))
        return {"failures": [key for key in keys if key in named]}

    def said(self, block: Block, answer: Json) -> set[str]:
        return set(answer["failures"]) or {"none"}

    def passes(self, block: Block, expected: Json, order: str, answer: Json) -> bool:
        if expected.get("none"):
            return not answer["failures"]
        return set(expected["failures"]) <= set(answer["failures"])

    def expected_shown(self, block: Block, expected: Json, order: str) -> Json:
        return {"failures": [] if expected.get("none") else list(expected["failures"])}
