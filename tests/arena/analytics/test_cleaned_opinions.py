"""Mean opinion scores as given, screened, and modelled."""

import numpy as np
import pandas as pd
import pytest

from arena.analytics.cleaned_opinions import cleaned_scores
from arena.analytics.errors import MissingColumnError, NoVotesError
from arena.analytics.result import Undefined


def ratings(seed=0, raters=24, items=30, wild=2):
    """Three generators, ten pictures each; every rater has a bias, and the last `wild` answer at random."""
    rng = np.random.default_rng(seed)
    truth = np.repeat([3.8, 3.2, 2.4], items // 3) + rng.normal(0, 0.4, items)
    rows = []
    for r, bias in enumerate(rng.normal(0, 0.5, raters)):
        for i, quality in enumerate(truth):
            said = quality + bias + rng.normal(0, 0.4) if r < raters - wild else rng.uniform(0.5, 5.5)
            rows.append((f"g{i // (items // 3)}", f"i{i:02d}", f"r{r:02d}", int(np.clip(round(said), 1, 5))))
    return pd.DataFrame(rows, columns=["generator", "item", "rater", "rating"])


def test_raters_who_answer_at_random_are_rejected_and_counted_less():
    frame = ratings()
    found = cleaned_scores(frame)
    assert found.generators == ("g0", "g1", "g2")
    raters = found.raters_frame().set_index("rater")
    assert set(raters.nlargest(2, "inconsistency").index) == {"r22", "r23"}
    assert set(found.screening.rejected) <= {"r22", "r23"}
    table = found.to_frame().set_index("generator")
    means = frame.groupby("generator")["rating"].mean()
    assert table["plain"].to_numpy() == pytest.approx(means.to_numpy())
    gap = table.loc["g0"] - table.loc["g2"]
    assert gap["modelled"] > gap["plain"]
    assert (table["modelled_high"] - table["modelled_low"] < table["plain_high"] - table["plain_low"]).all()


def test_modelled_intervals_hold_the_truth_of_their_own_model():
    """Raters' biases sum to zero over the study, so only what the interval speaks of is left to vary."""
    hits = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        bias = rng.normal(0, 0.5, 12)
        said = 3 + (bias - bias.mean())[:, None] + rng.normal(0, 1, (12, 20))
        frame = pd.DataFrame(
            {
                "generator": "g",
                "item": np.tile([f"i{i}" for i in range(20)], 12),
                "rater": np.repeat([f"r{i}" for i in range(12)], 20),
                "rating": said.ravel(),
            }
        )
        found = cleaned_scores(frame).modelled["g"]
        hits.append(found.low <= 3 <= found.high)
    assert np.mean(hits) >= 0.85


def test_a_generator_whose_raters_are_all_rejected_says_so():
    frame = ratings()
    odd = frame[frame["rater"].isin(["r22", "r23"])]
    rejected = cleaned_scores(frame).screening.rejected
    assert rejected
    extra = odd[odd["rater"] == rejected[0]].head(2).assign(generator="lonely", item=["x1", "x2"])
    found = cleaned_scores(pd.concat([frame, extra]))
    assert rejected[0] in found.screening.rejected
    assert isinstance(found.screened["lonely"], Undefined)
    assert np.isnan(found.to_frame().set_index("generator").loc["lonely", "screened"])


def test_one_rating_is_a_score_without_interval():
    one = pd.DataFrame({"generator": ["g"], "item": ["i"], "rater": ["r"], "rating": [4]})
    found = cleaned_scores(one)
    assert found.plain["g"].value == 4
    assert not found.plain["g"].has_interval
    assert found.modelled["g"].value == 4


def test_missing_columns_and_no_ratings_are_refused():
    with pytest.raises(MissingColumnError):
        cleaned_scores(pd.DataFrame({"item": ["i"], "rater": ["r"], "rating": [4]}))
    with pytest.raises(NoVotesError):
        cleaned_scores(pd.DataFrame({"generator": [], "item": [], "rater": [], "rating": []}))
