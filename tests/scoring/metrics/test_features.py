import numpy as np

from scoring.metrics.features import FeatureCache, text_content


class Counting:
    """Features that tell which index they were made for, and a record of the calls."""

    def __init__(self):
        self.calls = []

    def __call__(self, indices):
        self.calls.append(indices)
        return np.array([[float(i), 1.0] for i in indices], dtype=np.float32)


def test_each_content_is_computed_once_in_batches_and_kept(tmp_path):
    cache, compute = FeatureCache(tmp_path), Counting()
    found = cache.fill("net-1", ["aa", "bb", "aa", "cc"], compute, batch=2)
    assert found[:, 0].tolist() == [0.0, 1.0, 0.0, 3.0]
    assert compute.calls == [[0, 1], [3]]
    again = FeatureCache(tmp_path).fill("net-1", ["cc", "dd"], compute)
    assert again[:, 0].tolist() == [3.0, 1.0]
    assert compute.calls[-1] == [1]


def test_another_extractor_key_is_another_entry(tmp_path):
    cache = FeatureCache(tmp_path)
    cache.put("net-1", "aa", np.ones(3, dtype=np.float32))
    assert cache.get("net-2", "aa") is None
    np.testing.assert_array_equal(cache.get("net-1", "aa"), np.ones(3))


def test_a_damaged_file_counts_as_absent(tmp_path):
    cache = FeatureCache(tmp_path)
    cache.put("net-1", "aa", np.ones(3, dtype=np.float32))
    path = cache.path("net-1", "aa")
    path.write_bytes(path.read_bytes()[:-4])
    assert cache.get("net-1", "aa") is None
    path.write_bytes(b"")
    assert cache.get("net-1", "aa") is None
    cache.put("net-1", "aa", np.array([np.nan], dtype=np.float32))
    assert cache.get("net-1", "aa") is None


def test_nothing_asked_is_nothing_computed(tmp_path):
    compute = Counting()
    assert FeatureCache(tmp_path).fill("net-1", [], compute).shape == (0, 0)
    assert compute.calls == []


def test_a_text_never_meets_a_picture_of_the_same_bytes():
    import hashlib

    assert text_content("cat") != hashlib.sha256(b"cat").hexdigest()
    assert text_content("cat") == text_content("cat") != text_content("cats")
