"""Composites: percentiles by hand, and what must hold whatever the scores are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.metrics.composite import GRID, Term, composites, percentiles, quantile_grid
from scoring.metrics.errors import MetricError

scores = st.lists(st.integers(-50, 50), min_size=1, max_size=30).map(lambda found: np.array(found, float))
weights = st.integers(0, 100).map(lambda found: found / 100)


def term(population, weight=1.0, **settings):
    return Term(weight, **({"higher_is_better": True, "grid": quantile_grid(population)} | settings))


def column(values):
    return np.array(values, dtype=float).reshape(-1, 1)


def test_ties_count_half():
    grid = quantile_grid(np.array([1, 2, 2, 4]))
    assert percentiles(np.array([0, 1, 2, 3, 4, 9]), grid).tolist() == [0, 12.5, 50, 75, 87.5, 100]


def test_lower_is_better_turns_the_scale_round():
    grid = quantile_grid(np.array([1, 2, 2, 4]))
    assert percentiles(np.array([0, 2, 4]), grid, higher_is_better=False).tolist() == [100, 50, 12.5]


def test_a_weighted_sum_by_hand():
    up = term([1, 2, 3, 4], 0.75)
    down = term([10, 20], 0.25, higher_is_better=False)
    found = composites(np.array([[4, 10], [1, 30]]), [up, down])
    assert found.value.tolist() == [0.75 * 87.5 + 0.25 * 75, 0.75 * 12.5]


def test_a_missing_score_leaves_the_composite_undefined_whatever_its_weight():
    terms = [term([1, 2, 3], 1.0), Term(0.0, True, limit=1.0)]
    found = composites(np.array([[2, np.nan], [np.nan, 1], [2, 1]]), terms)
    assert np.isnan(found.value).tolist() == [True, True, False]
    assert found.missing.tolist() == [[False, True], [True, False], [False, False]]
    assert not found.barred.any()


def test_a_barred_image_is_barred_whatever_else_is_missing():
    found = composites(np.array([[np.nan, 0.0]]), [term([1, 2]), Term(0.0, True, limit=1.0)])
    assert (found.value.tolist(), found.barred.tolist()) == ([0.0], [True])


def test_a_limit_itself_passes_on_either_side():
    up, down = term([1, 2], 0.5, limit=1.0), term([1, 2], 0.5, limit=2.0, higher_is_better=False)
    found = composites(np.array([[1, 2], [0.9, 2], [1, 2.1]]), [up, down])
    assert found.barred.tolist() == [False, True, True]


@pytest.mark.parametrize("given_weights", [(0.5, 0.4), (0.7, 0.7), (1.5, -0.5), (np.nan, 1.0)])
def test_weights_that_do_not_sum_to_one_are_refused(given_weights):
    with pytest.raises(MetricError, match="weight"):
        composites(np.ones((1, 2)), [term([1, 2], weight) for weight in given_weights])


def test_what_cannot_be_is_refused_in_words():
    with pytest.raises(MetricError, match="without scores"):
        quantile_grid(np.array([]))
    with pytest.raises(MetricError, match="not finite"):
        quantile_grid(np.array([1, np.inf]))
    with pytest.raises(MetricError, match="ascending"):
        percentiles(np.array([1.0]), np.array([2.0, 1.0]))
    with pytest.raises(MetricError, match="no calibration"):
        composites(column([1]), [Term(1.0, True)])
    with pytest.raises(MetricError, match="pair up"):
        composites(np.ones(3), [term([1, 2])])


def test_a_large_population_is_kept_at_even_ranks_and_right_to_a_tenth_of_a_point():
    population = np.random.default_rng(1).normal(size=20_000)
    grid = quantile_grid(population)
    assert grid.size == GRID
    assert set(grid.tolist()) <= set(population.tolist())
    exact = percentiles(population, np.sort(population))
    assert np.abs(percentiles(population, grid) - exact).max() < 0.1


@given(scores, scores)
def test_increasing_transformations_of_raw_scores_change_nothing(population, values):
    def bent(x):
        return x**3 + 2 * x + 7  # exact in these whole numbers, and increasing

    plain = composites(column(values), [term(population)])
    turned = composites(column(bent(values)), [term(bent(population))])
    assert np.array_equal(plain.value, turned.value)


@given(scores, scores)
def test_all_weight_on_one_metric_is_its_percentile(population, values):
    found = composites(column(values), [term(population)])
    assert np.array_equal(found.value, percentiles(values, quantile_grid(population)))


@given(scores)
def test_a_population_is_fifty_on_average_to_itself(population):
    assert percentiles(population, quantile_grid(population)).mean() == pytest.approx(50)


@given(scores, scores, weights, st.integers(0, 20))
def test_a_better_score_never_lowers_a_composite(population, values, weight, step):
    terms = [term(population, weight), term(population, 1 - weight, limit=float(population[0]))]
    table = np.repeat(column(values), 2, axis=1)
    before, after = composites(table, terms).value, composites(table + step, terms).value
    assert (after >= before - 1e-9).all()
    assert (before >= 0).all()
    assert (after <= 100).all()


@given(scores, scores, st.integers(-50, 50))
def test_a_limit_never_raises_a_composite(population, values, limit):
    free = composites(column(values), [term(population)]).value
    bound = composites(column(values), [term(population, limit=float(limit))])
    assert (bound.value <= free).all()
    assert (bound.value[bound.barred] == 0).all()
    assert np.array_equal(bound.barred, values < limit)


@given(scores, scores, scores)
def test_other_images_do_not_move_a_composite(population, values, others):
    alone = composites(column(values), [term(population)]).value
    among = composites(column([*values, *others]), [term(population)]).value
    assert np.array_equal(alone, among[: values.size])
