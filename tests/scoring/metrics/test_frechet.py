"""Reference values: public implementations run on the arrays in `data/`, with pytorch-fid 0.3.0,
torch-fidelity 0.4.0 and scipy 1.17.1; `exact` is the nuclear norm of the centred feature products, where
singular covariances make the square-root routes of those packages disagree from the eighth digit on."""

from pathlib import Path

import numpy as np
import pytest
from scipy import linalg

from scoring.metrics.errors import ShapeError
from scoring.metrics.frechet import frechet_distance, frechet_from_features, frechet_set_score, reliable_size
from scoring.metrics.gaussian import GaussianSums

DATA = Path(__file__).parent / "data"
FULL_RANK = {
    "exact": 4.451658464963224,
    "pytorch_fid": 4.451658464963195,
    "torch_fidelity": 4.451658464963238,
}
DEFICIENT = {"exact": 21.049221117252447, "pytorch_fid": 21.049220726857186}


def features(name):
    with np.load(DATA / f"{name}.npz") as stored:
        return stored["a"], stored["b"]


@pytest.mark.parametrize("source", FULL_RANK)
def test_full_rank_sets_agree_with_public_implementations(source):
    a, b = features("full_rank_300x64")
    found = frechet_distance(GaussianSums.of(a), GaussianSums.of(b))
    assert found == pytest.approx(FULL_RANK[source], rel=1e-9)
    assert frechet_from_features(a, b) == pytest.approx(FULL_RANK[source], rel=1e-9)


def test_fewer_pictures_than_dimensions_give_the_exact_nuclear_norm():
    a, b = features("rank_deficient_40x64")
    assert frechet_from_features(a, b) == pytest.approx(DEFICIENT["exact"], rel=1e-12)
    assert frechet_distance(GaussianSums.of(a), GaussianSums.of(b)) == pytest.approx(
        DEFICIENT["exact"], rel=1e-9
    )
    assert frechet_from_features(a, b) == pytest.approx(DEFICIENT["pytorch_fid"], rel=5e-8)


def test_one_small_set_against_one_large_set_agrees_between_both_routes():
    a, b = features("full_rank_300x64")
    exact = frechet_from_features(a[:30], b)
    assert frechet_distance(GaussianSums.of(a[:30]), GaussianSums.of(b)) == pytest.approx(exact, rel=1e-10)
    root = np.real(linalg.sqrtm(np.cov(a[:30].T) @ np.cov(b.T)))
    shift = a[:30].mean(0, dtype=float) - b.mean(0, dtype=float)
    reference = shift @ shift + np.trace(np.cov(a[:30].T)) + np.trace(np.cov(b.T)) - 2 * np.trace(root)
    assert exact == pytest.approx(reference, rel=1e-5)


def test_a_constant_feature_does_not_break_the_cholesky_route():
    a, b = (np.hstack([part, np.full((len(part), 1), 3.0)]) for part in features("full_rank_300x64"))
    found = frechet_distance(GaussianSums.of(a), GaussianSums.of(b))
    assert found == pytest.approx(FULL_RANK["exact"], rel=1e-9)


def test_two_gaussians_in_one_dimension_follow_the_closed_form():
    a, b = np.array([[0.0], [2.0]]), np.array([[10.0], [16.0]])  # deviations sqrt(2) and sqrt(18)
    assert frechet_from_features(a, b) == pytest.approx(12.0**2 + (np.sqrt(18) - np.sqrt(2)) ** 2)


def test_a_set_is_at_distance_zero_from_itself():
    a, _ = features("full_rank_300x64")
    assert frechet_from_features(a, a) == pytest.approx(0.0, abs=1e-9)
    assert 0.0 <= frechet_set_score(a, a, draws=2).value < 1e-9


def test_a_set_score_carries_n_interval_method_and_warning():
    a, b = features("full_rank_300x64")
    found = frechet_set_score(a, b, draws=20, seed=3)
    assert (found.n, found.n_reference) == (300, 280)
    assert found.value == pytest.approx(FULL_RANK["exact"], rel=1e-9)
    assert found.low < found.value < found.high
    assert "delete-half" in found.method
    assert "seed 3" in found.method
    assert len(found.warnings) == 2
    assert "320" in found.warnings[0]
    assert found == frechet_set_score(a, b, draws=20, seed=3)


def test_the_interval_is_as_wide_as_the_spread_over_fresh_samples():
    rng = np.random.default_rng(5)
    reference = rng.normal(size=(2000, 8))
    fresh = [frechet_from_features(rng.normal(0.3, 1, size=(400, 8)), reference) for _ in range(60)]
    found = [
        frechet_set_score(rng.normal(0.3, 1, size=(400, 8)), reference, draws=30, seed=s) for s in range(12)
    ]
    half_width = np.mean([(score.high - score.low) / 2 for score in found])
    assert half_width == pytest.approx(2.0 * np.std(fresh, ddof=1), rel=0.35)


def test_a_tiny_set_gets_a_reason_instead_of_an_interval():
    a, b = features("rank_deficient_40x64")
    found = frechet_set_score(a[:12], b)
    assert (found.low, found.high) == (None, None)
    assert "fewer than 20" in found.method


def test_a_set_of_reliable_size_gets_no_warning():
    rng = np.random.default_rng(0)
    size = reliable_size(4)
    assert frechet_set_score(rng.normal(size=(size, 4)), rng.normal(size=(size, 4))).warnings == ()
    assert reliable_size(2048) == 10_240


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros((5, 3)), np.zeros((5, 4))),
        (np.zeros((1, 3)), np.zeros((5, 3))),
        (np.full((5, 3), np.nan), np.zeros((5, 3))),
        (np.zeros(5), np.zeros((5, 3))),
    ],
)
def test_features_that_do_not_fit_are_refused(x, y):
    with pytest.raises(ShapeError):
        frechet_from_features(x, y)
