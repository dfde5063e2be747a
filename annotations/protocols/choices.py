"""Several pictures: the best of them, the best and the worst, or all of them in order."""

from annotations.protocols.base import (
    CANNOT_JUDGE,
    Block,
    InvalidAnswer,
    Json,
    cannot_judge,
    exactly,
    is_whole,
)
from annotations.protocols.base import gettext_noop as _

NONE = "none"  # all of them are bad


def _slots(block: Block) -> int:
    size: int = block["size"]
    return size


def _shown(expected: Json, order: str) -> Json:
    return {name: order.index(str(expected[name])) for name in ("best", "worst") if name in expected}


class BestOfN:
    def slots(self, block: Block) -> int:
        return _slots(block)

    def answers(self, block: Block) -> list[str | int]:
        none = [NONE] if block.get("allow_both_bad") else []
        return [*range(_slots(block)), *none, *cannot_judge(block)]

    def checked(self, block: Block, order: str, answer: Json) -> Json:
        words = [word for word in self.answers(block) if isinstance(word, str)]
        best = answer.get("best")
        if isinstance(best, str):
            exactly(answer, ["best"])
            if best not in words:
                raise InvalidAnswer(_("The best is a position or one of: {words}."), words=", ".join(words))
            return {"best": best}
        keys = ["best", "worst"] if block.get("pick") == "best_and_worst" else ["best"]
        exactly(answer, keys)
        if not all(is_whole(answer[key]) and 0 <= answer[key] < len(order) for key in keys):
            raise InvalidAnswer(_("A position is a whole number from 0 to {last}."), last=len(order) - 1)
        if len(keys) == 2 and answer["best"] == answer["worst"]:
            raise InvalidAnswer(
                _("The best picture can't be the worst."), _("Choose two different pictures.")
            )
        return {key: answer[key] for key in keys}

    def said(self, block: Block, answer: Json) -> set[str]:
        return {answer["best"]} if isinstance(answer["best"], str) else {"best", *answer}

    def passes(self, block: Block, expected: Json, order: str, answer: Json) -> bool:
        """Where only the best is asked for, a known worst must at least not be chosen as such."""
        if not is_whole(answer["best"]):
            return False
        right = _shown(expected, order)
        if "best" in right and answer["best"] != right["best"]:
            return False
        if "worst" not in right:
            return True
        if "worst" in answer:
            return bool(answer["worst"] == right["worst"])
        return bool(answer["best"] != right["worst"])

    def expected_shown(self, block: Block, expected: Json, order: str) -> Json:
        return _shown(expected, order)


class Ranking:
    def slots(self, block: Block) -> int:
        return _slots(block)

    def answers(self, block: Block) -> list[str | int]:
        return [*range(_slots(block)), *cannot_judge(block)]

    def checked(self, block: Block, order: str, answer: Json) -> Json:
        exactly(answer, ["ranking"])
        ranking = answer["ranking"]
        if ranking == CANNOT_JUDGE and block.get("allow_cannot_judge"):
            return {"ranking": CANNOT_JUDGE}
        positions = list(range(len(order)))
        whole = isinstance(ranking, list) and all(is_whole(position) for position in ranking)
        if not whole or sorted(ranking) != positions:
            raise InvalidAnswer(
                _("A ranking names each position once, the best first."), _("Put every picture in its place.")
            )
        return {"ranking": list(ranking)}

    def said(self, block: Block, answer: Json) -> set[str]:
        return {CANNOT_JUDGE} if answer["ranking"] == CANNOT_JUDGE else {"ranking"}

    def passes(self, block: Block, expected: Json, order: str, answer: Json) -> bool:
        ranking, right = answer["ranking"], _shown(expected, order)
        if ranking == CANNOT_JUDGE:
            return False
        ends = {"best": ranking[0], "worst": ranking[-1]}
        return all(ends[name] == position for name, position in right.items())

    def expected_shown(self, block: Block, expected: Json, order: str) -> Json:
        return _shown(expected, order)
