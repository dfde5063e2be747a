"""Reads. Import what you need from here; each module holds one subject."""

from annotations.selectors.raters import by_secret, cookie_name, secret_hash
from annotations.selectors.serving import (
    allowed_answers,
    can_undo,
    is_undoable,
    next_payload,
    progress,
    seconds_per_vote,
    total_for,
)

__all__ = [
    "allowed_answers",
    "by_secret",
    "can_undo",
    "cookie_name",
    "is_undoable",
    "next_payload",
    "progress",
    "seconds_per_vote",
    "secret_hash",
    "total_for",
]
