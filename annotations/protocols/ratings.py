"""One picture, one or several criteria, a number of points for each."""

from annotations.protocols.base import (
    CANNOT_JUDGE,
    Block,
    InvalidAnswer,
    Json,
    cannot_judge,
    criteria,
    exactly,
    is_whole,
)
from annotations.protocols.base import gettext_noop as _


class Ratings:
    def slots(self, block: Block) -> int:
        return 1

    def answers(self, block: Block) -> list[str | int]:
        return [*range(1, block["points"] + 1), *cannot_judge(block)]

    def checked(self, block: Block, order: str, answer: Json) -> Json:
        keys, points = criteria(block), block["points"]
        exactly(answer, keys)
        for key in keys:
            value = answer[key]
            if is_whole(value) and 1 <= value <= points:
                continue
            if value != CANNOT_JUDGE or not block.get("allow_cannot_judge"):
                raise InvalidAnswer(_("Each answer is a whole number from 1 to {points}."), points=points)
        return {key: answer[key] for key in keys}

    def said(self, block: Block, answer: Json) -> set[str]:
        return {str(value) for value in answer.values()}

    def passes(self, block: Block, expected: Json, order: str, answer: Json) -> bool:
        return all(
            is_whole(answer.get(key)) and low <= answer[key] <= high
            for key, (low, high) in expected["ratings"].items()
        )

    def expected_shown(self, block: Block, expected: Json, order: str) -> Json:
        return {key: list(bounds) for key, bounds in expected["ratings"].items()}
