import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.metrics.errors import ShapeError
from scoring.metrics.gaussian import GaussianSums


@given(st.lists(st.integers(0, 7), min_size=1, max_size=6), st.integers(0, 1000))
def test_sums_of_parts_merge_into_the_sums_of_the_whole(sizes, seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(5.0, 1.0, size=(sum(sizes), 3))
    merged = GaussianSums.empty(3)
    for part in np.split(rows, np.cumsum(sizes)[:-1]):
        merged = merged.merge(GaussianSums.of(part))
    whole = GaussianSums.of(rows)
    assert merged.n == whole.n
    np.testing.assert_allclose(merged.mean, whole.mean, atol=1e-12)
    np.testing.assert_allclose(merged.scatter, whole.scatter, atol=1e-10)


def test_a_mean_far_larger_than_the_deviations_costs_no_digits():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(500, 4))
    parts = [GaussianSums.of(part) for part in np.split(rows + 1e6, 10)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    np.testing.assert_allclose(merged.covariance, np.cov(rows.T), rtol=1e-7)


def test_half_precision_features_are_summed_in_double():
    rows = np.full((4096, 1), 2049.0, dtype=np.float32).astype(np.float16)
    assert GaussianSums.of(rows).mean[0] == float(rows[0, 0])


def test_sums_survive_a_file(tmp_path):
    sums = GaussianSums.of(np.random.default_rng(2).normal(size=(9, 5)))
    sums.save(tmp_path / "deep" / "sums.npz")
    loaded = GaussianSums.load(tmp_path / "deep" / "sums.npz")
    assert loaded.n == 9
    np.testing.assert_array_equal(loaded.scatter, sums.scatter)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["sums.npz"]


def test_a_file_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", mean=np.zeros(3))
    with pytest.raises(ValueError, match="holds no sums"):
        GaussianSums.load(tmp_path / "other.npz")


def test_unlike_dimensions_do_not_merge():
    with pytest.raises(ShapeError, match="3 and of 4"):
        GaussianSums.empty(3).merge(GaussianSums.empty(4))


def test_one_vector_has_no_covariance():
    with pytest.raises(ShapeError, match="at least 2"):
        _ = GaussianSums.of(np.ones((1, 2))).covariance
