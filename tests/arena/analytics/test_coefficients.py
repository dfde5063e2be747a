"""Cohen, Fleiss, Gwet and the intraclass correlations against published tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analytics import Undefined
from arena.analytics.chance_corrected import fleiss_kappa, gwet_ac
from arena.analytics.errors import OptionError
from arena.analytics.icc import intraclass
from arena.analytics.kappa import cohen_kappa, kappa_of_answers

from .test_agreement import COUNTS

# SAS PROC FREQ printout, as recorded in the tests of statsmodels (test_inter_rater.py).
SAS = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
# Wikipedia, "Fleiss' kappa": 10 subjects, 14 raters, 5 categories.
WIKIPEDIA = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
# Shrout & Fleiss (1979), Table 2: four judges on six targets; their Table 4 gives the six coefficients.
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def test_cohens_kappa_agrees_with_sas():
    found = cohen_kappa(SAS)
    assert found.kappa.value == pytest.approx(0.4842, abs=5e-5)
    assert found.se == pytest.approx(0.1380, abs=5e-5)
    assert found.se == pytest.approx(0.1380135783058146, abs=1e-9)
    assert (found.kappa.low, found.kappa.high) == pytest.approx((0.2137, 0.7547), abs=5e-5)
    assert found.se_null == pytest.approx(0.1484, abs=5e-5)
    assert found.z == pytest.approx(3.2626, abs=5e-5)
    assert found.kappa.value == pytest.approx(0.48416289592760187, abs=1e-9)


def test_weighted_kappa_agrees_with_sas():
    found = cohen_kappa(SAS, weights="linear")
    assert found.kappa.value == pytest.approx(0.4701, abs=5e-5)
    assert found.kappa.value == pytest.approx(0.4701195219123506, abs=1e-9)
    assert found.se == pytest.approx(0.1457, abs=5e-5)
    assert (found.kappa.low, found.kappa.high) == pytest.approx((0.1845, 0.7558), abs=5e-5)


@given(st.lists(st.integers(0, 9), min_size=9, max_size=9).filter(lambda x: sum(x[:3]) and sum(x[3:]) > 2))
@settings(max_examples=25, deadline=None)
def test_cohens_kappa_agrees_with_statsmodels(cells):
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.array(cells).reshape(3, 3) + np.eye(3)
    for weights, wt in (("none", None), ("linear", "linear"), ("quadratic", "quadratic")):
        theirs, ours = cohens_kappa(table, wt=wt), cohen_kappa(table, weights=weights)
        assert ours.kappa.value == pytest.approx(theirs.kappa, abs=1e-9)
        assert ours.se == pytest.approx(theirs.std_kappa, abs=1e-7)


def test_kappa_of_two_lists_leaves_gaps_out():
    first, second = pd.Series(["a", "b", "a", None]), pd.Series(["a", "b", "b", "a"])
    assert kappa_of_answers(first, second).kappa.n == 3
    assert kappa_of_answers(first, first.replace("b", "a")).kappa.value == pytest.approx(0)
    assert kappa_of_answers(pd.Series(["a", "a"]), pd.Series(["a", "a"])).kappa.code == "constant"
    assert kappa_of_answers(pd.Series(["a"]), pd.Series([None])).kappa.code == "no_overlap"


def test_kappa_without_variation_or_items_is_undefined():
    assert cohen_kappa(np.array([[5, 0], [0, 0]])).kappa.code == "constant"
    assert cohen_kappa(np.zeros((2, 2))).kappa.code == "no_overlap"
    with pytest.raises(OptionError, match="square"):
        cohen_kappa(np.zeros((2, 3)))


def test_fleiss_kappa_agrees_with_wikipedia_and_statsmodels():
    found = fleiss_kappa(WIKIPEDIA)
    assert found.value == pytest.approx(0.210, abs=5e-4)
    assert found.value == pytest.approx(0.20993070442195522, abs=1e-9)
    assert found.low < found.value < found.high


def test_gwets_coefficients_agree_with_his_package():
    # irrCAC on `cac.raw4raters`, the table of Krippendorff (2011): AC1 0.77544, Fleiss 0.76117.
    assert gwet_ac(COUNTS, draws=0).value == pytest.approx(0.77544, abs=5e-6)
    assert fleiss_kappa(COUNTS, draws=0).value == pytest.approx(0.76117, abs=5e-6)


def test_ac1_stays_sensible_where_kappa_collapses():
    counts = np.array([[3, 0]] * 97 + [[2, 1]] * 3)
    assert fleiss_kappa(counts).value < 0.1
    assert gwet_ac(counts).value > 0.95


def test_weights_forgive_near_misses():
    counts = np.array([[1, 1, 0], [0, 1, 1], [2, 0, 0], [0, 0, 2], [0, 2, 0]])
    plain, linear, quadratic = (
        gwet_ac(counts, weights=w, draws=0).value for w in ("none", "linear", "quadratic")
    )
    assert plain < linear < quadratic


def test_coefficients_without_overlap_or_variation_are_undefined():
    assert fleiss_kappa(np.array([[1, 0], [0, 1]])).code == "no_overlap"
    assert fleiss_kappa(np.array([[2, 0], [3, 0]])).code == "constant"
    assert gwet_ac(np.array([[2, 0], [3, 0]])).value == 1


def test_intraclass_correlations_agree_with_shrout_and_fleiss():
    found = intraclass(SHROUT)
    rounded = {name: round(e.value, 2) for name, e in found.forms.items()}
    assert rounded == {
        "ICC(1,1)": 0.17,
        "ICC(1,4)": 0.44,
        "ICC(2,1)": 0.29,
        "ICC(2,4)": 0.62,
        "ICC(3,1)": 0.71,
        "ICC(3,4)": 0.91,
    }
    # Bounds as printed by R's psych::ICC for this table.
    one, two, three = (found.forms[f"ICC({i},1)"] for i in (1, 2, 3))
    assert (one.low, one.high) == pytest.approx((-0.133, 0.723), abs=1e-3)
    assert (two.low, two.high) == pytest.approx((0.019, 0.761), abs=1e-3)
    assert (three.low, three.high) == pytest.approx((0.342, 0.946), abs=1e-3)


@given(st.integers(2, 4), st.integers(2, 4), st.data())
def test_intraclass_correlations_of_any_table_lie_within_their_bounds(items, raters, data):
    """Small tables reach every degenerate corner: items or raters without any difference, both, none."""
    cells = data.draw(st.lists(st.integers(1, 5), min_size=items * raters, max_size=items * raters))
    found = intraclass(np.array(cells).reshape(items, raters))
    if isinstance(found, Undefined):
        assert found.code == "constant"
        return
    for estimate in found.forms.values():
        assert not np.isnan(estimate.value)
        assert estimate.value <= 1 + 1e-9
        bounds = np.array([estimate.low, estimate.high])
        assert np.isnan(bounds).all() or bounds[0] - 1e-9 <= estimate.value <= bounds[1] + 1e-9


def test_an_intraclass_correlation_without_value_or_bounds_says_why():
    crossed = intraclass(np.array([[1.0, 2.0], [2.0, 1.0]])).forms
    assert crossed["ICC(1,2)"].value == -np.inf
    assert "no variance to attribute" in crossed["ICC(1,2)"].note
    assert crossed["ICC(1,2)"].to_dict()["value"] is None
    lacking = [e for e in crossed.values() if not e.has_interval]
    assert lacking
    assert all(e.note for e in lacking)


def test_intraclass_correlations_say_when_they_cannot_be():
    assert intraclass(np.array([[1.0, 2.0]])).code == "too_small"
    assert intraclass(np.array([[1.0, np.nan], [2.0, 3.0]])).code == "incomplete"
    found = intraclass(np.ones((3, 2)))
    assert isinstance(found, Undefined)
    assert found.code == "constant"
