"""Reference values on the arrays in `data/`: prdc 0.2 and layer6ai-labs/dgm-eval 74c79f7, which agree.
There `a` is the reference and `b` the generated set."""

from pathlib import Path

import numpy as np
import pytest

from scoring.metrics import neighbours
from scoring.metrics.errors import ShapeError

DATA = Path(__file__).parent / "data"
EXPECTED = {
    ("full_rank_300x64", 3): (
        0.33214285714285713,
        0.8733333333333333,
        0.28928571428571426,
        0.4866666666666667,
    ),
    ("full_rank_300x64", 5): (0.41785714285714287, 0.9466666666666667, 0.29214285714285715, 0.66),
    ("rank_deficient_40x64", 3): (0.75, 0.85, 0.8240740740740741, 0.925),
    ("rank_deficient_40x64", 5): (0.8055555555555556, 0.925, 0.8111111111111111, 0.975),
}


@pytest.mark.parametrize(("name", "k"), EXPECTED)
def test_values_agree_with_the_prdc_package(name, k, monkeypatch):
    monkeypatch.setattr(neighbours, "_BLOCK", 64)
    with np.load(DATA / f"{name}.npz") as stored:
        found = neighbours.precision_recall_density_coverage(stored["b"], stored["a"], k=k)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(
        EXPECTED[name, k], abs=1e-8
    )


def test_a_set_covers_itself():
    rows = np.random.default_rng(0).normal(size=(50, 4))
    found = neighbours.precision_recall_density_coverage(rows, rows)
    assert (found.precision, found.recall, found.coverage) == (1.0, 1.0, 1.0)


def test_collapsed_pictures_are_precise_but_cover_nothing():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(200, 4))
    collapsed = reference[:1] + rng.normal(scale=1e-3, size=(200, 4))
    found = neighbours.precision_recall_density_coverage(collapsed, reference)
    assert found.precision == 1.0
    assert found.coverage < 0.1


def test_sets_no_larger_than_k_are_refused():
    with pytest.raises(ShapeError, match="more than 5"):
        neighbours.precision_recall_density_coverage(np.ones((5, 2)), np.ones((9, 2)))
