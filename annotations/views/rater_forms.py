"""Answers sent as a plain form, by browsers that run no script."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from annotations.views.rater_pages import number

Block = Mapping[str, Any]


def _pairwise(post: QueryDict, block: Block) -> dict[str, Any]:
    return {criterion["key"]: post.get(criterion["key"], "") for criterion in block["criteria"]}


def _likert(post: QueryDict, block: Block) -> dict[str, Any]:
    return {criterion["key"]: number(post.get(criterion["key"])) for criterion in block["criteria"]}


FORMS: dict[str, Callable[[QueryDict, Block], dict[str, Any]]] = {"pairwise": _pairwise, "likert": _likert}


def template_for(protocol: str) -> str:
    """The answers drawn by the server; "" where a protocol needs the page's script."""
    return f"rater/protocols/{protocol}.html" if protocol in FORMS else ""


def answer_from(post: QueryDict, block: Block) -> dict[str, Any]:
    read = FORMS.get(block["protocol"])
    return read(post, block) if read else {}
