"""Style control: a known effect is found and taken out, statsmodels agrees, and confounding is told."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analytics.controlled import rank_controlled
from arena.analytics.errors import MissingColumnError, MissingValueError, OptionError, UnknownLabelError
from arena.analytics.scale import POINTS_PER_LOGIT

STRENGTHS = np.array([0.6, 0.2, -0.2, -0.6])
# Generators whose pictures are larger on average win by size as well.
SIZES = np.array([-1.0, 0.0, 0.5, 1.5])


def styled(*, effect=1.0, raters=60, per_rater=60, ties=0.3, by_category=0.0, seed=0, spread=1.0):
    """Votes in which a larger picture is favoured by ``effect`` logits per unit of size."""
    rng = np.random.default_rng(seed)
    n, K = raters * per_rater, STRENGTHS.size
    left = rng.integers(0, K, n)
    right = (left + rng.integers(1, K, n)) % K
    size = SIZES[np.stack([left, right])] + rng.normal(0, spread, (2, n))
    category = rng.integers(0, 2, n)
    d = STRENGTHS[left] - STRENGTHS[right] + (effect + by_category * category) * (size[0] - size[1])
    weight = np.stack([np.exp(d / 2), np.exp(-d / 2), np.full(n, ties)], axis=1)
    cumulative = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    outcome = (rng.random(n)[:, None] > cumulative).sum(axis=1)
    return pd.DataFrame(
        {
            "left": [f"g{i}" for i in left],
            "right": [f"g{i}" for i in right],
            "outcome": np.array(["left", "right", "tie"])[outcome],
            "rater": [f"r{i:03d}" for i in np.repeat(np.arange(raters), per_rater)],
            "left_size": size[0],
            "right_size": size[1],
            "category": np.array(["people", "places"])[category],
        }
    )


def points(result):
    return result.to_frame().sort_values("generator").points.to_numpy()


def test_a_known_effect_of_size_is_found_and_taken_out():
    found = rank_controlled(styled(), covariates=["size"], draws=100)
    (effect,) = found.effects
    per_unit = effect.effect.value / effect.unit
    assert per_unit == pytest.approx(1.0, abs=0.1)
    assert effect.effect.low / effect.unit < 1.0 < effect.effect.high / effect.unit
    assert effect.p_value < 1e-10
    assert points(found.controlled) == pytest.approx(1000 + POINTS_PER_LOGIT * STRENGTHS, abs=25)
    assert [row.generator for row in found.controlled.rows] == ["g0", "g1", "g2", "g3"]
    assert found.plain.rows[0].generator != "g0"
    frame = found.to_frame().set_index("generator")
    assert frame.change["g3"] == pytest.approx(frame.controlled["g3"] - frame.plain["g3"])
    assert frame.high["g3"] < 0 < frame.low["g0"]
    assert found.controlled.status == "ok"
    assert "controlled for size" in found.controlled.method


def test_strengths_and_clustered_errors_agree_with_the_logit_of_statsmodels():
    import statsmodels.api as sm

    frame = styled(ties=0.0, raters=50, per_rater=30)
    found = rank_controlled(frame, covariates=["size"], draws=0, anchor="g0")
    design = np.zeros((len(frame), 6))
    rows = np.arange(len(frame))
    design[rows, frame.left.str[1:].astype(int)] += 1
    design[rows, frame.right.str[1:].astype(int)] -= 1
    design[:, 4], design[:, 5] = 1, frame.left_size - frame.right_size
    clusters = pd.factorize(frame.rater)[0]
    theirs = sm.Logit((frame.outcome == "left").astype(float), design[:, 1:]).fit(
        disp=False, cov_type="cluster", cov_kwds={"groups": clusters}
    )
    # statsmodels also multiplies by (n − 1)/(n − k).
    shrink = np.sqrt((len(frame) - 5) / (len(frame) - 1))
    ours = found.controlled.to_frame().sort_values("generator")[["points", "se"]].to_numpy(float)[1:]
    assert (ours[:, 0] - 1000) / POINTS_PER_LOGIT == pytest.approx(theirs.params.to_numpy()[:3], abs=1e-6)
    assert ours[:, 1] / POINTS_PER_LOGIT == pytest.approx(theirs.bse.to_numpy()[:3] * shrink, rel=1e-5)
    (effect,) = found.effects
    assert effect.effect.value / effect.unit == pytest.approx(theirs.params.iloc[4], abs=1e-6)
    assert found.controlled.position.value == pytest.approx(theirs.params.iloc[3], abs=1e-6)


def test_without_an_effect_control_changes_nothing_that_matters():
    found = rank_controlled(styled(effect=0.0, seed=5), covariates=["size"], draws=0)
    frame = found.to_frame()
    assert ((frame.low < 0) & (frame.high > 0)).sum() >= 3
    assert found.effects[0].effect.low < 0 < found.effects[0].effect.high


def test_an_effect_may_differ_by_category():
    found = rank_controlled(styled(by_category=1.0), covariates=["size"], by="category", draws=0)
    people, places = found.effects
    assert (people.part, places.part) == ("people", "places")
    assert people.effect.value / people.unit == pytest.approx(1.0, abs=0.15)
    assert places.effect.value / places.unit == pytest.approx(2.0, abs=0.25)
    assert found.effects_frame().part.tolist() == ["people", "places"]


def test_rao_kupper_ties_can_be_controlled_too():
    found = rank_controlled(styled(), covariates=["size"], ties="rao_kupper", draws=0)
    assert "Rao-Kupper" in found.controlled.method
    assert [row.generator for row in found.controlled.rows] == ["g0", "g1", "g2", "g3"]


@pytest.mark.long
@given(scale=st.floats(0.01, 100), seed=st.integers(0, 50))
@settings(max_examples=8, deadline=None)
def test_the_unit_of_a_covariate_does_not_matter_and_its_sign_flips_the_effect(scale, seed):
    frame = styled(raters=12, per_rater=25, seed=seed)
    frame["size"] = frame.left_size - frame.right_size
    one = rank_controlled(frame, covariates=["size"], draws=0)
    other = rank_controlled(frame.assign(size=-scale * frame["size"]), covariates=["size"], draws=0)
    assert points(other.controlled) == pytest.approx(points(one.controlled), abs=1e-4)
    assert other.effects[0].effect.value == pytest.approx(-one.effects[0].effect.value, abs=1e-6)
    assert other.effects[0].unit == pytest.approx(scale * one.effects[0].unit)


def test_a_property_of_the_generator_cannot_be_told_from_its_strength():
    found = rank_controlled(styled(spread=0.0), covariates=["size"])
    assert found.controlled.status == "no_finite_maximum"
    assert "size is the same for every picture of a generator" in found.warnings[0]
    assert found.effects == ()
    nearly = rank_controlled(styled(spread=0.1), covariates=["size"], draws=0)
    assert any("less than a tenth varies within generators" in words for words in nearly.warnings)


def test_one_rater_has_effects_without_interval():
    found = rank_controlled(styled().assign(rater="r"), covariates=["size"])
    assert np.isnan(found.effects[0].effect.low)
    assert np.isnan(found.to_frame().low).all()
    assert found.controlled.status == "too_few_raters"
    assert found.to_dict()["effects"][0]["low"] is None


def test_what_cannot_be_estimated_says_why():
    frame = styled(raters=5, per_rater=20)
    none = rank_controlled(frame.iloc[:0], covariates=["size"], generators=("a", "b"))
    assert (none.controlled.status, none.to_frame().empty) == ("no_votes", True)
    level = rank_controlled(frame.assign(outcome="tie"), covariates=["size"])
    assert level.controlled.status == "all_ties"
    separating = frame.assign(outcome=np.where(frame.left_size > frame.right_size, "left", "right"))
    assert "no finite estimate" in rank_controlled(separating, covariates=["size"]).warnings[0]


def test_a_separated_generator_stays_without_points_under_control():
    frame = styled(raters=20, per_rater=30)
    top = frame.iloc[:20].assign(left="top", right=["g0", "g1"] * 10, outcome="left")
    found = rank_controlled(pd.concat([frame, top]), covariates=["size"], draws=20, anchor="top")
    row = next(row for row in found.controlled.rows if row.generator == "top")
    assert row.points is None
    assert row.note == "never lost nor tied: no finite strength"
    assert any("cannot be the anchor" in words for words in found.warnings)
    assert len(found.to_frame()) == 5


def test_wrong_input_is_named():
    frame = styled(raters=4, per_rater=10)
    with pytest.raises(MissingColumnError, match="no column hue, nor left_hue and right_hue"):
        rank_controlled(frame, covariates=["hue"])
    with pytest.raises(MissingValueError, match="Row 1: left_size"):
        rank_controlled(frame.assign(left_size=np.nan), covariates=["size"])
    with pytest.raises(OptionError, match="never differs"):
        rank_controlled(frame.assign(size=0.0), covariates=["size"])
    with pytest.raises(OptionError, match="No covariate"):
        rank_controlled(frame, covariates=[])
    with pytest.raises(MissingColumnError, match="no column colour"):
        rank_controlled(frame, covariates=["size"], by="colour")
    with pytest.raises(UnknownLabelError, match="not among"):
        rank_controlled(frame, covariates=["size"], anchor="nobody")


def test_what_follows_from_generators_or_other_covariates_can_be_left_out():
    votes = styled(raters=30)
    votes["left_fixed"] = votes.left.map({"g0": 1.0, "g1": 2.0, "g2": 3.0, "g3": 5.0})
    votes["right_fixed"] = votes.right.map({"g0": 1.0, "g1": 2.0, "g2": 3.0, "g3": 5.0})
    votes["double"] = 2 * (votes.left_size - votes.right_size)
    refused = rank_controlled(votes, covariates=["size", "fixed"], draws=0)
    assert refused.effects == ()
    found = rank_controlled(votes, covariates=["size", "fixed", "double"], draws=0, confounded="drop")
    assert [row.name for row in found.effects] == ["size"]
    assert any(words.startswith("fixed, double cannot be told") for words in found.warnings)
    alone = rank_controlled(votes, covariates=["size"], draws=0)
    assert points(found.controlled) == pytest.approx(points(alone.controlled))
    nothing = rank_controlled(votes, covariates=["fixed"], draws=0, confounded="drop")
    assert "is the same for every picture" in nothing.warnings[0]
    with pytest.raises(OptionError, match="confounded="):
        rank_controlled(votes, covariates=["size"], confounded="ignore")
