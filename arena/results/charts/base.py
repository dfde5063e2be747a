"""What all charts share."""

import math
from dataclasses import dataclass
from typing import Any

from arena.results.tables import Table

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
ROW_PX = 26
DENSE_ROW_PX = 20
MANY_ROWS = 30

Spec = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """A spec with its title, a sentence that says what it shows, and its table."""

    id: str
    title: str
    description: str
    spec: Spec
    table: Table

    @property
    def data_id(self) -> str:
        return f"{self.id}-spec"


def spec(description: str, data: list[dict[str, Any]], **rest: Any) -> Spec:
    values = [{name: _plain(value) for name, value in record.items()} for record in data]
    return {"$schema": SCHEMA, "description": description, "data": {"values": values}, **rest}


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity, and one of them would keep a page from drawing anything."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def quantitative(field: str, title: str, **rest: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **rest}


def nominal(field: str, title: str | None, **rest: Any) -> Spec:
    return {"field": field, "type": "nominal", "title": title, **rest}


def rows_axis() -> Spec:
    """Names down the side: all of them, long ones cut by the theme to what the page has room for."""
    return {"labelOverlap": False, "ticks": False, "domain": False}


def tip(field: str, title: str, kind: str = "nominal", fmt: str = "") -> Spec:
    return {"field": field, "title": title, "type": kind} | ({"format": fmt} if fmt else {})
