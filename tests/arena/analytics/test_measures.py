"""Proportions, means of clusters, rater tables, opinion scores, and metrics against people."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, ttest_1samp

from arena.analytics import (
    Undefined,
    generator_correlation,
    opinion_scores,
    pair_accuracy,
    rater_table,
    wilson,
)
from arena.analytics.cluster_mean import cluster_mean
from arena.analytics.errors import MissingColumnError, OptionError, UnknownLabelError
from arena.analytics.proportions import share_p_value, wilson_bounds

from .builders import simulate, votes

# Newcombe, Statistics in Medicine 17 (1998) 857-872, Table I; further digits by statsmodels.
NEWCOMBE = [
    (81, 263, 0.2553, 0.3662, 0.2552885198782742, 0.36620957698280004),
    (15, 148, 0.0624, 0.1605, 0.06238639953073628, 0.16048724172330803),
    (0, 20, 0.0, 0.1611, 0.0, 0.1611251580528194),
    (1, 29, 0.0061, 0.1718, 0.006113214292762667, 0.17175521879320294),
]


@pytest.mark.parametrize(("k", "n", "low", "high", "low_exact", "high_exact"), NEWCOMBE)
def test_wilson_agrees_with_newcombe_1998(k, n, low, high, low_exact, high_exact):
    found = wilson(k, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert (found.low, found.high) == pytest.approx((low_exact, high_exact), abs=1e-9)


def test_wilson_ends_are_certain_and_nothing_is_undefined():
    assert wilson(20, 20).high == 1
    assert isinstance(wilson(0, 0), Undefined)
    assert np.isnan(wilson_bounds(np.array([0.0]), np.array([0.0]))).all()
    with pytest.raises(OptionError, match="impossible"):
        wilson(5, 4)


def test_a_share_is_tested_exactly():
    assert share_p_value(9, 10) == pytest.approx(binomtest(9, 10).pvalue)
    assert np.isnan(share_p_value(0, 0))


def test_a_mean_of_single_observations_has_the_ordinary_t_interval():
    values = np.random.default_rng(0).normal(3, 1, 25)
    found = cluster_mean(values, np.arange(25))
    usual = ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((usual.low, usual.high), rel=1e-9)


def test_a_mean_of_equal_clusters_has_the_t_interval_of_their_means():
    values = np.random.default_rng(0).normal(3, 1, (12, 5)) + np.arange(12)[:, None]
    found = cluster_mean(values.ravel(), np.repeat(np.arange(12), 5))
    usual = ttest_1samp(values.mean(axis=1), 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((usual.low, usual.high), rel=1e-9)


def test_one_cluster_has_a_mean_and_words():
    found = cluster_mean(np.array([1.0, 2.0]), np.array([0, 0]))
    assert found.value == 1.5
    assert "one rater" in found.note


def session():
    """Two raters by hand: r1 leans left in a run of four, r2 disagrees once and repeats one answer."""
    frame = votes(
        ("a", "b", "left", "r1"),
        ("b", "c", "left", "r1"),
        ("a", "c", "left", "r1"),
        ("b", "d", "left", "r1"),
        ("a", "d", "tie", "r1"),
        ("b", "a", "right", "r2"),
        ("b", "c", "right", "r2"),
        ("a", "b", "left", "r2"),
        ("a", "a", "left", "r2"),
    )
    kinds = ["regular"] * 7 + ["repeat", "check"]
    passed = [None] * 8 + [True]
    return frame.assign(
        prompt="p", kind=kinds, check_passed=passed, answer_ms=[100, 200, 300, 400, 500, 900, 700, 800, 50]
    )


def test_a_rater_table_holds_what_can_be_counted_by_hand():
    table = rater_table(session()).to_frame().set_index("rater")
    assert table.votes.to_dict() == {"r1": 5, "r2": 2}
    assert table.loc["r1", "tie_share"] == pytest.approx(0.2)
    assert table.loc["r1", "left_share"] == 1
    assert table.loc["r1", "left_p"] == pytest.approx(binomtest(4, 4).pvalue)
    assert table.longest_run.to_dict() == {"r1": 4, "r2": 2}
    assert table.median_ms.to_dict() == {"r1": 300, "r2": 800}
    assert table.checks.to_dict() == {"r1": 0, "r2": 1}
    assert table.loc["r2", "check_rate"] == 1
    assert np.isnan(table.loc["r1", "check_rate"])
    # a-b: both said a; b-c: r1 said b, r2 said c.
    assert table.agreement_n.to_dict() == {"r1": 2, "r2": 2}
    assert table.agreement.to_dict() == {"r1": 0.5, "r2": 0.5}
    assert (table.loc["r2", "repeats"], table.loc["r2", "repeats_consistent"]) == (1, 1)


def test_run_lengths_follow_time_not_rows():
    frame = votes(*[("a", "b", o, "r") for o in ("left", "right", "left", "right")])
    frame = frame.assign(created_at=["2026-01-01", "2026-01-03", "2026-01-02", "2026-01-04"])
    assert rater_table(frame).to_frame().longest_run.tolist() == [2]


def test_a_table_without_optional_columns_leaves_their_measures_empty():
    table = rater_table(votes(("a", "b", "tie", "r1"))).to_frame()
    assert np.isnan(table.loc[0, "left_share"])
    assert np.isnan(table.loc[0, "median_ms"])
    assert table.loc[0, "agreement_n"] == 0
    with pytest.raises(MissingColumnError, match="rater"):
        rater_table(votes(("a", "b", "left")))


def test_a_rater_who_always_clicks_left_stands_out():
    frame = simulate(strengths=[0.5, 0, -0.5], raters=10, per_rater=80, prompts=4)
    frame.loc[frame.rater == "r003", "outcome"] = "left"
    table = rater_table(frame).to_frame().set_index("rater")
    assert table.left_p.idxmin() == "r003"
    assert table.longest_run.idxmax() == "r003"


def test_opinion_scores_are_means_with_counts():
    frame = pd.DataFrame(
        {
            "generator": ["a", "a", "b", "b", "a", "b"],
            "rating": [5, 4, 2, 2, None, 1],
            "rater": ["r1", "r2", "r1", "r2", "r3", "r3"],
            "prompt": "p",
        }
    )
    found = opinion_scores(frame)
    assert [(row.generator, row.mean.value, row.n) for row in found.rows] == [
        ("a", 4.5, 2),
        ("b", pytest.approx(5 / 3), 3),
    ]
    assert found.rows[1].counts == {1: 1, 2: 2, 3: 0, 4: 0, 5: 0}
    assert found.agreement["overall"].items == 2
    assert "Only 3 raters" in found.warnings[0]
    assert found.to_frame().loc[0, "count_5"] == 1
    assert found.to_dict()["rows"][0]["mean"]["value"] == 4.5


def test_each_criterion_has_scores_and_agreement_of_its_own():
    rows = [
        (g, c, "p", f"r{r}", 3 + (c == "fidelity") * (g == "a"))
        for g in "ab"
        for c in ("fidelity", "aesthetics")
        for r in range(3)
    ]
    frame = pd.DataFrame(rows, columns=["generator", "criterion", "prompt", "rater", "rating"])
    found = opinion_scores(frame)
    assert [row.criterion for row in found.rows] == ["aesthetics", "aesthetics", "fidelity", "fidelity"]
    assert found.agreement["aesthetics"].alpha.code == "constant"
    assert found.agreement["fidelity"].alpha.value == 1


def test_a_rating_off_the_scale_is_named():
    frame = pd.DataFrame({"generator": "a", "rating": [None, 3, 6], "rater": "r"})
    with pytest.raises(UnknownLabelError, match="Row 3: rating"):
        opinion_scores(frame)


def scored(gap, outcome, **columns):
    frame = pd.DataFrame({"score_left": gap, "score_right": 0.0, "outcome": outcome})
    return frame.assign(**columns)


def test_pair_accuracy_counts_hits_halves_and_what_is_left_out():
    frame = scored([1, -1, 1, 0, 2, np.nan], ["left", "left", "right", "left", "tie", "left"])
    found = pair_accuracy(frame)
    assert found.accuracy.value == pytest.approx((1 + 0 + 0 + 0.5) / 4)
    assert (found.n_decided, found.n_tied_votes, found.n_equal_scores, found.n_without_score) == (4, 1, 1, 1)
    flipped = pair_accuracy(frame, higher_is_better=False)
    assert flipped.accuracy.value == pytest.approx(1 - found.accuracy.value)


def test_pair_accuracy_is_clustered_when_prompts_are_known():
    hits = np.repeat([1.0, -1.0] * 10, 10)
    plain = pair_accuracy(scored(hits, "left"))
    grouped = pair_accuracy(scored(hits, "left", prompt=np.repeat([f"p{i}" for i in range(20)], 10)))
    assert plain.accuracy.value == grouped.accuracy.value == 0.5
    assert grouped.accuracy.high - grouped.accuracy.low > 2.5 * (plain.accuracy.high - plain.accuracy.low)
    assert "prompt" in grouped.accuracy.method


def test_without_decided_votes_accuracy_is_undefined():
    assert pair_accuracy(scored([1.0], ["tie"])).accuracy.code == "no_decided_votes"
    assert pair_accuracy(scored([1.0], ["tie"]).iloc[:0]).accuracy.code == "no_votes"


def test_correlation_over_generators_is_spearmans_and_kendalls():
    people = {f"g{i}": float(i) for i in range(12)}
    metric = people | {"g0": 2.5, "g11": 9.5}
    found = generator_correlation(people, metric)
    x, y = pd.Series(people), pd.Series(metric)
    assert found.spearman.value == pytest.approx(x.corr(y, method="spearman"))
    assert found.kendall.value == pytest.approx(x.corr(y, method="kendall"))
    assert 0 < found.spearman.low < found.spearman.value < found.spearman.high < 1
    assert found.warning == ""


def test_too_few_or_equal_generators_are_refused_in_words():
    four = {f"g{i}": float(i) for i in range(4)}
    assert generator_correlation(four, four).spearman.code == "too_few_generators"
    six = {f"g{i}": float(i) for i in range(6)}
    assert generator_correlation(six, dict.fromkeys(six, 1.0)).kendall.code == "constant"
    assert "Only 6 generators" in generator_correlation(six, six).warning
    assert not generator_correlation(six, six).spearman.has_interval
    assert generator_correlation(six | {"g9": float("nan")}, six).n_generators == 6
