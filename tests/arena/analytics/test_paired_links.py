"""Links and Rao-Kupper ties: derivatives, closed forms, statsmodels, and the Davidson of the other module."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from arena.analytics import fit, rank
from arena.analytics.errors import NoFiniteMaximumError
from arena.analytics.links import CumulativeLink, DavidsonLink
from arena.analytics.newton import Gauge, pseudo_inverse
from arena.analytics.paired_links import fit_pairs
from arena.analytics.scores import cluster_information, cluster_scores

from . import published
from .builders import data, from_counts, simulate

LINKS = [
    (DavidsonLink(True), [0.3], 3),
    (CumulativeLink.symmetric(3), [0.4], 3),
    (CumulativeLink.symmetric(4), [0.7], 4),
    (CumulativeLink.symmetric(5), [0.4, 1.5], 5),
    (CumulativeLink.free(4), [-1.0, 0.2, 0.9], 4),
]


@pytest.mark.parametrize(("link", "a", "outcomes"), LINKS)
def test_derivatives_agree_with_differences_and_chances_add_up_to_one(link, a, outcomes):
    rng = np.random.default_rng(0)
    d, y, a, h = rng.normal(0, 2, 40), rng.integers(0, outcomes, 40), np.array(a), 1e-5
    terms, up, down = (link.terms(d + step, y, a) for step in (0, h, -h))
    assert terms.by_d == pytest.approx((up.log_p - down.log_p) / (2 * h), abs=1e-7)
    assert terms.dd == pytest.approx(-(up.by_d - down.by_d) / (2 * h), abs=1e-7)
    for k in range(link.size):
        step = h * np.eye(link.size)[k]
        up, down = link.terms(d, y, a + step), link.terms(d, y, a - step)
        assert terms.by_a[:, k] == pytest.approx((up.log_p - down.log_p) / (2 * h), abs=1e-7)
        assert terms.da[:, k] == pytest.approx(-(up.by_d - down.by_d) / (2 * h), abs=1e-7)
        assert terms.aa[:, k] == pytest.approx(-(up.by_a - down.by_a) / (2 * h), abs=1e-7)
    total = sum(np.exp(link.terms(d, np.full(40, k), a).log_p) for k in range(outcomes))
    assert total == pytest.approx(np.ones(40))


def test_cuts_out_of_order_have_no_probability():
    link = CumulativeLink.free(3)
    assert np.isneginf(link.terms(np.zeros(2), np.array([0, 1]), np.array([1.0, 0.0])).log_p).all()


def test_the_general_likelihood_is_davidson_where_it_should_be():
    votes = data(simulate(strengths=[1, 0.3, 0, -0.5], raters=10, position=0.4))
    one, other = fit(votes), fit_pairs(votes, ties="davidson")
    assert other.fit.theta == pytest.approx(one.theta, abs=1e-9)
    assert (other.fit.position, other.fit.tie) == pytest.approx((one.position, one.log_nu), abs=1e-9)
    assert other.fit.covariance == pytest.approx(one.covariance, abs=1e-9)
    assert other.fit.log_likelihood == pytest.approx(one.log_likelihood)
    assert other.scores().scores == pytest.approx(cluster_scores(one, votes).scores, abs=1e-9)
    assert other.information() == pytest.approx(cluster_information(one, votes), abs=1e-9)


def test_davidson_of_the_schools_is_the_published_one():
    found = fit_pairs(data(from_counts(published.CEMS)), ties="davidson", position=False)
    theta = dict(zip(found.fit.generators, found.fit.theta, strict=True))
    for name, value in published.CEMS_LOG_WORTH.items():
        assert theta[name] - theta["Stockholm"] == pytest.approx(value, abs=1e-6)
    assert found.fit.log_likelihood == pytest.approx(published.CEMS_LOG_LIKELIHOOD)


@given(won=st.integers(1, 40), tied=st.integers(1, 40), lost=st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_rao_kupper_between_two_has_a_closed_form(won, tied, lost):
    found = fit_pairs(data(from_counts([("a", "b", won, tied, lost)])), position=False).fit
    n = won + tied + lost
    assert found.theta[0] - found.theta[1] == pytest.approx((logit(won / n) - logit(lost / n)) / 2, abs=1e-6)
    assert found.tie == pytest.approx(-(logit(won / n) + logit(lost / n)) / 2, abs=1e-6)
    win, tie = found.chances(np.array([found.theta[0] - found.theta[1]]))
    assert (win[0], tie[0]) == pytest.approx((won / n, tied / n), abs=1e-6)


def test_rao_kupper_agrees_with_the_ordered_logit_of_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    names = sorted({row[0] for row in published.PUDDING} | {row[1] for row in published.PUDDING})
    rows = []
    for i, j, won, tied, lost in published.PUDDING:
        x = np.zeros(len(names))
        x[names.index(i)], x[names.index(j)] = 1, -1
        # Each vote seen from both sides makes the two thresholds symmetric.
        rows += [(x, 2)] * won + [(x, 1)] * tied + [(x, 0)] * lost
        rows += [(-x, 0)] * won + [(-x, 1)] * tied + [(-x, 2)] * lost
    X, y = np.array([row[0] for row in rows])[:, 1:], np.array([row[1] for row in rows])
    theirs = OrderedModel(y, X, distr="logit").fit(method="bfgs", gtol=1e-7, disp=False)
    found = fit_pairs(data(from_counts(published.PUDDING)), position=False).fit
    assert found.theta[1:] - found.theta[0] == pytest.approx(theirs.params[:5], abs=1e-4)
    assert found.tie == pytest.approx(-theirs.params[5], abs=1e-4)
    contrast = np.eye(5, 8, 1) - np.eye(1, 8)
    ours = np.sqrt(np.diag(contrast @ found.covariance @ contrast.T))
    assert ours == pytest.approx(np.sqrt(2) * np.asarray(theirs.bse)[:5], rel=1e-3)


def test_without_ties_rao_kupper_is_davidson_and_has_no_threshold():
    votes = data(simulate(strengths=[0.6, 0, -0.6], raters=8, log_nu=-np.inf, position=0.2))
    found = fit_pairs(votes).fit
    assert found.theta == pytest.approx(fit(votes).theta, abs=1e-8)
    assert found.tie == 0


def test_a_rao_kupper_ranking_has_all_that_a_ranking_has():
    frame = simulate(strengths=[0.8, 0.2, -0.2, -0.8], raters=50, position=0.3, taste=0.4)
    result = rank(frame, method="rao_kupper", draws=200)
    plain = rank(frame, draws=200)
    assert result.status == "ok"
    assert result.method.startswith("rao_kupper: Bradley-Terry, Rao-Kupper ties")
    assert "clustered by rater (50 clusters)" in result.interval_method
    for ours, theirs in zip(result.rows, plain.rows, strict=True):
        assert ours.generator == theirs.generator
        assert ours.low < ours.points < ours.high
        assert ours.design_effect == pytest.approx(theirs.design_effect, rel=0.2)
    assert result.position.low < 0.3 < result.position.high
    matrix = result.win_matrix()
    chances = matrix.win + matrix.tie + matrix.win.T
    assert chances[~np.eye(4, dtype=bool)] == pytest.approx(1)
    assert matrix.score[0, 3] == pytest.approx(plain.win_matrix().score[0, 3], abs=0.03)
    assert result.difference("g0", "g3").low > 0


def test_few_raters_get_cr2_under_rao_kupper_too():
    result = rank(simulate(strengths=[0.5, 0, -0.5], raters=9), method="rao_kupper", draws=50)
    assert "CR2" in result.interval_method


def test_rao_kupper_steps_back_where_davidson_does():
    top = from_counts([("a", "b", 5, 0, 0), ("b", "c", 3, 1, 3), ("c", "b", 2, 1, 2)])
    result = rank(top.assign(rater=[f"r{i}" for i in range(len(top))]), method="rao_kupper", draws=20)
    assert result.status == "no_finite_maximum"
    assert "never lost nor tied" in next(row.note for row in result.rows if row.generator == "a")
    level = from_counts([("a", "b", 0, 5, 0)])
    assert rank(level, method="rao_kupper").status == "all_ties"
    leaning = from_counts([("a", "b", 5, 3, 0), ("b", "a", 0, 2, 4)])
    halved = rank(leaning.assign(rater=list("wxyz")), method="rao_kupper", draws=20)
    assert any("half a win" in words for words in halved.warnings)
    with pytest.raises(NoFiniteMaximumError):
        fit_pairs(data(level))


def test_votes_that_all_went_one_way_leave_no_strength_but_count_their_raters():
    frame = from_counts([("a", "b", 3, 0, 0)] * 2).assign(rater=["r1", "r2"])
    result = rank(frame, method="rao_kupper")
    assert result.status == "no_finite_maximum"
    assert [row.note.split(":")[0] for row in result.rows] == ["never lost nor tied", "never won nor tied"]
    assert [row.raters for row in result.rows] == [2, 2]
    assert any("All raters voted alike" in words for words in result.warnings)


@given(seed=st.integers(0, 500))
@settings(max_examples=10, deadline=None)
def test_swapping_all_sides_flips_the_position_effect_only(seed):
    frame = simulate(strengths=[0.4, 0, -0.4], raters=5, per_rater=60, position=0.3, seed=seed)
    swapped = frame.rename(columns={"left": "right", "right": "left"})
    swapped["outcome"] = frame.outcome.replace({"left": "right", "right": "left"})
    one, other = fit_pairs(data(frame)).fit, fit_pairs(data(swapped)).fit
    assert other.theta == pytest.approx(one.theta, abs=1e-8)
    assert other.position == pytest.approx(-one.position, abs=1e-8)
    assert other.tie == pytest.approx(one.tie, abs=1e-8)


def test_doubled_votes_halve_the_variance():
    frame = simulate(strengths=[0.4, 0, -0.4], raters=6)
    one, two = (fit_pairs(data(f)).fit for f in (frame, pd.concat([frame, frame])))
    assert two.theta == pytest.approx(one.theta, abs=1e-9)
    assert two.covariance == pytest.approx(one.covariance / 2, abs=1e-12)


def test_a_singular_information_matrix_is_told():
    x = np.array([1.0, 2.0, 3.0])
    free, none = np.ones(3, dtype=bool), ()
    assert pseudo_inverse(np.outer(x, x), free, none) is None
    assert pseudo_inverse(np.full((3, 3), np.nan), free, none) is None
    laplacian = 3 * np.eye(3) - 1
    assert pseudo_inverse(laplacian, free, (Gauge(np.arange(3)),)) == pytest.approx(np.linalg.pinv(laplacian))
