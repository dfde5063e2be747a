"""A short examination of the weights in the repository, against the figures that their card claims."""

import json

import pytest
import torch

from scoring.metrics.shapes.evaluate import evaluate
from scoring.metrics.shapes.figures import EVALUATION_FILE, POOL, Evaluation, as_json
from scoring.metrics.shapes.model import WEIGHTS_FOLDER, load

pytestmark = pytest.mark.slow
CLAIMED = json.loads((WEIGHTS_FOLDER / EVALUATION_FILE).read_text(encoding="utf-8"))
N = 30


@pytest.fixture(scope="module")
def figures() -> Evaluation:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        return evaluate(load(), seed=11, n=N, pools=1, size=96)
    finally:
        torch.set_num_threads(before)


def test_new_pairs_are_found_about_as_often_as_the_card_says(figures):
    for name, share in figures.recall.items():
        assert share.n == POOL
        assert share.value > CLAIMED["recall"][name]["share"] - 0.04


@pytest.mark.parametrize("table", ["by_caption", "by_picture"])
def test_two_way_choices_are_won_about_as_often_as_the_card_says(figures, table):
    shares = getattr(figures, table)
    assert set(shares) == set(CLAIMED[table])
    for name, share in shares.items():
        assert share.n == N
        assert share.value > CLAIMED[table][name]["share"] - 0.1, name


def test_a_match_scores_far_above_a_mismatch_on_the_cards_scale(figures):
    assert figures.match.mean == pytest.approx(CLAIMED["match"]["mean"], abs=2)
    assert figures.match.low > figures.mismatch.high


def test_weights_trained_anew_may_not_be_clearly_worse_than_the_first():
    """Floors a little under the first version's figures (n = 1000 each, 2000 for the recall)."""
    floors = {
        "recall": {"picture to caption": 0.97, "caption to picture": 0.96},
        "by_caption": {"colour": 0.99, "shape": 0.97, "count": 0.97, "relation": 0.95, "missing": 0.98},
        "by_picture": {"colour": 0.99, "shape": 0.97, "relation": 0.98, "missing": 0.98, "blurry": 0.99},
    }
    for table, shares in floors.items():
        for name, floor in shares.items():
            assert CLAIMED[table][name]["share"] >= floor, (table, name)
            assert CLAIMED[table][name]["n"] >= 1000


def test_every_share_is_stored_with_its_number_and_interval(figures):
    plain = as_json(figures)
    for table in ("recall", "by_caption", "by_picture"):
        for share in plain[table].values():
            assert share["right"] <= share["n"]
            assert share["interval"][0] <= share["share"] <= share["interval"][1]
