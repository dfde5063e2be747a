"""One BLAS thread for the small systems solved here.

The matrices of a ranking have a few hundred rows: milliseconds for one thread. On a machine that is busy with
other work two BLAS threads wait for each other at every barrier, and the same fit takes up to twenty times
as long. Nested and concurrent use is safe: the first in lowers the limit, the last out restores it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_inside = 0
_limit: object = None


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Run the block (or, as a decorator, the function) with one BLAS thread."""
    global _inside, _limit
    with _lock:
        if _inside == 0:
            _limit = _controller().limit(limits=1, user_api="blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()  # type: ignore[attr-defined]
                _limit = None
