"""Rankings and best-of-N choices: the same strengths as pairs give, and words where there are none."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from arena.analytics.errors import MissingColumnError, UnknownLabelError
from arena.analytics.plackett_luce import fit_rankings

from . import published


def ballots(rows, **columns):
    """Each row a ranking, best first."""
    records = [
        (f"b{i}", name, place) for i, row in enumerate(rows) for place, name in enumerate(row, start=1)
    ]
    return pd.DataFrame(records, columns=["ballot", "generator", "rank"]).assign(**columns)


def simulated(theta, n, size=3, seed=0):
    """Rankings of random triples by adding Gumbel noise, which is Plackett-Luce exactly."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        shown = rng.choice(len(theta), size, replace=False)
        noisy = theta[shown] + rng.gumbel(size=size)
        rows.append([f"g{i}" for i in shown[np.argsort(-noisy)]])
    return rows


def test_rankings_of_two_are_the_baseball_of_agresti():
    rows = []
    for home, away, won, _, lost in published.BASEBALL:
        rows += [(home, away)] * won + [(away, home)] * lost
    found = fit_rankings(ballots(rows))
    assert found.converged
    theta, V = dict(zip(found.generators, found.theta, strict=True)), found.covariance
    b = found.generators.index("Baltimore")
    for i, name in enumerate(found.generators):
        if i != b:
            assert theta[name] - theta["Baltimore"] == pytest.approx(
                published.BASEBALL_ABILITY[name], abs=1e-6
            )
            se = np.sqrt(V[i, i] + V[b, b] - 2 * V[i, b])
            assert se == pytest.approx(published.BASEBALL_SE[name], abs=1e-6)


def test_rankings_of_three_agree_with_a_general_maximiser():
    theta = np.array([0.8, 0.2, -0.3, -0.7])
    rows = simulated(theta, 300)
    order = np.array([[int(name[1:]) for name in row] for row in rows])

    def loss(x):
        e = np.exp(x[order])
        chances = e[:, 0] / e.sum(axis=1) * e[:, 1] / e[:, 1:].sum(axis=1)
        return -np.log(chances).sum() + x.sum() ** 2

    brute = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    assert fit_rankings(ballots(rows)).theta == pytest.approx(brute - brute.mean(), abs=1e-4)


def test_a_known_truth_is_inside_the_intervals():
    theta = np.array([0.9, 0.3, -0.2, -1.0])
    found = fit_rankings(ballots(simulated(theta, 2000, seed=3)))
    assert np.all(np.abs(found.theta - theta) < 4 * found.se)
    assert found.se == pytest.approx(found.se_ballot, rel=0.15)
    assert found.to_frame().generator.tolist() == ["g0", "g1", "g2", "g3"]
    assert found.to_frame().points.mean() == pytest.approx(1000)


def test_best_of_n_uses_the_first_choice_only():
    frame = ballots(simulated(np.array([0.5, 0.0, -0.5]), 400))
    best = frame.assign(rank=frame["rank"].where(frame["rank"] == 1))
    found = fit_rankings(best)
    assert found.choices == found.ballots == 400
    shares = frame[frame["rank"] == 1].generator.value_counts(normalize=True)
    expected = np.log(shares.sort_index().to_numpy())
    assert found.theta == pytest.approx(expected - expected.mean(), abs=1e-6)


def test_equal_ranks_say_nothing_about_one_another():
    frame = pd.DataFrame(
        {"ballot": ["b"] * 3, "generator": ["a", "b", "c"], "rank": [1, 1, 2]},
    )
    mirror = frame.assign(ballot="c", rank=[2, 2, 1])
    found = fit_rankings(pd.concat([frame, mirror]))
    assert found.theta[0] == pytest.approx(found.theta[1])
    assert found.choices == 3


def test_raters_who_repeat_themselves_widen_the_interval():
    rows = simulated(np.array([0.5, 0.0, -0.5]), 60)
    once, often = ballots(rows), ballots(rows * 5)
    raters = {f"b{i}": f"r{i % 60}" for i in range(300)}
    clustered = fit_rankings(often.assign(rater=often.ballot.map(raters)))
    single = fit_rankings(once)
    assert clustered.se == pytest.approx(single.se, rel=1e-6)
    assert clustered.se_ballot == pytest.approx(single.se_ballot / np.sqrt(5), rel=1e-6)


def test_one_rater_has_strengths_without_interval():
    found = fit_rankings(ballots(simulated(np.zeros(3), 50), rater="r"))
    assert np.isnan(found.low).all()
    assert "one rater" in found.method
    assert found.to_dict()["rows"][0]["low"] is None


def test_what_cannot_be_estimated_says_why():
    assert fit_rankings(ballots([("a", "b")]).iloc[:0]).code == "no_choices"
    assert fit_rankings(ballots([("a",), ("b",)])).code == "no_choices"
    assert fit_rankings(ballots([("a", "b"), ("b", "a"), ("x", "y"), ("y", "x")])).code == "disconnected"
    winner = fit_rankings(ballots([("top", "a", "b"), ("top", "b", "a")]))
    assert winner.code == "no_finite_maximum"
    assert "top" in winner.reason


def test_wrong_input_is_named():
    with pytest.raises(UnknownLabelError, match="Row 2: 'a' stands twice"):
        fit_rankings(ballots([("a", "a", "b")]))
    with pytest.raises(MissingColumnError, match="rank"):
        fit_rankings(ballots([("a", "b")]).drop(columns="rank"))
