"""The one entry point: rows fit for a page, and words for every trap."""

import json

import numpy as np
import pandas as pd
import pytest

from arena.analytics import METHODS, PairwiseData, fit, rank, rank_by
from arena.analytics.errors import NoVotesError, OptionError, SelfPairError, UnknownLabelError, WeightError
from arena.analytics.scale import POINTS_PER_LOGIT

from . import published
from .builders import from_counts, simulate, votes

FRAME = simulate(strengths=[0.9, 0.2, -0.1, -1.0], raters=60, per_rater=60, position=0.6, taste=0.3)


def test_a_study_is_ranked_with_intervals_ranks_and_position():
    result = rank(FRAME)
    assert result.status == "ok"
    assert result.warnings == ()
    assert result.rows[0].generator == "g0"
    assert [row.rank for row in result.rows] == [1, 2, 3, 4]
    for row in result.rows:
        assert row.low < row.points < row.high
        assert row.rank_low <= row.rank <= row.rank_high
        assert row.vote_high - row.vote_low < row.high - row.low
        assert row.n == row.wins + row.losses + row.ties + row.both_bad
        assert row.raters == 60
    assert sum(row.prob_best for row in result.rows) == pytest.approx(1)
    assert sum(row.points for row in result.rows) == pytest.approx(4000)
    assert result.position.low > 0
    assert 0.5 < result.left_share.low < result.left_share.value < 0.72
    assert (result.n_votes, result.n_raters) == (3600, 60)
    assert result.tie_rate == pytest.approx((FRAME.outcome == "tie").mean())


