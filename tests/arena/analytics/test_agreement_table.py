"""Agreement side by side and between panels: published tables, plain loops, simulated panels."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from arena.analytics import pairwise_alpha
from arena.analytics.agreement_table import (
    agreement_measures,
    kappa_bootstrap,
    measures_by,
    one_way_icc,
    pairwise_measures,
    percent_bootstrap,
    rating_measures,
)
from arena.analytics.chance_corrected import fleiss_kappa
from arena.analytics.errors import MissingColumnError, OptionError
from arena.analytics.icc import intraclass
from arena.analytics.krippendorff_alpha import alpha
from arena.analytics.panel_agreement import panel_agreement

from .builders import simulate, votes
from .test_coefficients import SAS, SHROUT, WIKIPEDIA


def long(table):
    """Items by raters as rows of item, rater, rating."""
    frame = (
        pd.DataFrame(table)
        .rename_axis("item")
        .reset_index()
        .melt("item", var_name="rater", value_name="rating")
    )
    return frame.astype({"item": str, "rater": str})


def ratings(items=300, raters=4, noise=0.8, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.normal(3, 1, (items, 1))
    return np.clip(np.round(true + rng.normal(0, noise, (items, raters))), 1, 5)


def test_fleiss_of_the_published_table_stands_beside_the_others():
    found = agreement_measures(WIKIPEDIA)
    assert list(found.measures) == ["percent", "alpha_nominal", "fleiss", "gwet"]
    assert found.measures["fleiss"].value == pytest.approx(0.2099, abs=5e-5)
    assert found.measures["percent"].value == pytest.approx(0.378, abs=5e-4)
    assert found.measures["fleiss"] == fleiss_kappa(WIKIPEDIA)
    assert (found.items, found.items_overlapping, found.ratings) == (10, 10, 140)
    assert found.to_frame().measure.tolist() == list(found.measures)


def test_the_one_way_coefficients_of_shrout_and_fleiss_come_back():
    found = rating_measures(long(SHROUT)).measures
    # Shrout & Fleiss 1979, Table 4: .17 and .44.
    assert found["icc_1_1"].value == pytest.approx(0.17, abs=0.005)
    assert found["icc_1_k"].value == pytest.approx(0.44, abs=0.005)
    exact = intraclass(SHROUT.astype(float)).forms
    assert found["icc_1_1"].value == pytest.approx(exact["ICC(1,1)"].value)
    assert found["icc_1_k"].value == pytest.approx(exact["ICC(1,4)"].value)


def test_levels_add_their_own_alpha_and_weights():
    found = rating_measures(long(ratings()), level="ratio").measures
    counts = np.array([np.bincount(row.astype(int), minlength=6)[1:] for row in ratings()])
    assert found["alpha_ratio"].value == pytest.approx(
        alpha(counts, level="ratio", values=[1, 2, 3, 4, 5], draws=0).value
    )
    assert {"alpha_nominal", "fleiss_quadratic", "gwet_quadratic"} <= set(found)
    with pytest.raises(OptionError, match="above 0"):
        rating_measures(long(ratings() - 1), level="ratio")


def test_unequal_numbers_of_ratings_are_an_unbalanced_analysis_of_variance():
    frame = long(ratings(items=60)).sample(frac=0.6, random_state=1)
    found = rating_measures(frame).measures["icc_1_1"]
    groups = [part.rating.to_numpy() for _, part in frame.groupby("item")]
    n, N = sum(map(len, groups)), len(groups)
    grand = np.concatenate(groups).mean()
    between = sum(len(g) * (g.mean() - grand) ** 2 for g in groups) / (N - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (n - N)
    m0 = (n - sum(len(g) ** 2 for g in groups) / n) / (N - 1)
    assert found.value == pytest.approx((between - within) / (between + (m0 - 1) * within))
    assert found.low < found.value < found.high


def test_kappa_with_items_drawn_again_is_the_published_value_with_a_like_interval():
    for weights, value in (("none", 0.48416289592760187), ("linear", 0.4701195219123506)):
        found = kappa_bootstrap(SAS, weights=weights, draws=4000)
        assert found.value == pytest.approx(value)
        assert (found.low, found.high) == pytest.approx((0.2, 0.75), abs=0.06)
    assert kappa_bootstrap(np.diag([5, 0])).code == "constant"


def test_percent_agreement_counts_pairs_of_ratings():
    counts = np.array([[2, 1], [0, 3], [1, 0], [2, 2]])
    assert percent_bootstrap(counts).value == pytest.approx((2 + 6 + 4) / (6 + 6 + 12))
    assert percent_bootstrap(np.array([[1, 0]])).code == "no_overlap"


@pytest.mark.slow
def test_intervals_of_all_measures_hold_the_truth_of_many_items():
    truth = rating_measures(long(ratings(items=20_000)), draws=0).measures
    inside = dict.fromkeys(truth, 0)
    for seed in range(25):
        found = rating_measures(long(ratings(items=120, seed=seed)), draws=200).measures
        for name, estimate in found.items():
            inside[name] += estimate.low <= truth[name].value <= estimate.high
    assert min(inside.values()) >= 20


def test_what_cannot_be_judged_says_why():
    assert {m.code for m in agreement_measures(np.array([[1, 0], [0, 1]])).measures.values()} == {
        "no_overlap"
    }
    same = agreement_measures(np.array([[3, 0], [3, 0]])).measures
    assert (same["alpha_nominal"].code, same["fleiss"].code) == ("constant", "constant")
    assert same["percent"].value == 1
    assert (
        rating_measures(pd.DataFrame({"item": ["a"], "rating": [None]})).measures["percent"].code
        == "no_ratings"
    )
    assert one_way_icc(np.array([[3, 0], [3, 0]]), [1.0, 2.0])[0].code == "constant"
    with pytest.raises(MissingColumnError, match="rating"):
        rating_measures(pd.DataFrame({"item": ["a"]}))


def test_pairs_are_judged_side_free_and_by_category():
    frame = simulate(strengths=[1, 0, -1], raters=12, per_rater=60, prompts=10)
    frame["category"] = np.where(frame.prompt < "p5", "people", "places")
    whole = pairwise_measures(frame)
    assert whole.measures["alpha_nominal"] == pairwise_alpha(frame).alpha
    parts = measures_by(frame, "category", pairwise_measures, draws=50)
    assert list(parts) == ["people", "places"]
    assert sum(p.items for p in parts.values()) == whole.items
    with pytest.raises(MissingColumnError, match="panel"):
        measures_by(frame, "panel", pairwise_measures)
    assert pairwise_measures(frame.iloc[:0]).measures["percent"].code == "no_ratings"


def test_names_of_generators_do_not_change_the_agreement_of_raters():
    frame = simulate(strengths=[3, 1, -1, -3], raters=20, per_rater=40, prompts=4)
    # g0 leads and comes first by name; under another name it comes last.
    other = frame.replace({"left": {"g0": "zz"}, "right": {"g0": "zz"}})
    one, two = pairwise_measures(frame).measures, pairwise_measures(other).measures
    for name, found in one.items():
        assert two[name].value == pytest.approx(found.value, abs=1e-12)
        assert (two[name].low, two[name].high) == pytest.approx((found.low, found.high), abs=0.02)
    assert one["alpha_nominal"].value > 0.2


def test_raters_of_one_mind_agree_perfectly_even_if_the_first_name_always_wins():
    frame = votes(*[(a, b, "left", f"r{i}") for a, b in ("ab", "ac", "bc") for i in range(3)]).assign(
        prompt="p"
    )
    found = pairwise_measures(frame).measures
    assert (found["alpha_nominal"].value, found["fleiss"].value, found["gwet"].value) == (1, 1, 1)


def verdicts():
    """Four comparisons: same, opposite, tie against winner, and one that experts never saw."""
    crowd = [("a", "b", o, f"r{i}", "c1") for i, o in enumerate(["left", "left", "right"])]
    crowd += [("b", "a", o, f"r{i}", "c2") for i, o in enumerate(["left", "left", "left", "left"])]
    crowd += [("a", "c", o, f"r{i}", "c3") for i, o in enumerate(["left", "right", "tie"])]
    crowd += [("b", "c", "left", "r1", "c4")]
    expert = [("b", "a", "right", "e1", "c1"), ("a", "b", "left", "e1", "c2"), ("c", "a", "left", "e1", "c3")]
    frame = pd.DataFrame(crowd + expert, columns=["left", "right", "outcome", "rater", "comparison"])
    return frame.assign(panel=["crowd"] * len(crowd) + ["expert"] * len(expert))


def test_verdicts_of_two_panels_are_compared_by_hand():
    found = panel_agreement(verdicts())
    assert (found.common, found.only_a, found.only_b) == (3, 1, 0)
    assert found.same.value == pytest.approx(1 / 3)
    assert found.opposite.value == pytest.approx(1 / 3)
    assert found.comparisons.comparison.tolist() == ["c2", "c3"]
    worst = found.comparisons.iloc[0]
    assert (worst["first"], worst.second, worst.votes_a, worst.share_a, worst.share_b) == (
        "a",
        "b",
        4,
        0.0,
        1.0,
    )
    assert worst.p == pytest.approx(0.2)  # 4 against 0 and 0 against 1: one table in five
    assert found.verdicts.to_numpy().sum() == 3
    assert found.ranks.spearman.code == "too_few_generators"


def test_panels_of_one_mind_agree_and_rank_alike():
    options = {"strengths": [2.5, 1.5, 0.5, -0.5, -1.5, -2.5], "prompts": 4, "log_nu": -2}
    crowd = simulate(raters=60, per_rater=40, seed=1, **options).assign(panel="crowd")
    expert = simulate(raters=10, per_rater=40, seed=2, **options).assign(panel="expert")
    found = panel_agreement(pd.concat([crowd, expert], ignore_index=True))
    assert found.kappa.low > 0.4
    assert found.kappa.low < found.kappa.value < found.kappa.high
    assert found.kappa_weighted.value > found.kappa.value - 0.05
    assert found.ranks.spearman.value > 0.9
    assert found.comparisons.difference.abs().max() <= 1
    assert found.to_frame().measure.tolist() == ["kappa", "kappa_weighted", "same", "opposite"]


def test_names_of_generators_do_not_change_the_agreement_of_panels():
    options = {"strengths": [2.5, 0.5, -0.5, -2.5], "prompts": 4, "raters": 20, "per_rater": 40}
    frame = pd.concat(
        [simulate(seed=i, **options).assign(panel=name) for i, name in enumerate(("crowd", "expert"))]
    )
    other = frame.replace({"left": {"g0": "zz"}, "right": {"g0": "zz"}})
    one, two = panel_agreement(frame, draws=0), panel_agreement(other, draws=0)
    assert two.kappa.value == pytest.approx(one.kappa.value)
    assert two.kappa_weighted.value == pytest.approx(one.kappa_weighted.value)


def test_panels_without_common_comparisons_say_so():
    frame = verdicts()
    found = panel_agreement(frame[~((frame.panel == "crowd") & (frame.comparison != "c4"))])
    assert found.kappa.code == "no_overlap"
    assert found.same.code == "no_cases"
    assert found.comparisons.empty
    assert panel_agreement(frame[frame.panel == "nobody"]).kappa.code == "no_votes"
    alone = panel_agreement(frame[frame.panel == "crowd"])
    assert alone.ranks.code == "no_votes"
    with pytest.raises(MissingColumnError, match="panel"):
        panel_agreement(votes(("a", "b", "left", "r1")))


def test_the_share_of_same_verdicts_has_wilsons_interval():
    found = panel_agreement(verdicts())
    exact = binomtest(1, 3).proportion_ci(method="wilson")
    assert (found.same.low, found.same.high) == pytest.approx((exact.low, exact.high))


def test_items_that_do_not_differ_have_no_reliable_mean_however_many_rate_them():
    found = intraclass(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]))
    assert found.forms["ICC(1,1)"].value == pytest.approx(-1)
    assert found.forms["ICC(1,2)"].value == -np.inf


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_raters_who_differ_by_a_constant_or_not_at_all_leave_numbers(shift):
    """No error is left to divide by: the consistency of these raters is perfect."""
    first = np.array([1.0, 2.0, 5.0, 4.0])
    found = intraclass(np.column_stack([first, first + shift]))
    assert found.forms["ICC(3,1)"].value == pytest.approx(1)
    assert all(np.isfinite(estimate.value) for estimate in found.forms.values())
    assert found.forms["ICC(2,1)"].value == pytest.approx(1 if not shift else 0.87, abs=0.05)
