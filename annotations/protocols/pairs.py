"""Two pictures, one or several criteria, graded or not."""

from annotations.protocols.base import Block, InvalidAnswer, Json, cannot_judge, criteria, exactly
from annotations.protocols.base import gettext_noop as _

SIDES = {"left": 0, "right": 1, "much_left": 0, "much_right": 1}


class Pairs:
    def slots(self, block: Block) -> int:
        return 2

    def answers(self, block: Block) -> list[str | int]:
        sides = ["much_left", "left", "right", "much_right"] if block.get("graded") else ["left", "right"]
        extra = [(block.get("allow_tie"), "tie"), (block.get("allow_both_bad"), "both_bad")]
        return [*sides, *(name for allowed, name in extra if allowed), *cannot_judge(block)]

    def checked(self, block: Block, order: str, answer: Json) -> Json:
        keys, allowed = criteria(block), self.answers(block)
        exactly(answer, keys)
        if not all(isinstance(answer[key], str) and answer[key] in allowed for key in keys):
            raise InvalidAnswer(_("Each answer is one of {answers}."), answers=", ".join(map(str, allowed)))
        return {key: answer[key] for key in keys}

    def said(self, block: Block, answer: Json) -> set[str]:
        return set(answer.values())

    def passes(self, block: Block, expected: Json, order: str, answer: Json) -> bool:
        """The first criterion must name the right picture, and no other one the wrong picture: it may differ
        in one respect only, so a tie elsewhere is no contradiction."""
        right = order.index(str(expected["slot"]))
        chosen = [SIDES.get(answer[key]) for key in criteria(block)]
        return chosen[0] == right and all(side in (right, None) for side in chosen)

    def expected_shown(self, block: Block, expected: Json, order: str) -> Json:
        side = "left" if order.index(str(expected["slot"])) == 0 else "right"
        return {criteria(block)[0]: side}
