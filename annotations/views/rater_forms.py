"""Answers sent as a plain form, by browsers that run no script: what the server draws, and how it is read."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from annotations import rater_words as words
from annotations.views.rater_pages import number

Block = Mapping[str, Any]
Answer = dict[str, Any]


def template_for(block: Block) -> str:
    return f"rater/protocols/{block['module']}.html"


def asks_below(block: Block) -> bool:
    """Whether each criterion asks its own question, so that none stands above the prompt."""
    criteria = block.get("criteria") or ()
    own = len(criteria) > 1 and all(criterion.get("question") for criterion in criteria)
    return block["protocol"] == "likert" or own


def form_for(block: Block, pictures: int) -> dict[str, Any]:
    """What the templates draw beyond the block itself."""
    return {
        "rows": [criterion | {"options": _options(block, criterion)} for criterion in block["criteria"]]
        if block["module"] == "criteria"
        else [],
        "pictures": [{"value": at, "mark": at + 1} for at in range(pictures)],
        "none": "none" in block["answers"],
        "cannot_judge": "cannot_judge" in block["answers"],
    }


def _options(block: Block, criterion: Mapping[str, Any]) -> list[dict[str, Any]]:
    if block["protocol"] == "pairwise":
        offered = words.answers(block["answers"], graded=block["graded"])
        return [{"value": answer.value, "label": answer.label} for answer in offered]
    anchors = criterion.get("anchors") or []
    points = [value for value in block["answers"] if value != "cannot_judge"]
    rows = [
        {"value": value, "number": value, "label": anchors[value - 1] if value <= len(anchors) else ""}
        for value in points
    ]
    extra = [{"value": "cannot_judge", "label": _("Can't judge")}]
    return rows + (extra if "cannot_judge" in block["answers"] else [])


def answer_from(post: QueryDict, block: Block) -> Answer:
    """In the shape that the API takes. What makes no sense stays as it is: the action refuses it."""
    return READERS[block["protocol"]](post, block)


def remarks_from(post: QueryDict) -> dict[str, Any] | None:
    found = {"chips": post.getlist("chips"), "text": post.get("text", "").strip()}
    return {name: value for name, value in found.items() if value} or None


def _pairs(post: QueryDict, block: Block) -> Answer:
    return {criterion["key"]: post.get(criterion["key"], "") for criterion in block["criteria"]}


def _ratings(post: QueryDict, block: Block) -> Answer:
    given = _pairs(post, block)
    return {key: value if value == "cannot_judge" else number(value) for key, value in given.items()}


def _best(post: QueryDict, block: Block) -> Answer:
    given = {key: post.get(key, "") for key in ("best", "worst") if post.get(key)}
    # The buttons beside the choice have its name, and a browser sends what was pressed last.
    if not _is_number(given.get("best", "")):
        return {"best": given.get("best", "")}
    return {key: number(value) if _is_number(value) else value for key, value in given.items()}


def _is_number(text: str) -> bool:
    """Of those that `number` reads: it makes 0, here a picture, of everything else."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def _ranking(post: QueryDict, block: Block) -> Answer:
    if post.get("ranking"):
        return {"ranking": post["ranking"]}
    ranks = {at: number(post.get(f"rank_{at}")) for at in range(block["size"])}
    whole = sorted(ranks.values()) == list(range(1, block["size"] + 1))
    return {"ranking": sorted(ranks, key=ranks.__getitem__) if whole else []}


def _failures(post: QueryDict, block: Block) -> Answer:
    """No failure seen is said by its own button, never by an empty list alone."""
    found, none = post.getlist("failures"), "none" in post
    return {"failures": found} if bool(found) != none else {}


READERS: dict[str, Callable[[QueryDict, Block], Answer]] = {
    "pairwise": _pairs,
    "likert": _ratings,
    "best_of_n": _best,
    "ranking": _ranking,
    "failure_review": _failures,
}