def test_points_are_the_fitted_strengths():
    table = PairwiseData.from_frame(FRAME)
    theta = dict(zip(table.generators, fit(table).theta, strict=True))
    for row in rank(table).rows:
        assert row.points == pytest.approx(1000 + POINTS_PER_LOGIT * theta[row.generator], abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_true_order(method):
    result = rank(FRAME, method=method)
    assert {result.rows[0].generator, result.rows[-1].generator} == {"g0", "g3"}
    assert result.rows[0].generator == "g0"
    assert result.method.startswith(method)


def test_position_bias_and_careless_raters_move_nobody_by_more_than_a_place():
    truth = np.linspace(0.9, -0.9, 8)
    frame = simulate(strengths=truth, raters=100, per_rater=60, position=0.6, seed=4)
    careless = frame.rater < "r020"
    frame.loc[careless, "outcome"] = np.random.default_rng(1).choice(["left", "right"], careless.sum())
    for row in rank(frame).rows:
        assert abs(row.rank - (int(row.generator[1:]) + 1)) <= 1


def test_an_anchor_stands_at_a_thousand():
    rows = {row.generator: row for row in rank(FRAME, anchor="g2").rows}
    assert (rows["g2"].points, rows["g2"].low, rows["g2"].high) == (1000, 1000, 1000)
    plain = {row.generator: row.points for row in rank(FRAME).rows}
    assert rows["g0"].points - rows["g2"].points == pytest.approx(plain["g0"] - plain["g2"])
    with pytest.raises(UnknownLabelError, match="'g9'"):
        rank(FRAME, anchor="g9")
    with pytest.raises(UnknownLabelError, match="'g9'"):
        rank(FRAME, anchor="g9", method="elo")


def test_the_same_votes_in_any_order_give_the_same_result():
    first, second = rank(FRAME), rank(FRAME.sample(frac=1, random_state=3))
    for a, b in zip(first.rows, second.rows, strict=True):
        assert (a.points, a.low, a.high) == pytest.approx((b.points, b.low, b.high), abs=1e-9)
        assert (a.rank_low, a.rank_high, a.prob_best) == (b.rank_low, b.rank_high, b.prob_best)


def test_grouped_votes_give_the_same_result():
    grouped = FRAME.groupby(["left", "right", "outcome", "rater"]).size().rename("weight").reset_index()
    single, together = rank(FRAME), rank(grouped)
    for a, b in zip(single.rows, together.rows, strict=True):
        assert (a.points, a.low, a.high) == pytest.approx((b.points, b.low, b.high), abs=1e-9)
        assert (a.rank_low, a.rank_high, a.raters, a.n) == (b.rank_low, b.rank_high, b.raters, b.n)


def test_the_result_is_valid_json_and_a_frame():
    for frame in (FRAME, votes(("a", "b", "left", "r1"))):
        result = rank(frame)
        json.dumps(result.to_dict(), allow_nan=False)
        assert len(result.to_frame()) == len(result.rows)


def test_differences_and_win_probabilities_come_with_the_result():
    result = rank(FRAME)
    gap = result.difference("g0", "g3")
    rows = {row.generator: row for row in result.rows}
    assert gap.value == pytest.approx(rows["g0"].points - rows["g3"].points)
    assert gap.low > 0
    matrix = result.win_matrix()
    assert matrix.score[0, 3] > 0.75


def test_each_category_has_a_ranking_of_its_own():
    results = rank_by(FRAME.assign(category=np.where(FRAME.index % 2, "odd", "even")), "category", draws=50)
    assert list(results) == ["even", "odd"]
    assert sum(r.n_votes for r in results.values()) == 3600


def test_both_bad_ranks_as_a_tie_and_is_counted_apart():
    bad = FRAME.assign(outcome=FRAME.outcome.replace("tie", "both_bad"))
    plain, other = rank(FRAME, draws=50), rank(bad, draws=50)
    assert [row.points for row in plain.rows] == [row.points for row in other.rows]
    assert other.tie_rate == 0
    assert other.both_bad_rate == plain.tie_rate


# The traps: each gives words, and no number where there is none.


def with_raters(frame, raters=4):
    counted = frame.loc[frame.index.repeat(frame.weight.astype(int))].drop(columns="weight")
    return counted.assign(rater=[f"r{i % raters}" for i in range(len(counted))])


def test_no_votes_give_an_empty_ranking_and_the_reason():
    result = rank(FRAME.iloc[:0], generators=("g0", "g1"))
    assert (result.status, result.n_votes) == ("no_votes", 0)
    assert [row.points for row in result.rows] == [None, None]
    assert "There are no votes" in result.warnings[0]
    with pytest.raises(NoVotesError):
        result.win_matrix()


def test_one_generator_gives_the_reason():
    assert rank(votes(("a", "a", "left")), generators=("a",)).status == "one_generator"


def test_all_ties_give_counts_and_no_points():
    result = rank(votes(("a", "b", "tie", "r1"), ("b", "a", "both_bad", "r2")))
    assert result.status == "all_ties"
    assert [(row.ties, row.both_bad, row.points) for row in result.rows] == [(1, 1, None)] * 2
    assert (result.tie_rate, result.both_bad_rate) == (0.5, 0.5)


def test_a_winless_generator_is_reported_not_ranked():
    frame = with_raters(from_counts([*published.PUDDING, ("1", "loser", 6, 0, 0), ("loser", "2", 0, 0, 6)]))
    result = rank(frame, position=False)
    rows = {row.generator: row for row in result.rows}
    assert result.status == "no_finite_maximum"
    assert rows["loser"].points is None
    assert rows["loser"].note == "never won nor tied: no finite strength"
    assert any("loser" in warning for warning in result.warnings)
    # The others keep the estimates that they have without the votes on the winless one.
    alone = rank(with_raters(from_counts(published.PUDDING)), position=False)
    for row in alone.rows:
        assert rows[row.generator].points == pytest.approx(row.points, abs=1e-9)
    # It may stand anywhere, so it widens everyone's rank range by one place.
    assert max(row.rank_high for row in result.rows if row.rank_high) == 7
    assert rows["1"].prob_best is None


def test_an_undefeated_generator_is_reported_and_firth_gives_it_points():
    frame = with_raters(from_counts(published.UNDEFEATED))
    result = rank(frame, position=False)
    assert result.rows[0].generator == "A"
    assert result.rows[0].points is None
    assert result.rows[0].note == "never lost nor tied: no finite strength"
    penalised = rank(frame, position=False, method="firth")
    assert penalised.status == "ok"
    assert penalised.rows[0].generator == "A"
    assert "Firth" in " ".join(penalised.warnings)
    reference = published.UNDEFEATED_FIRTH["B"][0]
    gap = penalised.difference("B", "A").value / POINTS_PER_LOGIT
    assert gap == pytest.approx(reference, abs=1e-4)


def test_unconnected_parts_are_ranked_each_within_itself():
    rows = [("a", "b", 6, 1, 3), ("b", "a", 4, 1, 6), ("x", "y", 5, 1, 2), ("y", "x", 2, 1, 5)]
    result = rank(with_raters(from_counts(rows)))
    assert result.status == "disconnected"
    assert result.components == (("a", "b"), ("x", "y"))
    assert [row.rank for row in result.rows] == [1, 2, 1, 2]
    assert [row.component for row in result.rows] == [0, 0, 1, 1]
    assert "unconnected" in result.warnings[0]
    assert np.isnan(result.difference("a", "x").value)


def test_a_generator_without_votes_is_listed_without_a_place():
    result = rank(FRAME, generators=("g0", "g1", "g2", "g3", "new"))
    assert result.rows[-1].generator == "new"
    assert result.rows[-1].points is None
    assert result.rows[-1].note == "no votes connect it with the others"


def test_one_rater_gives_points_without_intervals():
    result = rank(simulate(strengths=[0.4, 0, -0.4], raters=1, per_rater=200))
    assert result.status == "too_few_raters"
    assert all(row.points is not None and row.low is None and row.rank_low is None for row in result.rows)
    assert "one rater" in result.warnings[-1]
    assert np.isnan(result.position.low)
    json.dumps(result.to_dict(), allow_nan=False)


def test_few_raters_and_lopsided_raters_are_said_aloud():
    assert "Only 3 raters" in rank(simulate(strengths=[0.4, 0], raters=3)).warnings[0]
    lopsided = pd.concat([FRAME.assign(rater="busy"), FRAME.iloc[::60].copy()])
    assert "gave most of the votes" in rank(lopsided).warnings[0]


def test_votes_without_raters_are_ranked_with_a_caution():
    assert "name no rater" in rank(FRAME.drop(columns="rater")).warnings[0]


def test_a_runaway_position_effect_is_left_out_with_words():
    frame = with_raters(from_counts([("a", "b", 5, 0, 0), ("b", "a", 4, 0, 0)]))
    result = rank(frame)
    assert result.position is None
    assert result.rows[0].points is not None
    assert "leaves the position effect out" in " ".join(result.warnings)


def test_a_runaway_tie_parameter_falls_back_to_half_wins_with_words():
    frame = with_raters(from_counts([("a", "b", 3, 2, 0), ("b", "a", 0, 1, 2)]))
    result = rank(frame, position=False)
    assert "half a win each way" in " ".join(result.warnings)
    assert result.rows[0].generator == "a"
    assert result.rows[0].points is not None


def test_an_anchor_without_finite_strength_is_replaced_by_the_mean():
    result = rank(with_raters(from_counts(published.UNDEFEATED)), position=False, anchor="A")
    assert result.anchor is None
    assert "cannot be the anchor" in " ".join(result.warnings)


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (votes(("a", "b", "draw")), UnknownLabelError),
        (votes(("a", "b", "left"), ("a", "a", "left")), SelfPairError),
        (votes(("a", "b", "left")).assign(weight=-1), WeightError),
        (votes(("a", "b", "left")).assign(weight=float("nan")), WeightError),
    ],
)
def test_wrong_input_is_an_error_not_a_ranking(frame, error):
    with pytest.raises(error):
        rank(frame)


def test_an_unknown_method_is_refused():
    with pytest.raises(OptionError, match="davidson"):
        rank(FRAME, method="trueskill")
