import pytest

from scoring.metrics.shapes.figures import Share


def test_the_interval_is_wilsons():
    # statsmodels 0.15.0: proportion_confint(90, 100, method="wilson")
    assert Share(90, 100).interval == pytest.approx((0.8256343, 0.9447708), abs=1e-6)


def test_the_interval_stays_within_nought_and_one_and_is_never_a_point():
    low, high = Share(100, 100).interval
    assert high == pytest.approx(1.0)
    assert high <= 1.0
    assert 0.95 < low < 0.97
    assert Share(0, 100).interval == pytest.approx((1 - high, 1 - low))
