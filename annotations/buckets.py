"""Token buckets in the memory of one web process, for votes: they must not cost a query. Each process counts
for itself, so with four of them somebody who is spread over all gets four times as much: wide enough for
people, tight enough for floods. Addresses serve as keys here and go with the process; nothing writes them."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MOST_KEYS = 20_000


class Buckets:
    """Each key may spend `burst` at once and gains `per_s` a second, read anew at every look."""

    def __init__(self, burst_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst_s = burst_s
        self.clock = clock
        self._full: OrderedDict[Hashable, float] = OrderedDict()  # when each bucket is full again
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._full.clear()

    def take(self, key: Hashable, per_s: float) -> float:
        """0 when there was a token; otherwise the seconds until there is one, and nothing is taken."""
        if per_s <= 0:
            return 0.0
        now, cost = self.clock(), 1 / per_s
        with self._lock:
            full_at = max(self._full.get(key, now), now)
            wait = full_at + cost - now - self.burst_s
            if wait > 1e-9:
                return wait
            self._full[key] = full_at + cost
            self._full.move_to_end(key)
            if len(self._full) > MOST_KEYS:
                self._full.popitem(last=False)
        return 0.0
