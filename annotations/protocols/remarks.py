"""What is said beside an answer: chips, words, points on the picture."""

from typing import Any

from annotations.protocols.base import Block, InvalidAnswer, Json
from annotations.protocols.base import gettext_noop as _

MOST_LETTERS = 2000
MOST_MARKS = 50
PARTS = ("chips", "text", "marks")


def checked_remarks(block: Block, answer: Json, said: set[str], remarks: object) -> Json | None:
    """Remarks as they are stored. `said` are the words that an answer may be required to give reasons for."""
    given: Any = {} if remarks is None else remarks
    if not isinstance(given, dict) or set(given) - set(PARTS):
        raise InvalidAnswer(
            _("Remarks hold {parts} and nothing else."), _("Leave out the rest."), parts=", ".join(PARTS)
        )
    reasons = block.get("reasons") or {}
    found = {
        "chips": _chips(reasons, given.get("chips")),
        "text": _text(bool(reasons.get("text") or block.get("allow_note")), given.get("text")),
        "marks": _marks(block, answer, given.get("marks")),
    }
    kept = {name: part for name, part in found.items() if part}
    offered = reasons.get("chips") or reasons.get("text")
    if offered and said & set(reasons.get("required_for") or ()) and not {"chips", "text"} & set(kept):
        raise InvalidAnswer(_("This answer needs a reason."), _("Choose a reason or write one."))
    return kept or None


def _chips(reasons: Json, chips: Any) -> list[str]:
    known = [chip["key"] for chip in reasons.get("chips") or ()]
    given = [] if chips is None else chips
    if not isinstance(given, list) or not all(isinstance(key, str) and key in known for key in given):
        raise InvalidAnswer(_("A reason is not one of those offered."), _("Choose from the reasons shown."))
    return [key for key in known if key in given]


def _text(offered: bool, text: Any) -> str:
    if text is None:
        return ""
    if not isinstance(text, str):
        raise InvalidAnswer(_("Words are a text."), _("Write them as text."))
    # PostgreSQL stores neither NUL nor half of a surrogate pair.
    words = text.replace("\x00", "").encode("utf-8", "replace").decode().strip()
    if words and not offered:
        raise InvalidAnswer(_("No words are asked for here."), _("Leave the text out."))
    if len(words) > MOST_LETTERS:
        raise InvalidAnswer(_("The text has more than {most} letters."), _("Shorten it."), most=MOST_LETTERS)
    return words


def _marks(block: Block, answer: Json, marks: Any) -> list[Json]:
    given = [] if marks is None else marks
    if not isinstance(given, list) or len(given) > MOST_MARKS:
        raise InvalidAnswer(
            _("Marks are a list of {most} at the most."), _("Take some marks away."), most=MOST_MARKS
        )
    if given and not block.get("allow_marks"):
        raise InvalidAnswer(_("No marks are asked for here."), _("Leave the marks out."))
    return [_mark(answer, mark) for mark in given]


def _mark(answer: Json, mark: Any) -> Json:
    if not isinstance(mark, dict) or set(mark) != {"x", "y", "failure"}:
        raise InvalidAnswer(_("A mark has x, y and failure."), _("Set the mark again."))
    if mark["failure"] not in answer.get("failures", []):
        raise InvalidAnswer(
            _("A mark points at a failure that the answer does not name."),
            _("Name it or take the mark away."),
        )
    return {"x": _share(mark["x"]), "y": _share(mark["y"]), "failure": mark["failure"]}


def _share(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        raise InvalidAnswer(_("A mark lies outside the picture."), _("Set the mark again."))
    return round(float(value), 4)
