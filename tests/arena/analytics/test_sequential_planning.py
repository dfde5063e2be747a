"""Evidence that may be looked at any time, and votes planned ahead, against closed forms and simulation."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import beta, binom, binomtest
from scipy.stats import t as student

from arena.analytics.errors import OptionError
from arena.analytics.planning import (
    exact_power,
    kish_design_effect,
    plan_pair,
    plan_study,
    votes_by_formula,
    votes_for_half_width,
)
from arena.analytics.proportions import wilson
from arena.analytics.sequential import e_value, log_e_value, sequential_evidence

from .builders import data, votes


def test_e_values_agree_with_the_closed_form():
    # E = B(a + w, a + n − w) / B(a, a) · 2ⁿ; for a = 1, n = 10, w = 9 this is 1024/110.
    assert e_value(9, 10, prior=1) == pytest.approx(1024 / 110)
    assert e_value(9, 10, prior=1) == pytest.approx(9.309090909090905)
    assert e_value(17, 20, prior=1) == pytest.approx(43.800167084377605)
    assert e_value(125, 200, prior=50) == pytest.approx(38.44846541086972)


def test_an_e_value_is_the_mixture_of_likelihood_ratios():
    mixture, _ = quad(lambda p: beta.pdf(p, 4, 4) * p**7 * (1 - p) ** 5 / 0.5**12, 0, 1)
    assert e_value(7, 12, prior=4) == pytest.approx(mixture)


def test_the_evidence_is_a_martingale_under_equality():
    for w, n in ((0, 0), (3, 7), (10, 10)):
        ahead = (e_value(w + 1, n + 1) + e_value(w, n + 1)) / 2
        assert ahead == pytest.approx(e_value(w, n))


def test_peeking_every_twenty_votes_stops_falsely_in_at_most_five_of_a_hundred():
    rng = np.random.default_rng(0)
    wins = np.cumsum(rng.integers(0, 2, (1000, 1000)), axis=1)[:, 19::20]
    n = np.arange(20, 1001, 20)
    ours = (log_e_value(wins, np.broadcast_to(n, wins.shape)) >= math.log(20)).any(axis=1).mean()
    naive = (np.abs(wins - n / 2) / np.sqrt(n / 4) > 1.96).any(axis=1).mean()
    assert ours <= 0.05
    assert naive > 0.25


def test_a_rater_counts_once_per_pair_by_the_first_decided_vote():
    frame = votes(
        ("a", "b", "tie", "r1"),
        ("b", "a", "right", "r1"),
        ("a", "b", "right", "r1"),
        ("a", "b", "right", "r2"),
        ("b", "a", "tie", "r3"),
        ("b", "c", "left", "r3"),
    )
    found = sequential_evidence(data(frame))
    pair = found.pairs[0]
    assert (pair.first, pair.second) == ("a", "b")
    assert (pair.raters_first, pair.raters_second, pair.raters_even) == (1, 1, 1)
    assert pair.log_e == pytest.approx(math.log(e_value(1, 2)))
    assert found.threshold == pytest.approx(3 / 0.05)
    assert not found.all_decided
    assert len(found.to_frame()) == 2


def test_a_clear_preference_is_decided_and_named():
    frame = votes(*[("a", "b", "right", f"r{i}") for i in range(40)])
    found = sequential_evidence(data(frame))
    assert found.all_decided
    assert found.pairs[0].leader == "b"
    assert found.to_dict()["pairs"][0]["decided"] is True


def test_impossible_counts_have_no_evidence():
    with pytest.raises(OptionError):
        e_value(3, 2)


@pytest.mark.parametrize(
    ("share", "real", "whole"),
    [
        (0.55, 782.5259552102924, 783),
        (0.6, 193.84728588314755, 194),
        (0.65, 84.81301594230999, 85),
        (0.7, 46.62576919382406, 47),
    ],
)
def test_the_formula_of_fleiss_gives_the_known_numbers(share, real, whole):
    assert votes_by_formula(share) == pytest.approx(real, abs=1e-9)
    assert plan_pair(share).decided == whole


def test_exact_power_is_that_of_the_exact_test():
    assert exact_power(200, 0.6) == pytest.approx(0.7868482653076213, abs=1e-9)
    rejected = [w for w in range(31) if binomtest(w, 30).pvalue <= 0.05]
    assert exact_power(30, 0.7) == pytest.approx(sum(binom.pmf(rejected, 30, 0.7)), abs=1e-9)
    assert exact_power(4, 0.9) == 0


def test_the_exact_plan_holds_its_power_from_there_on():
    plan = plan_pair(0.6)
    assert plan.power_exact >= 0.8
    assert all(exact_power(n, 0.6) >= 0.8 for n in range(plan.decided_exact, plan.decided_exact + 60))
    assert exact_power(plan.decided_exact - 1, 0.6) < 0.8
    assert plan.decided <= plan.decided_exact <= plan.decided + 25


def test_simulated_studies_reach_the_planned_power():
    plan = plan_pair(0.65)
    wins = np.random.default_rng(1).binomial(plan.decided_exact, 0.65, 20_000)
    counts = pd.Series(wins).value_counts(normalize=True)
    power = sum(s for w, s in counts.items() if binomtest(int(w), plan.decided_exact).pvalue <= 0.05)
    assert power == pytest.approx(plan.power_exact, abs=0.012)


def test_raters_with_tastes_reach_the_planned_power_when_their_likeness_is_planned_for():
    """Ten votes a rater on the pair, the raters' own shares spread as a beta of that correlation."""
    m, icc, share = 10, 0.1, 0.58
    plan = plan_pair(share, tie_rate=0.2, design_effect=kish_design_effect(m, icc))
    rng, raters = np.random.default_rng(7), math.ceil(plan.votes / m)
    spread = 1 / icc - 1
    own = rng.beta(share * spread, (1 - share) * spread, (4000, raters))
    decided = rng.binomial(m, 0.8, own.shape)
    lead = rng.binomial(decided, own) - decided / 2
    z = lead.sum(axis=1) / np.sqrt((lead**2).sum(axis=1) - lead.sum(axis=1) ** 2 / raters)
    power = float((np.abs(z) >= student.ppf(0.975, raters - 1)).mean())
    # A little above: planned as if all m votes were decided, while ties leave a rater fewer that are alike.
    assert 0.8 < power < 0.9
    assert plan.votes > 1.5 * plan_pair(share, tie_rate=0.2).votes


