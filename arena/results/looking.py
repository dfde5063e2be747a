"""One look at results: whatever a page asks of the database to tell one state of a study from another is
asked once, so all parts of the page speak of the same moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from annotations.models import Study

T = TypeVar("T")
_seen: ContextVar[dict[tuple[str, int], Any] | None] = ContextVar("seen", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Within this nothing may be written that results depend on."""
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def once(name: str, study: Study, read: Callable[[Study], T]) -> T:
    """What `read` says of the study: asked once within a look, every time outside of one."""
    seen = _seen.get()
    if seen is None:
        return read(study)
    key = (name, study.pk)
    if key not in seen:
        seen[key] = read(study)
    return seen[key]  # type: ignore[no-any-return]


def within_a_look() -> bool:
    return _seen.get() is not None
