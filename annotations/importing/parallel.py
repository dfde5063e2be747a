"""Work on a few things at a time, in order, with a short window: memory does not grow with the list."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_order(jobs: Iterable[Job], work: Callable[[Job], Result], threads: int) -> Iterator[Result]:
    """The results of `work` in the order of `jobs`. Leaving early cancels what has not begun."""
    window: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="import") as pool:
        try:
            for job in jobs:
                window.append(pool.submit(work, job))
                if len(window) >= 2 * threads:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            for waiting in window:
                waiting.cancel()
