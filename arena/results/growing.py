"""Arrays that follow from a study's votes, kept beside the votes and continued as more come in."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
# What one study's votes keep at a time: a page under a few filters.
KEPT_STATES = 12
# A longer story of changes costs more than measuring everybody anew.
LONGEST_STORY = 200_000


class Grown:
    """An array that grows at its end. What it handed out before never changes: readers in other threads see
    the old entries where they were."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self._buffer = values
        self.size = len(values)

    def extend(self, values: npt.NDArray[Any]) -> None:
        upto = self.size + len(values)
        if upto > len(self._buffer):
            wider = np.empty((upto + upto // 8 + 1024, *self._buffer.shape[1:]), dtype=self._buffer.dtype)
            wider[: self.size] = self.values
            self._buffer = wider
        self._buffer[self.size : upto] = values
        self.size = upto

    @property
    def values(self) -> npt.NDArray[Any]:
        return self._buffer[: self.size]


class Lineage:
    """Shared by columns that grew out of one another at their end alone. What was derived from them lies here
    and dies with them; whoever continues it holds the lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._states: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def state(self, key: tuple[object, ...], fits: Callable[[T], bool], make: Callable[[], T]) -> T:
        """What is kept under the key if it fits, or else made anew."""
        kept = self._states.get(key)
        if kept is None or not fits(kept):
            kept = self._states[key] = make()
            while len(self._states) > KEPT_STATES:
                self._states.popitem(last=False)
        self._states.move_to_end(key)
        return kept  # type: ignore[no-any-return]


class Story:
    """Whose votes came or went, in the order in which the columns heard of it: rater and comparison ids. What
    is told of raters, whatever became of the rows, is `kept` here."""

    def __init__(self) -> None:
        self.kept: dict[tuple[object, ...], Any] = {}
        self._told: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []
        self._entries = 0

    def tell(self, raters: npt.NDArray[np.int64], comparisons: npt.NDArray[np.int64]) -> None:
        if raters.size:
            self._told.append((raters.copy(), comparisons.copy()))
            self._entries += raters.size

    @property
    def length(self) -> int:
        return len(self._told)

    @property
    def too_long(self) -> bool:
        return self._entries > LONGEST_STORY

    def since(self, length: int, upto: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        told = self._told[length:upto]
        empty = np.empty(0, dtype=np.int64)
        return (
            np.concatenate([empty, *(raters for raters, _ in told)]),
            np.concatenate([empty, *(comparisons for _, comparisons in told)]),
        )
