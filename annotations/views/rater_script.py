"""What the voting page's script starts from: one document in the page."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from annotations import rater_words as words
from annotations.actions import assignments
from annotations.models import Panel, Rater
from annotations.script_texts import plural_categories, script_texts
from annotations.selectors.rater_texts import blocks_for

ENDPOINTS = {
    "next": "api-rater-next",
    "votes": "api-rater-vote",
    "undo": "api-rater-undo",
    "report": "api-rater-report",
    "done": "rater-done",
}
Page = dict[str, Any]


def page(panel: Panel, rater: Rater, first: Mapping[str, Any]) -> Page:
    language = get_language() or "en"
    return {
        "panel": panel.token,
        "language": language,
        "first": first,
        "blocks": blocks_for(panel, rater, language),
        "urls": {name: reverse(url, args=[panel.token]) for name, url in ENDPOINTS.items()},
        "break_after_min": panel.study.break_after_min,
        "texts": script_texts(language),
        "plural": plural_categories(language),
    }


def first_pictures(rater: Rater) -> list[str]:
    """Leased and fetched while the instructions are read: the slowest part of the way to the first answer."""
    if rater.instructed_at is not None:
        return []
    return [
        f"/p/{assignment.picture_token}/{position}"
        for assignment in assignments.next_for(rater=rater, count=1)
        for position in range(len(assignment.order))
    ]


def panes(assignment: Mapping[str, Any]) -> list[dict[str, str]]:
    """The pictures as drawn by the server: two are A and B, more are numbered, one needs no name."""
    count = len(assignment["pictures"])
    marks = [""] if count == 1 else ["A", "B"] if count == 2 else [str(at + 1) for at in range(count)]
    return [
        {"url": url, "mark": mark, "name": _("Picture {mark}").format(mark=mark) if mark else _("Picture")}
        for url, mark in zip(assignment["pictures"], marks, strict=True)
    ]


def lessons(panel: Panel, rater: Rater) -> list[dict[str, Any]]:
    """Each block with the example that explains its protocol."""
    return [
        {
            **block,
            "key": key,
            "example": f"rater/protocols/_example_{block['protocol']}.html",
            "words": words.answers(block["answers"], graded=block["graded"])
            if block["protocol"] == "pairwise"
            else [],
        }
        for key, block in blocks_for(panel, rater).items()
    ]
