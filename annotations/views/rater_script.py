"""What the voting page's script starts from: one document in the page, and the files to fetch at once."""

from collections.abc import Iterable
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from annotations.models import Panel, Rater
from annotations.script_texts import plural_categories, script_texts
from annotations.selectors.rater_texts import blocks_for

MODULES = (
    "api",
    "gestures",
    "outbox",
    "page",
    "pictures",
    "protocol",
    "session",
    "stage",
    "trial",
    "view",
    "zoom",
)
ENDPOINTS = {"next": "api-rater-next", "votes": "api-rater-vote", "undo": "api-rater-undo"}


def page(panel: Panel, rater: Rater, first: dict[str, Any]) -> dict[str, Any]:
    language = get_language() or "en"
    blocks = blocks_for(panel, rater, language)
    return {
        "panel": panel.token,
        "language": language,
        "first": first,
        "blocks": blocks,
        "modules": {protocol: static(_module(protocol)) for protocol in protocols(blocks.values())},
        "urls": {name: reverse(url, args=[panel.token]) for name, url in ENDPOINTS.items()}
        | {"done": reverse("rater-done", args=[panel.token])},
        "break_after_min": panel.study.break_after_min,
        "texts": script_texts(language),
        "plural": plural_categories(language),
    }


def protocols(blocks: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(block["protocol"] for block in blocks))


def preloads(page: dict[str, Any]) -> list[str]:
    return [static(f"js/rater/{name}.js") for name in MODULES] + list(page["modules"].values())


def styles(page: dict[str, Any]) -> list[str]:
    """Pairs are styled by the page itself."""
    used = [block["protocol"] for block in page["blocks"].values()]
    return [f"css/protocols/{protocol}.css" for protocol in dict.fromkeys(used) if protocol != "pairwise"]


def panes(assignment: dict[str, Any]) -> list[dict[str, str]]:
    """The pictures as drawn by the server: two are A and B, more are numbered, one needs no name."""
    count = len(assignment["pictures"])
    marks = [""] if count == 1 else ["A", "B"] if count == 2 else [str(at + 1) for at in range(count)]
    return [
        {"url": url, "mark": mark, "name": _("Picture {mark}").format(mark=mark) if mark else _("Picture")}
        for url, mark in zip(assignment["pictures"], marks, strict=True)
    ]


def _module(protocol: str) -> str:
    return f"js/rater/protocols/{protocol}.js"
