"""What every protocol offers, and the refusal that they share."""

from collections.abc import Mapping
from typing import Any
from typing import Protocol as Interface

Block = Mapping[str, Any]
Json = dict[str, Any]
CANNOT_JUDGE = "cannot_judge"


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogues of translations. Whoever shows a refusal translates it."""
    return text


class InvalidAnswer(Exception):
    """An answer or a remark that the protocol does not have: what is wrong, and how to mend it. To translate:
    `mend`, and `template` before its values are filled in."""

    def __init__(
        self, template: str, mend: str = gettext_noop("Choose one of the answers shown."), **values: object
    ) -> None:
        self.template, self.mend, self.values = template, mend, values
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return self.template.format(**self.values)


class Protocol(Interface):
    def slots(self, block: Block) -> int: ...

    def answers(self, block: Block) -> list[str | int]: ...

    def checked(self, block: Block, order: str, answer: Json) -> Json: ...

    def said(self, block: Block, answer: Json) -> set[str]:
        """What the answer says, in the words that `reasons.required_for` is written in."""
        ...

    def passes(self, block: Block, expected: Json, order: str, answer: Json) -> bool: ...

    def expected_shown(self, block: Block, expected: Json, order: str) -> Json: ...


_ = gettext_noop


def criteria(block: Block) -> list[str]:
    return [criterion["key"] for criterion in block["criteria"]]


def exactly(answer: Json, keys: list[str]) -> None:
    if set(answer) != set(keys):
        raise InvalidAnswer(
            _("An answer names exactly {keys}."), _("Answer every question."), keys=", ".join(keys)
        )


def cannot_judge(block: Block) -> list[str]:
    return [CANNOT_JUDGE] if block.get("allow_cannot_judge") else []


def is_whole(value: object) -> bool:
    """True is an int in Python, and none of ours."""
    return type(value) is int
