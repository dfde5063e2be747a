"""Votes in, arrays out; wrong input named by row, field and mend."""

import numpy as np
import pandas as pd
import pytest

from arena.analytics import PairwiseData, fit
from arena.analytics.errors import (
    AnalyticsError,
    MissingColumnError,
    MissingValueError,
    NoVotesError,
    OneGeneratorError,
    SelfPairError,
    UnknownLabelError,
    WeightError,
)
from arena.analytics.scores import cluster_scores

from .builders import data, simulate, votes

GOOD = votes(("b", "a", "left", "r1"), ("a", "b", "tie", "r2"), ("b", "a", "both_bad", "r1"))


def test_votes_become_counts_per_pair_and_outcome():
    table = data(GOOD)
    assert table.generators == ("a", "b")
    assert table.raters == ("r1", "r2")
    cells = table.cells
    assert list(zip(cells.left, cells.right, strict=True)) == [(0, 1), (1, 0)]
    assert cells.counts.tolist() == [[0, 0, 1, 0], [1, 0, 0, 1]]
    assert cells.n.tolist() == [1, 2]
    assert cells.ties.tolist() == [1, 1]
    assert table.row_pair.tolist() == [1, 0, 1]


def test_tallies_count_each_generator_from_both_sides():
    tallies = data(GOOD).tallies().set_index("generator")
    assert tallies.loc["b"].tolist() == [1, 0, 1, 1, 3]
    assert tallies.loc["a"].tolist() == [0, 1, 1, 1, 3]


@pytest.mark.parametrize("kind", ["object", "str", "category", "string[pyarrow]"])
def test_every_kind_of_text_column_gives_the_same_arrays(kind):
    frame = simulate(strengths=[0.2, 0, -0.1], raters=4, per_rater=30)
    plain, typed = data(frame), data(frame.astype(kind))
    assert typed.generators == plain.generators
    assert typed.raters == plain.raters
    for name in ("left", "right", "outcome", "rater", "prompt"):
        assert np.array_equal(getattr(typed, name), getattr(plain, name))


def test_numbers_as_labels_become_text():
    frame = votes((10, 9, "left", 3), (9, 10, "right", 12))
    assert data(frame).generators == ("10", "9")
    assert data(frame).raters == ("12", "3")


def test_unused_categories_are_not_generators():
    frame = votes(("a", "b", "left")).astype({"left": pd.CategoricalDtype(["a", "b", "ghost"])})
    assert data(frame).generators == ("a", "b")


def test_a_given_list_of_generators_keeps_its_order_and_those_without_votes():
    table = data(GOOD, generators=["c", "b", "a"])
    assert table.generators == ("c", "b", "a")
    assert table.tallies().set_index("generator").loc["c", "n"] == 0


def test_grouped_rows_with_weights_equal_single_votes():
    frame = simulate(strengths=[0.2, 0, -0.1], raters=4, per_rater=30)
    grouped = frame.groupby(["left", "right", "outcome", "rater"]).size().rename("weight").reset_index()
    single, together = data(frame), data(grouped)
    assert together.n_votes == single.n_votes == 120
    assert together.cells.counts.tolist() == single.cells.counts.tolist()
    assert together.votes_per_rater.tolist() == single.votes_per_rater.tolist()


def test_many_generators_take_the_sorted_road_to_the_same_counts():
    names = [f"g{i:04d}" for i in range(1600)]
    frame = pd.DataFrame({"left": names, "right": names[1:] + names[:1], "outcome": "left"})
    table = data(frame)
    assert table.cells.counts[:, 0].tolist() == [1.0] * 1600
    assert table.cells.left[table.row_pair].tolist() == table.left.tolist()
    assert table.cells.right[table.row_pair].tolist() == table.right.tolist()


def test_a_vote_without_category_has_the_empty_one():
    table = data(GOOD.assign(category=["x", None, "x"]))
    assert table.categories == ("", "x")
    assert table.category.tolist() == [1, 0, 1]


def test_votes_of_weight_zero_count_nothing_anywhere():
    frame = simulate(strengths=[0.2, 0, -0.1], raters=4, per_rater=30)
    extra = votes(("g0", "zero", "left", "r000"), ("g1", "g0", "right", "r000")).assign(weight=0.0)
    table = data(pd.concat([frame.assign(weight=1.0), extra]))
    assert table.cells.counts.sum() == 120
    scores = cluster_scores(fit(table), table)
    assert np.abs(scores.scores.sum(axis=0)).max() < 1e-8
    assert scores.votes.sum() == 120


def test_a_subset_keeps_all_labels():
    table = data(GOOD)
    part = table.subset(table.outcome == 0)
    assert part.generators == table.generators
    assert (part.n_votes, part.n_raters) == (1, 1)
    with pytest.raises(NoVotesError, match="Widen the filter"):
        table.subset(table.outcome == 1)


def test_raters_per_generator_counts_people_not_votes():
    frame = votes(("a", "b", "left", "r1"), ("a", "b", "left", "r1"), ("a", "c", "left", "r2"))
    assert data(frame).raters_per_generator().tolist() == [2, 1, 1]


def test_votes_without_rater_count_one_each():
    table = data(votes(("a", "b", "left"), ("a", "b", "right")))
    assert not table.has_raters
    assert table.n_raters == 2


BAD = [
    (votes(("a", "b", "left"), ("a", "b", "Left")), UnknownLabelError, "Row 2: outcome 'Left'"),
    (votes(("a", "b", "left"), ("a", "a", "tie")), SelfPairError, "Row 2: 'a' is compared with itself"),
    (GOOD.assign(weight=[1, -1, 1]), WeightError, "Row 2: weight"),
    (GOOD.assign(weight=[1, 1, np.nan]), WeightError, "Row 3: weight"),
    (GOOD.assign(weight=[np.inf, 1, 1]), WeightError, "Row 1: weight"),
    (GOOD.assign(weight=["1", "x", "1"]), WeightError, "Row 2: weight 'x'"),
    (GOOD.assign(weight=0), NoVotesError, "weight 0"),
    (GOOD.iloc[:0], NoVotesError, "There are no votes"),
    (GOOD.drop(columns="right"), MissingColumnError, "no column right"),
    (GOOD.assign(rater=["r", None, "r"]), MissingValueError, "Row 2: rater is empty"),
    (GOOD.assign(left=["b", " ", "b"]), MissingValueError, "Row 2: left is empty"),
]


@pytest.mark.parametrize(("frame", "error", "words"), BAD)
def test_wrong_input_is_named_by_row_and_field(frame, error, words):
    with pytest.raises(error, match=words) as caught:
        PairwiseData.from_frame(frame)
    assert isinstance(caught.value, AnalyticsError)
    assert caught.value.mend
    assert caught.value.code


def test_a_label_outside_the_study_is_an_error_not_a_new_generator():
    with pytest.raises(UnknownLabelError, match="Row 1: left 'b' is not a generator of this study"):
        data(GOOD, generators=["a", "c"])


def test_one_generator_cannot_be_ranked():
    with pytest.raises(OneGeneratorError):
        data(votes(("a", "a", "left")))
