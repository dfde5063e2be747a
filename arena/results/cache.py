"""Results once computed are kept while votes, raters, skips and the filter stay what they were."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from annotations.models import Study
from arena.results import columns, frames, skips
from arena.results.filters import Filters

T = TypeVar("T")
KEPT = 64
_kept: OrderedDict[tuple[object, ...], object] = OrderedDict()
_lock = threading.Lock()


def state_of(study: Study) -> tuple[object, ...]:
    """Tells one state of what results are computed from, from another. A skip stores no vote, but a rule may
    leave out the rater who skips."""
    return columns.mark_of(study), frames.rater_facts(study).state, skips.mark_of(study)


def remembered(name: str, study: Study, filters: Filters, compute: Callable[[], T], *also: object) -> T:
    """`compute()`, unless the same was computed from the same state and filter before.

    The key is read before anything is computed: a vote that comes in between makes the stored result newer
    than its key says, and the next look has another key.
    """
    return kept((name, study.public_id, filters, state_of(study), *also), compute)


def kept(key: tuple[object, ...], compute: Callable[[], T]) -> T:
    """`compute()`, unless it was computed under this key before."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]  # type: ignore[return-value]
    value = compute()
    with _lock:
        _kept[key] = value
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return value
