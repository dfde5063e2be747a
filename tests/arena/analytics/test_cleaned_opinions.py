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
    assert isinstance(found.modelled["g"], Undefined)


def test_missing_columns_and_no_ratings_are_refused():
    with pytest.raises(MissingColumnError):
        cleaned_scores(pd.DataFrame({"item": ["i"], "rater": ["r"], "rating": [4]}))
    with pytest.raises(NoVotesError):
        cleaned_scores(pd.DataFrame({"generator": [], "item": [], "rater": [], "rating": []}))


def full_raters_and_dropouts(seed, raters=15, items=20, dropouts=30):
    """One generator of known quality 3: raters of all items, and people who rated one item and left."""
    rng = np.random.default_rng(seed)
    spread = rng.uniform(0.5, 1.2, raters)
    bias = rng.normal(0, 0.5, raters)
    said = 3 + (bias - bias.mean())[:, None] + rng.normal(0, 1, (raters, items)) * spread[:, None]
    rows = [("g", f"i{i}", f"r{r}", said[r, i]) for r in range(raters) for i in range(items)]
    rows += [("g", f"i{rng.integers(items)}", f"gone{d}", 3 + rng.normal(0, 1)) for d in range(dropouts)]
    best = 2 * 1.96 * np.sqrt(1 / (spread**-2).sum() / items)
    return pd.DataFrame(rows, columns=["generator", "item", "rater", "rating"]), best


@pytest.mark.long
def test_people_who_left_after_one_rating_make_no_modelled_interval_narrow():
    hits, widths = [], []
    for seed in range(20):
        frame, best = full_raters_and_dropouts(seed)
        found = cleaned_scores(frame)
        assert len(found.unmodelled) == 30
        hits.append(found.modelled["g"].low <= 3 <= found.modelled["g"].high)
        widths.append((found.modelled["g"].high - found.modelled["g"].low) / best)
    # Of many such studies 90 % hold it: the estimated biases are taken as known.
    assert np.mean(hits) >= 0.75
    # About as wide as with spreads that are known.
    assert 0.95 < np.mean(widths) < 1.1
    assert min(widths) > 0.85
    stayed = cleaned_scores(frame[~frame["rater"].str.startswith("gone")])
    assert stayed.unmodelled == ()
    assert found.modelled["g"] == stayed.modelled["g"]
    gone = found.raters_frame().set_index("rater").filter(like="gone", axis=0)
    assert gone[["bias", "inconsistency"]].isna().all().all()


@pytest.mark.parametrize("each", [1, 2])
def test_raters_with_one_or_two_ratings_each_are_not_modelled(each):
    rng = np.random.default_rng(0)
    n = 600
    frame = pd.DataFrame(
        {
            "generator": [f"g{i % 3}" for i in range(n)],
            "item": [f"i{i % 60}" for i in range(n)],
            "rater": [f"r{i // each}" for i in range(n)],
            "rating": rng.integers(1, 6, n),
        }
    )
    found = cleaned_scores(frame)
    assert isinstance(found.model, Undefined)
    assert all("5 ratings each" in one.reason for one in found.modelled.values())
    assert len(found.unmodelled) == n // each
    assert found.plain["g0"].has_interval
    assert found.to_frame()["modelled"].isna().all()
    assert found.raters_frame()["inconsistency"].isna().all()


def test_raters_of_pictures_that_nobody_else_rated_are_not_modelled():
    frame = ratings(raters=8, wild=0)
    alone = frame[frame["rater"] == "r00"].assign(rater="alone", generator="own")
    found = cleaned_scores(pd.concat([frame, alone.assign(item="own " + alone["item"])]))
    assert found.unmodelled == ("alone",)
    assert isinstance(found.modelled["own"], Undefined)
    assert found.modelled["g0"].has_interval
