"""The frozen design: one spelling as JSON, one hash."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def design_hash(design: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(design).encode()).hexdigest()


def digest(rows: Iterable[Any]) -> str:
    """The hash of a list that would be too long to keep in the design itself."""
    total = hashlib.sha256()
    for row in rows:
        total.update(canonical(row).encode() + b"\n")
    return total.hexdigest()
