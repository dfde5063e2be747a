"""Reference values on the arrays in `data/`: torch-fidelity 0.4.0 (KID, one subset of all rows; with
sets of unlike size it takes as many rows of the larger), sayakpaul/cmmd-pytorch f7673a9 in float64 (CMMD)."""

from pathlib import Path

import numpy as np
import pytest

from scoring.metrics import kernel
from scoring.metrics.errors import ShapeError

DATA = Path(__file__).parent / "data"
KID = {"full_rank_300x64": 0.1736090387679763, "rank_deficient_40x64": -0.03974253910655179}
CMMD = {"full_rank_300x64": 0.022867503067125483, "rank_deficient_40x64": 0.1585149070975067}
CMMD_RAW = {"full_rank_300x64": 6.922510321413888, "rank_deficient_40x64": 10.225529623441254}


def features(name):
    with np.load(DATA / f"{name}.npz") as stored:
        return stored["a"], stored["b"]


@pytest.mark.parametrize("name", KID)
def test_kernel_distance_agrees_with_torch_fidelity(name):
    a, b = features(name)
    m = min(len(a), len(b))
    assert kernel.kernel_distance(a[:m], b[:m]) == pytest.approx(KID[name], abs=1e-8)


def test_kernel_distance_uses_all_rows_of_sets_of_unlike_size():
    a, b = (part.astype(float) for part in features("rank_deficient_40x64"))

    def cubic(x, y):
        return (x @ y.T / 64 + 1) ** 3

    own, other = cubic(a, a), cubic(b, b)
    expected = (
        (own.sum() - np.trace(own)) / (40 * 39)
        + (other.sum() - np.trace(other)) / (36 * 35)
        - 2 * cubic(a, b).mean()
    )
    assert kernel.kernel_distance(a, b) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", CMMD)
def test_cmmd_agrees_with_cmmd_pytorch(name):
    a, b = features(name)
    assert kernel.cmmd(a, b) == pytest.approx(CMMD[name], abs=1e-8)
    assert kernel.cmmd(a, b, normalise=False) == pytest.approx(CMMD_RAW[name], abs=1e-8)


def test_blocks_do_not_change_the_value(monkeypatch):
    a, b = features("full_rank_300x64")
    whole = kernel.kernel_distance(a, b)
    monkeypatch.setattr(kernel, "_BLOCK", 37)
    assert kernel.kernel_distance(a, b) == pytest.approx(whole, rel=1e-12)


def test_sets_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="cannot be compared"):
        kernel.kernel_distance(np.ones((3, 2)), np.ones((3, 4)))
    with pytest.raises(ShapeError, match="at least 2"):
        kernel.cmmd(np.ones((1, 2)), np.ones((3, 2)))
    with pytest.raises(ShapeError, match="no direction"):
        kernel.cmmd(np.zeros((2, 2)), np.ones((3, 2)))
