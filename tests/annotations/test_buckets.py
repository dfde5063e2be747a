from annotations.buckets import MOST_KEYS, Buckets


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_what_follows_waits_its_turn():
    clock = Clock()
    buckets = Buckets(10, clock)
    assert [buckets.take("a", 2) for _ in range(20)] == [0.0] * 20
    assert buckets.take("a", 2) == 0.5
    clock.now += 0.5
    assert buckets.take("a", 2) == 0.0
    assert buckets.take("a", 2) > 0


def test_nobody_pays_for_somebody_else():
    buckets = Buckets(1, Clock())
    assert buckets.take("a", 1) == 0.0
    assert buckets.take("a", 1) > 0
    assert buckets.take("b", 1) == 0.0


def test_a_rest_fills_a_bucket_only_to_its_brim():
    clock = Clock()
    buckets = Buckets(2, clock)
    clock.now += 1e6
    assert [buckets.take("a", 1) > 0 for _ in range(3)] == [False, False, True]


def test_zero_lifts_the_limit_and_memory_stays_bounded():
    buckets = Buckets(1, Clock())
    assert not any(buckets.take("a", 0) for _ in range(1000))
    for key in range(MOST_KEYS + 10):
        buckets.take(key, 1)
    assert len(buckets._full) == MOST_KEYS
