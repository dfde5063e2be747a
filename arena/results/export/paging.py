"""Rows of a table page by page, without holding a cursor or a transaction open."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

BATCH = 5000
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def pages(queryset: QuerySet[Any], fields: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    """`fields` begin with id."""
    after = 0
    while page := list(queryset.filter(id__gt=after).order_by("id").values_list(*fields)[:BATCH]):
        yield page
        after = page[-1][0]


def as_json(value: Any) -> str:
    return _encoder.encode(value)
