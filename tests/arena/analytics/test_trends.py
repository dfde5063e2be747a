"""Several studies on one scale: truth is found through shared generators, and so is what moved."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from arena.analytics import rank
from arena.analytics.drift import holm
from arena.analytics.errors import OptionError, UnknownLabelError
from arena.analytics.scale import POINTS_PER_LOGIT
from arena.analytics.trends import StudyVotes, trends

from .builders import simulate, votes

TRUTH = {"a": 0.9, "b": 0.3, "c": -0.2, "d": -1.0, "e": 0.5}


def study(name: str, letters: str, *, moved: dict[str, float] | None = None, **options) -> StudyVotes:
    """Votes on the generators of ``letters`` at their true strengths, some of them ``moved``."""
    strengths = [TRUTH[letter] + (moved or {}).get(letter, 0) for letter in letters]
    frame = simulate(strengths=strengths, **({"raters": 45, "per_rater": 40} | options))
    names = {f"g{i}": letter for i, letter in enumerate(letters)}
    return StudyVotes(name, frame.replace({"left": names, "right": names}))


@pytest.fixture(scope="module")
def three():
    """A and B share a, b, c; B and C share b, e: each study has its own sides, ties and raters."""
    return [
        study("A", "abcd", seed=1),
        study("B", "abce", position=0.5, log_nu=0.5, seed=2),
        study("C", "be", position=-0.3, log_nu=-1.5, seed=3),
    ]


def test_strengths_of_studies_that_never_met_are_found_on_one_scale(three):
    found = trends(three, draws=50)
    assert found.parts == (("A", "B", "C"),)
    assert found.anchors == ("a", "b", "c", "e")
    frame = found.to_frame()
    assert len(frame) == 10
    centre = np.mean([TRUTH[name] for name in found.anchors])
    truth = 1000 + POINTS_PER_LOGIT * (frame["generator"].map(TRUTH) - centre)
    assert ((frame["points"] - truth).abs() < 4 * frame["se"]).all()
    assert ((frame["low"] < frame["points"]) & (frame["points"] < frame["high"])).all()
    pooled = {row.generator: row.points for row in found.pooled.rows}
    mean = np.mean(list(TRUTH.values()))
    for name, theta in TRUTH.items():
        assert pooled[name] == pytest.approx(1000 + POINTS_PER_LOGIT * (theta - mean), abs=60)
    assert found.pooled.status == "ok"
    assert found.pooled.n_raters == 135


def test_the_common_maximum_is_the_one_of_a_general_maximiser():
    pair = [study("A", "abc", raters=8, per_rater=30), study("B", "abe", raters=8, per_rater=30, seed=4)]
    names, outcomes = ["a", "b", "c", "e"], ["left", "right", "tie", "both_bad"]
    coded = [
        [np.array([order.index(x) for x in part.votes[column]]) for column, order in
         (("left", names), ("right", names), ("outcome", outcomes))]
        for part in pair
    ]  # fmt: skip

    def loss(x):
        total = x[:4].sum() ** 2
        for s, (left, right, said) in enumerate(coded):
            gamma, eta = x[4 + 2 * s], x[5 + 2 * s]
            d = x[left] - x[right] + gamma
            logits = np.stack([d / 2, -d / 2, np.full(d.size, eta)], axis=1)
            chosen = logits[np.arange(d.size), np.minimum(said, 2)]
            total += (np.log(np.exp(logits).sum(axis=1)) - chosen).sum()
        return total

    brute = minimize(loss, np.zeros(8), method="BFGS", options={"gtol": 1e-7}).x
    found = trends(pair, draws=0)
    fit = found.pooled.fit
    assert fit.theta == pytest.approx(brute[:4], abs=1e-4)
    assert fit.extra == pytest.approx(brute[4:], abs=1e-4)
    own = sum(result.fit.log_likelihood for result in found.results)
    assert found.likelihood_ratio == pytest.approx(2 * (own + loss(brute)), abs=1e-4)


def test_a_single_study_is_as_it_is_ranked_by_itself():
    one = study("A", "abcd")
    found, alone = trends([one], draws=50), rank(one.votes, draws=50)
    pooled = found.pooled.to_frame().set_index("generator")
    own = alone.to_frame().set_index("generator")
    for name in ("points", "low", "high", "rank_low", "rank_high"):
        assert pooled[name].to_dict() == pytest.approx(own[name].to_dict(), abs=1e-4)
    frame = found.to_frame().set_index("generator")
    assert frame["points"].to_dict() == pytest.approx(own["points"].to_dict(), abs=1e-6)
    assert found.drift.code == "one_study"
    assert found.by_generator.empty


def test_what_a_study_does_not_share_leaves_the_scale_alone(three):
    shared = trends(three[:2], draws=0)
    means = shared.strengths[shared.strengths["anchor"]].groupby("study")["points"].mean()
    assert means.to_dict() == pytest.approx({"A": 1000, "B": 1000})
    swapped = trends(three[1::-1], draws=0)
    assert swapped.drift.statistic == pytest.approx(shared.drift.statistic)
    assert swapped.by_generator["change"].to_numpy() == pytest.approx(-shared.by_generator["change"])


def test_the_drift_test_does_not_depend_on_the_names_or_order_of_studies(three):
    forward, backward = trends(three, draws=0), trends(three[::-1], draws=0)
    assert forward.drift.statistic == pytest.approx(backward.drift.statistic)
    assert forward.drift.p_value == pytest.approx(backward.drift.p_value)
    # Nine estimates of four anchors in three studies, less 3 + 4 − 1 for the places of both.
    assert forward.drift.df == 3
    assert forward.drift.anchors == ("a", "b", "c", "e")
    assert forward.drift.raters == 135


def test_a_generator_that_moved_is_named_with_how_far():
    pair = [study("Spring", "abcd", seed=5), study("Autumn", "abcd", moved={"b": 0.9}, seed=6)]
    found = trends(pair, draws=0)
    assert found.drift.p_value < 1e-4
    assert found.drift.beyond_chance > 20
    assert found.likelihood_ratio_p < 1e-4
    row = found.by_generator.set_index("generator").loc["b"]
    assert (row["first"], row["last"], bool(row["moved"])) == ("Spring", "Autumn", True)
    assert row["low"] < 0.9 * POINTS_PER_LOGIT < row["high"]
    assert row["p_value"] == found.by_generator["p_value"].min()
    # Without it among the anchors the others stand still.
    still = trends(pair, anchors=["a", "c", "d"], draws=0)
    assert still.drift.p_value > 0.05
    assert still.drift.df == 2
    assert not still.by_generator.set_index("generator").loc[["a", "c", "d"], "moved"].any()
    assert still.by_generator.set_index("generator").loc["b", "moved"]


def test_one_study_is_compared_with_one_restriction_as_by_hand():
    pair = [study("A", "ab", seed=7), study("B", "ab", seed=8)]
    found = trends(pair, draws=0)
    alone = [rank(part.votes, draws=0) for part in pair]
    gaps = [result.difference("a", "b") for result in alone]
    change = gaps[1].value - gaps[0].value
    se = np.hypot(*[row.rows[0].se * 2 for row in alone])
    assert found.drift.statistic == pytest.approx((change / se) ** 2)
    row = found.by_generator.set_index("generator").loc["a"]
    assert row["change"] == pytest.approx(change)
    assert row["p_holm"] == pytest.approx(found.drift.p_value)
    assert any("cannot be told which one moved" in words for words in found.warnings)


def test_one_shared_generator_fixes_the_scale_but_tests_nothing():
    found = trends([study("A", "abc"), study("B", "ade", seed=1)], draws=0)
    assert found.parts == (("A", "B"),)
    assert found.drift.code == "one_anchor"
    assert "no second one" in found.drift.reason
    at = found.strengths.set_index(["study", "generator"])["points"]
    assert at["A", "a"] == pytest.approx(1000)
    assert at["B", "a"] == pytest.approx(1000)
    assert found.pooled.status == "ok"


def test_studies_that_share_nothing_stay_apart_in_words():
    found = trends([study("A", "abc"), study("B", "de", seed=1)], draws=0)
    assert found.parts == (("A",), ("B",))
    assert found.drift.code == "no_link"
    assert any("share no anchor (A; B)" in words for words in found.warnings)
    assert found.pooled.status == "disconnected"
    assert np.isnan(found.likelihood_ratio)


def test_a_winless_generator_of_one_study_is_placed_by_the_others():
    lost = votes(*[("a", "d", "left", f"r{i % 20:03d}") for i in range(20)])
    first = study("A", "abc")
    late = StudyVotes("B", pd.concat([study("B", "abc", seed=1).votes, lost], ignore_index=True))
    found = trends([first, late, study("C", "abd", seed=2)], draws=0)
    # Alone B has no finite strength for d; it tells one from C.
    assert "d" not in set(found.strengths.loc[found.strengths["study"] == "B", "generator"])
    assert any(words.startswith("B: ") and "no finite strength: d" in words for words in found.warnings)
    assert {row.generator: row.points for row in found.pooled.rows}["d"] is not None
    assert np.isnan(found.likelihood_ratio)
    assert found.drift.df == 3


def test_a_study_without_strengths_is_left_out_in_words():
    tied = StudyVotes("B", votes(*[("a", "b", "tie", f"r{i}") for i in range(9)]))
    empty = StudyVotes("C", votes(("a", "b", "tie", "r")).iloc[:0])
    found = trends([study("A", "abc"), tied, empty], draws=0)
    assert found.studies == ("A",)
    assert [words.split(" is left out")[0] for words in found.warnings[:2]] == ["B", "C"]
    nothing = trends([empty], draws=0)
    assert nothing.strengths.empty
    assert nothing.pooled.status == "no_votes"
    json.dumps(nothing.to_dict(), allow_nan=False)


def test_one_rater_has_points_but_no_interval_and_no_test():
    single = StudyVotes("B", study("B", "abc", raters=1, per_rater=200, seed=1).votes)
    found = trends([study("A", "abc"), single], draws=0)
    own = found.strengths[found.strengths["study"] == "B"]
    assert own["points"].notna().all()
    assert own["low"].isna().all()
    assert found.strengths.loc[found.strengths["study"] == "A", "low"].notna().all()
    assert found.drift.code == "one_rater"
    assert found.drift.reason.startswith(
        "B has no intervals, so drift cannot be tested. All votes come from one"
    )
    json.dumps(found.to_dict(), allow_nan=False)


def test_raters_who_all_voted_alike_are_not_called_one_rater():
    same = [
        ("a", "b", "left"),
        ("a", "b", "right"),
        ("b", "c", "left"),
        ("b", "c", "right"),
        ("a", "c", "left"),
    ]
    same += [("a", "c", "right"), ("a", "b", "tie")]
    alike = StudyVotes("B", votes(*((*row, f"r{r}") for r in range(6) for row in same)))
    found = trends([study("A", "abc"), alike], draws=0)
    assert found.drift.code == "no_intervals"
    assert found.drift.reason.startswith("B has no intervals")
    assert "All raters voted alike" in found.drift.reason
    assert "one rater" not in found.drift.reason


def test_few_raters_weaken_the_test_or_make_it_impossible():
    pair = [study("A", "abcde", raters=3, per_rater=60), study("B", "abcde", raters=3, per_rater=60, seed=1)]
    assert trends(pair, draws=0).drift.code == "few_raters"


def test_votes_without_raters_and_with_weights_count_as_they_do_alone():
    one = study("A", "abc")
    heavy = one.votes.drop(columns="rater").assign(weight=2.0)
    found = trends([StudyVotes("A", heavy), study("B", "abc", seed=1)], draws=0)
    assert found.pooled.n_votes == 2 * 1800 + 1800
    assert found.pooled.n_raters == 1800 + 45


def test_wrong_input_is_named(three):
    with pytest.raises(OptionError, match="each of another name"):
        trends([three[0], three[0]])
    with pytest.raises(OptionError, match="each of another name"):
        trends([])
    with pytest.raises(UnknownLabelError, match="'d' is not shared"):
        trends(three, anchors=["a", "d"])


def test_holm_steps_down_and_leaves_out_what_is_unknown():
    p = np.array([0.01, np.nan, 0.04, 0.03, 0.9])
    assert holm(p)[[0, 2, 3, 4]] == pytest.approx([0.04, 0.09, 0.09, 0.9])
    assert np.isnan(holm(p)[1])


def test_results_are_frames_and_json(three):
    found = trends(three, draws=20)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["drift"]["df"] == 3
    assert len(told["strengths"]) == len(found.to_frame())
    assert len(found.drift.to_frame()) == 1


@pytest.mark.slow
def test_the_drift_test_keeps_its_level_and_intervals_their_coverage():
    """100 times two studies of raters with tastes of their own: rejections near 5 %, coverage near 95 %."""
    rejected, named, covered = [], [], []
    for seed in range(100):
        options = {"raters": 20, "per_rater": 30, "taste": 0.4}
        pair = [
            study("A", "abcd", seed=2 * seed, **options),
            study("B", "abcd", seed=2 * seed + 1, **options),
        ]
        found = trends(pair, draws=0)
        rejected.append(found.drift.p_value < 0.05)
        named.append(found.by_generator["moved"].any())
        covered.append((found.by_generator["low"] < 0) & (found.by_generator["high"] > 0))
    assert np.mean(rejected) <= 0.1
    assert np.mean(named) <= 0.1
    assert 0.92 <= np.mean(np.concatenate(covered)) <= 0.98


@pytest.mark.slow
def test_the_drift_test_sees_what_is_there():
    seen = []
    for seed in range(25):
        options = {"raters": 40, "per_rater": 40, "taste": 0.4}
        pair = [
            study("A", "abcd", seed=2 * seed, **options),
            study("B", "abcd", moved={"a": -0.6}, seed=2 * seed + 1, **options),
        ]
        found = trends(pair, draws=0)
        seen.append(found.by_generator.set_index("generator").loc["a", "moved"])
    assert np.mean(seen) > 0.8
