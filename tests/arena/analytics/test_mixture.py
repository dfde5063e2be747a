"""The mixture of crowd and coin: known guessers are found, and strengths come back."""

import numpy as np
import pytest

from arena.analytics import fit
from arena.analytics.errors import AnalyticsError
from arena.analytics.mixture import rater_mixture

from .builders import data, simulate

STRENGTHS = [1.2, 0.4, 0.0, -0.4, -1.2]


def polluted(*, guessers=10, raters=50, seed=0):
    """The first raters press left in 70 % of their votes and never look."""
    frame = simulate(strengths=STRENGTHS, raters=raters, per_rater=120, seed=seed)
    rng = np.random.default_rng(seed)
    bad = frame.rater < f"r{guessers:03d}"
    frame.loc[bad, "outcome"] = rng.choice(["left", "right"], bad.sum(), p=[0.7, 0.3])
    return frame


def test_guessers_are_told_from_honest_raters():
    found = rater_mixture(data(polluted()))
    assert found.converged
    assert found.epsilon[:10].min() > 0.6
    assert np.median(found.epsilon[10:]) < 0.15
    assert found.epsilon[10:].max() < found.epsilon[:10].min()
    assert found.left_share[:10].mean() == pytest.approx(0.7, abs=0.06)
    assert found.tie_share[:10].max() < 0.05


def test_strengths_are_nearer_the_truth_than_with_guesses_counted():
    frame = polluted(guessers=20)
    found = rater_mixture(data(frame))
    truth = np.array(STRENGTHS)
    plain = np.abs(fit(data(frame)).theta - truth).max()
    assert np.abs(found.fit.theta - truth).max() < 0.4 * plain


def test_without_preferences_guessing_cannot_be_told():
    frame = simulate(strengths=[0, 0, 0], raters=20, per_rater=60)
    found = rater_mixture(data(frame))
    assert (found.high - found.low).mean() > 0.35


def test_weights_are_multiplicities():
    frame = polluted(guessers=3, raters=12)
    once = rater_mixture(data(frame.loc[frame.index.repeat(2)].reset_index(drop=True)))
    twice = rater_mixture(data(frame.assign(weight=2.0)))
    assert twice.epsilon == pytest.approx(once.epsilon, abs=1e-9)
    assert twice.votes.tolist() == [240.0] * 12


def test_swapping_all_sides_turns_the_coin_over():
    frame = polluted(guessers=3, raters=12)
    mirror = frame.rename(columns={"left": "right", "right": "left"})
    mirror["outcome"] = mirror.outcome.replace({"left": "right", "right": "left"})
    one, other = rater_mixture(data(frame)), rater_mixture(data(mirror))
    assert other.epsilon == pytest.approx(one.epsilon, abs=1e-6)
    assert other.left_share == pytest.approx(1 - one.left_share, abs=1e-6)
    assert other.fit.theta == pytest.approx(one.fit.theta, abs=1e-6)


def test_nameless_votes_have_no_mixture():
    with pytest.raises(AnalyticsError, match="name no raters"):
        rater_mixture(data(polluted().drop(columns="rater")))
    frame = rater_mixture(data(polluted(raters=12))).to_frame()
    assert frame.rater.tolist()[:2] == ["r000", "r001"]
