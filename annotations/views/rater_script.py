"""What the voting page's script starts from: one document in the page, and the files to fetch at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from annotations import rater_words as words
from annotations.actions import assignments
from annotations.models import ComparisonKind, Panel, Rater
from annotations.script_texts import plural_categories, script_texts
from annotations.selectors.rater_texts import blocks_for

MODULES = (
    "api", "gestures", "main", "outbox", "page", "pictures", "protocol", "reports", "seen", "session",
    "stage", "tools", "trial", "view", "zoom",
)  # fmt: skip
ENDPOINTS = {
    "next": "api-rater-next",
    "votes": "api-rater-vote",
    "undo": "api-rater-undo",
    "report": "api-rater-report",
    "done": "rater-done",
}
SHEETS = ("tokens", "rater", "vote")
# Of each module in protocols/: the modules that it imports and its style sheets. Pairs need none.
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pairwise": ((), ()),
    "criteria": (("dom",), ("likert", "criteria")),
    "best_of_n": (("dom", "grid"), ("grid",)),
    "ranking": (("dom", "drag", "grid"), ("grid", "ranking")),
    "failure_review": (("dom", "marks"), ("failure_review",)),
    "reference": (("dom",), ("reference",)),
    "reasons": (("dom",), ("dialogs",)),
    "feedback": (("dom",), ("dialogs",)),
    "interlude": (("dom",), ("dialogs",)),
}
Page = dict[str, Any]


def page(panel: Panel, rater: Rater, first: Mapping[str, Any]) -> Page:
    language = get_language() or "en"
    blocks = blocks_for(panel, rater, language)
    return {
        "panel": panel.token,
        "language": language,
        "first": first,
        "blocks": blocks,
        "modules": {name: static(_module(name)) for name in _modules(panel, rater, blocks)},
        "urls": {name: reverse(url, args=[panel.token]) for name, url in ENDPOINTS.items()},
        "break_after_min": panel.study.break_after_min,
        "texts": script_texts(language),
        "plural": plural_categories(language),
    }


def preloads(modules: Iterable[str]) -> list[str]:
    needed = [name for module in modules for name in (module, *PARTS[module][0])]
    return [static(f"js/rater/{name}.js") for name in MODULES] + [
        static(_module(name)) for name in dict.fromkeys(needed)
    ]


def styles(modules: Iterable[str]) -> list[str]:
    names = dict.fromkeys(name for module in modules for name in PARTS[module][1])
    return [static(f"css/protocols/{name}.css") for name in names]


def prefetched(panel: Panel, rater: Rater) -> list[str]:
    """Files of the voting page, fetched while the instructions are read."""
    modules = _modules(panel, rater, blocks_for(panel, rater))
    return [static(f"css/{name}.css") for name in SHEETS] + styles(modules) + preloads(modules)


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


def _modules(panel: Panel, rater: Rater, blocks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What this rater's page loads: the blocks' own modules, and those for what happens between answers."""
    names = [block["module"] for block in blocks.values()]
    if any(block["show_reference"] for block in blocks.values()):
        names.append("reference")
    if any(block["reasons"] for block in blocks.values()):
        names.append("reasons")
    practises = panel.practice and rater.practised_at is None
    practises = practises and panel.study.comparisons.filter(kind=ComparisonKind.PRACTICE).exists()
    if practises:
        names.append("feedback")
    if practises or panel.quiz_pass_mark is not None or len(blocks) > 1:
        names.append("interlude")
    return list(dict.fromkeys(names))


def _module(name: str) -> str:
    return f"js/rater/protocols/{name}.js"
