"""Expected cosines: torchmetrics 1.9.0's definition, computed in float64 on the features in `data/`."""

from pathlib import Path

import numpy as np
import pytest

from scoring.metrics.clip_score import clip_scores
from scoring.metrics.errors import ShapeError

DATA = Path(__file__).parent / "data"
EXPECTED = [70.02704042, 76.23237441, 72.66378082, 62.99235525]


def test_scores_agree_with_torchmetrics():
    with np.load(DATA / "clip_embeddings.npz") as stored:
        found = clip_scores(stored["image"], stored["text"])
    assert found.shape == (16,)
    np.testing.assert_allclose(found[:4], EXPECTED, atol=1e-6)


def test_length_does_not_matter_and_opposites_are_negative():
    x = np.array([[3.0, 4.0], [1.0, 0.0]])
    np.testing.assert_allclose(clip_scores(x, x * [[7.0], [-2.0]]), [100.0, -100.0])


def test_rows_that_do_not_pair_up_are_refused():
    with pytest.raises(ShapeError, match="do not pair up"):
        clip_scores(np.ones((2, 3)), np.ones((3, 3)))
    with pytest.raises(ShapeError, match="no direction"):
        clip_scores(np.zeros((1, 3)), np.ones((1, 3)))