def test_a_preference_hard_to_see_is_planned_for_at_once():
    plan = plan_pair(0.502)
    assert plan.decided < plan.decided_exact < plan.decided + 1500
    assert exact_power(plan.decided_exact - 1, 0.502) < 0.8 <= plan.power_exact


def test_ties_and_clusters_ask_for_more_votes():
    plain, full = plan_pair(0.6), plan_pair(0.6, tie_rate=0.2, design_effect=1.5)
    assert full.votes == math.ceil(plain.decided_exact * 1.5 / 0.8)
    assert kish_design_effect(11, 0.1) == pytest.approx(2)
    assert kish_design_effect(0.5, 0.1) == 1


def test_votes_for_a_half_width_are_the_least_that_reach_it():
    n = votes_for_half_width(0.05)
    at, before = wilson(n / 2, n), wilson((n - 1) / 2, n - 1)
    assert (at.high - at.low) / 2 <= 0.05 < (before.high - before.low) / 2
    assert votes_for_half_width(0.05, tie_rate=0.5) == 2 * n


def test_a_study_plan_adds_up():
    plan = plan_study(4, 0.65, tie_rate=0.2, icc=0.1, votes_per_rater=30, cost_per_hour=12)
    assert plan.pairs == 6
    assert plan.pair_plan.alpha == pytest.approx(0.05 / 6)
    assert plan.pair_plan.design_effect == pytest.approx(1.4)
    assert plan.votes == 6 * plan.votes_per_pair
    assert plan.raters == math.ceil(plan.votes / 30)
    assert plan.cost == pytest.approx(plan.votes * 8 / 3600 * 12)
    assert plan.to_frame().loc[0, "votes"] == plan.votes


@pytest.mark.parametrize("share", [0.5, 1.0, 0.3])
def test_shares_that_cannot_be_planned_for_are_refused(share):
    with pytest.raises(OptionError, match="smallest share worth finding"):
        plan_pair(share)


def test_impossible_assumptions_are_refused():
    for wrong in ({"tie_rate": 1.0}, {"design_effect": 0.5}, {"alpha": 0}, {"power": 1}, {"power": 0.01}):
        with pytest.raises(OptionError):
            plan_pair(0.6, **wrong)
    with pytest.raises(OptionError):
        votes_for_half_width(0.7)
    with pytest.raises(OptionError):
        votes_for_half_width(0.1, share=1.5)
    with pytest.raises(OptionError):
        plan_study(3, 0.6, icc=2)
    with pytest.raises(OptionError):
        plan_study(1, 0.6)
