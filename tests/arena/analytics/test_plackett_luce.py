"""Choices and rankings: the same strengths as pairs give, by three roads, and words where there are none."""

import choix
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from arena.analytics import RankingResult, rank
from arena.analytics.choice_data import ChoiceData
from arena.analytics.errors import (
    MissingColumnError,
    OneGeneratorError,
    OptionError,
    UnknownLabelError,
    WeightError,
)
from arena.analytics.plackett_luce import choice_information, choice_scores, fit_choices
from arena.analytics.ranking_choices import place_effects, rank_choices
from arena.analytics.result import Undefined
from arena.analytics.scale import POINTS_PER_LOGIT

from . import published
from .builders import simulate


def ballots(rows, **columns):
    """Each row a ranking, best first."""
    records = [
        (f"b{i:05d}", name, place) for i, row in enumerate(rows) for place, name in enumerate(row, start=1)
    ]
    return pd.DataFrame(records, columns=["ballot", "generator", "rank"]).assign(**columns)


def simulated(theta, n, size=3, seed=0):
    """Rankings of random sets by adding Gumbel noise, which is Plackett-Luce exactly."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        shown = rng.choice(len(theta), size, replace=False)
        noisy = theta[shown] + rng.gumbel(size=size)
        rows.append([f"g{i}" for i in shown[np.argsort(-noisy)]])
    return rows


def fitted(frame, **options):
    return fit_choices(ChoiceData.from_frame(frame), **options)


def answers(n, theta, effects, *, size, worst=False, seed=0, raters=30):
    """Best-of-N answers, the best (and then the worst) by the model with effects of places."""
    rng = np.random.default_rng(seed)
    out = []
    for b in range(n):
        shown = rng.choice(len(theta), size, replace=False)
        lean = theta[shown] + effects
        best = rng.choice(size, p=np.exp(lean) / np.exp(lean).sum())
        said = ["shown"] * size
        said[best] = "best"
        if worst:
            rest = np.delete(np.arange(size), best)
            away = np.exp(-lean[rest])
            said[rng.choice(rest, p=away / away.sum())] = "worst"
        out += [(b, f"g{i}", said[k], k, f"r{b % raters:02d}") for k, i in enumerate(shown)]
    return pd.DataFrame(out, columns=["ballot", "generator", "answer", "place", "rater"])


def test_rankings_of_two_are_the_baseball_of_agresti():
    rows = []
    for home, away, won, _, lost in published.BASEBALL:
        rows += [(home, away)] * won + [(away, home)] * lost
    found = fitted(ballots(rows))
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


def test_rankings_of_three_agree_with_choix_and_with_a_general_maximiser():
    theta = np.array([0.8, 0.2, -0.3, -0.7])
    rows = simulated(theta, 300)
    order = np.array([[int(name[1:]) for name in row] for row in rows])

    def loss(x):
        e = np.exp(x[order])
        chances = e[:, 0] / e.sum(axis=1) * e[:, 1] / e[:, 1:].sum(axis=1)
        return -np.log(chances).sum() + x.sum() ** 2

    brute = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    found = fitted(ballots(rows))
    assert found.theta == pytest.approx(brute - brute.mean(), abs=1e-4)
    assert found.theta == pytest.approx(choix.ilsr_rankings(4, order.tolist(), tol=1e-10), abs=1e-7)
    assert found.log_likelihood == pytest.approx(-loss(found.theta), abs=1e-6)


def test_pairs_as_ballots_give_the_ranking_of_pairs():
    pairs = simulate(strengths=[0.6, 0.2, 0.0, -0.8], raters=12, per_rater=12, log_nu=-np.inf, seed=5)
    rows = [
        (row.left, row.right) if row.outcome == "left" else (row.right, row.left)
        for row in pairs.itertuples()
    ]
    frame = ballots(rows)
    frame["rater"] = np.repeat(pairs["rater"].to_numpy(), 2)
    by_pairs, by_choices = rank(pairs, position=False), rank_choices(frame)
    for name in ("points", "low", "high", "se", "vote_low", "rank_low", "rank_high", "prob_best"):
        ours = by_choices.to_frame().sort_values("generator")[name].to_numpy(dtype=float)
        theirs = by_pairs.to_frame().sort_values("generator")[name].to_numpy(dtype=float)
        assert ours == pytest.approx(theirs, abs=1e-4), name


def test_best_of_n_uses_the_first_choice_only():
    frame = ballots(simulated(np.array([0.5, 0.0, -0.5]), 400))
    best = frame.assign(rank=frame["rank"].where(frame["rank"] == 1))
    data = ChoiceData.from_frame(best)
    assert data.n_choices == data.ballots == 400
    shares = frame[frame["rank"] == 1].generator.value_counts(normalize=True)
    expected = np.log(shares.sort_index().to_numpy())
    assert fit_choices(data).theta == pytest.approx(expected - expected.mean(), abs=1e-6)
    said = frame.assign(answer=np.where(frame["rank"] == 1, "best", "shown")).drop(columns="rank")
    assert fitted(said).theta == pytest.approx(fit_choices(data).theta, abs=1e-9)


def test_best_and_worst_agree_with_a_general_maximiser():
    theta, effects = np.array([0.9, 0.1, -0.2, -0.8]), np.zeros(3)
    frame = answers(300, theta, effects, size=3, worst=True)
    wide = frame.assign(item=frame.generator.str[1:].astype(int))
    best = wide[wide.answer == "best"].set_index("ballot").item
    worst = wide[wide.answer == "worst"].set_index("ballot").item
    middle = wide[wide.answer == "shown"].set_index("ballot").item

    def loss(x):
        b, m, w = (x[part.sort_index().to_numpy()] for part in (best, middle, worst))
        first = b - np.logaddexp(np.logaddexp(b, m), w)
        last = -w - np.logaddexp(-w, -m)
        return -(first + last).sum() + x.sum() ** 2

    brute = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    assert fitted(frame.drop(columns="place")).theta == pytest.approx(brute - brute.mean(), abs=1e-4)


def test_the_effect_of_places_is_found_and_taken_out():
    theta, effects = np.array([0.7, 0.2, -0.2, -0.7]), np.array([0.6, 0.0, -0.6])
    result = rank_choices(answers(3000, theta, effects, size=3, seed=2, raters=60))
    frame = place_effects(result)
    assert frame.place.tolist() == ["0", "1", "2"]
    assert np.all(np.abs(frame.effect - effects) < 4 * frame.se)
    assert (frame.low < effects).all()
    assert (effects < frame.high).all()
    assert frame.share.sum() == pytest.approx(1)
    assert frame.p_value[0] < 1e-6
    found = result.to_frame().sort_values("generator").points.to_numpy()
    assert np.abs((found - 1000) / POINTS_PER_LOGIT - theta).max() < 0.2


def test_without_an_effect_of_places_the_test_does_not_find_one():
    result = rank_choices(answers(1500, np.array([0.5, 0.0, -0.5]), np.zeros(3), size=3, seed=4))
    assert place_effects(result).p_value[0] > 0.01


def test_a_generator_that_keeps_to_its_place_hides_the_effect_of_places():
    frame = answers(300, np.array([0.5, 0.0, -0.5]), np.zeros(3), size=3)
    result = rank_choices(frame.assign(place=frame.generator.str[1:]))
    assert any("cannot be told from strength" in words for words in result.warnings)
    assert place_effects(result).code == "no_places"
    assert result.status == "ok"


def test_rows_count_ballots():
    frame = pd.DataFrame(
        [
            ("1", "a", "best"), ("1", "b", "shown"), ("1", "c", "worst"),
            ("2", "a", "shown"), ("2", "b", "best"), ("2", "c", "shown"),
            ("3", "a", "shown"), ("3", "b", "shown"), ("3", "c", "shown"),
            ("4", "c", "best"), ("4", "a", "worst"), ("4", "b", "shown"),
        ],
        columns=["ballot", "generator", "answer"],
    )  # fmt: skip
    result = rank_choices(frame.assign(rater=["x"] * 6 + ["y"] * 6), draws=50)
    rows = {row.generator: row for row in result.rows}
    assert (rows["a"].wins, rows["a"].losses, rows["a"].both_bad, rows["a"].n) == (1, 1, 1, 4)
    assert (rows["b"].wins, rows["b"].losses, rows["c"].losses) == (1, 0, 1)
    assert rows["a"].win_rate == 0.25
    assert rows["a"].raters == 2
    assert (result.n_votes, result.n_raters, result.both_bad_rate) == (4, 2, 0.25)


@pytest.mark.long
@given(seed=st.integers(0, 1000), weight=st.integers(2, 5))
@settings(max_examples=15, deadline=None)
def test_a_weight_counts_like_as_many_ballots_and_scores_add_up_to_nothing(seed, weight):
    frame = ballots(simulated(np.array([0.4, 0.0, -0.4]), 40, seed=seed))
    once = ChoiceData.from_frame(frame.assign(weight=weight))
    often = pd.concat([frame.assign(ballot=frame.ballot + f"-{k}") for k in range(weight)])
    one, many = fit_choices(once), fitted(often)
    assert one.theta == pytest.approx(many.theta, abs=1e-7, nan_ok=True)
    assert one.covariance == pytest.approx(many.covariance, abs=1e-7)
    assert choice_scores(one, once).scores.sum(axis=0) == pytest.approx(np.zeros(5), abs=1e-6)
    K = len(one.generators)
    whole = choice_information(one, once).sum(axis=0)[:K, :K]
    inverse = one.covariance[:K, :K]
    assert whole @ inverse @ whole == pytest.approx(whole, abs=1e-6)


def test_a_known_truth_is_inside_the_intervals():
    theta = np.array([0.9, 0.3, -0.2, -1.0])
    result = rank_choices(ballots(simulated(theta, 2000, seed=3)))
    frame = result.to_frame()
    assert isinstance(result, RankingResult)
    assert np.all(np.abs((frame.points - 1000) / POINTS_PER_LOGIT - theta) < 4 * frame.se / POINTS_PER_LOGIT)
    assert frame.generator.tolist() == ["g0", "g1", "g2", "g3"]
    assert frame.design_effect.to_numpy() == pytest.approx(1, abs=0.25)
    assert frame.points.mean() == pytest.approx(1000)
    assert result.win_matrix().win[0, 3] == pytest.approx(1 / (1 + np.exp(-1.9)), abs=0.04)
    assert result.difference("g0", "g3").low > 250


def test_equal_ranks_say_nothing_about_one_another():
    frame = pd.DataFrame({"ballot": ["b"] * 3, "generator": ["a", "b", "c"], "rank": [1, 1, 2]})
    mirror = frame.assign(ballot="c", rank=[2, 2, 1])
    data = ChoiceData.from_frame(pd.concat([frame, mirror]))
    found = fit_choices(data)
    assert found.theta[0] == pytest.approx(found.theta[1])
    assert data.n_choices == 3


def test_raters_who_repeat_themselves_widen_the_interval():
    rows = simulated(np.array([0.5, 0.0, -0.5]), 60)
    often = ballots(rows * 5)
    clustered = rank_choices(often.assign(rater="r" + (often.ballot.str[1:].astype(int) % 60).astype(str)))
    single = rank_choices(ballots(rows))
    assert [row.se for row in clustered.rows] == pytest.approx([row.se for row in single.rows], rel=1e-6)
    widths = [[row.vote_high - row.vote_low for row in result.rows] for result in (clustered, single)]
    assert widths[0] == pytest.approx(np.array(widths[1]) / np.sqrt(5), rel=1e-6)


def test_one_rater_has_strengths_without_interval():
    result = rank_choices(ballots(simulated(np.zeros(3), 50), rater="r"))
    assert all(row.low is None and row.points is not None for row in result.rows)
    assert any("one rater" in words for words in result.warnings)
    assert result.status == "too_few_raters"


def test_what_cannot_be_estimated_says_why():
    assert rank_choices(ballots([("a", "b")]).iloc[:0], generators=("a", "b")).status == "no_votes"
    assert rank_choices(ballots([("a",), ("b",)])).status == "all_ties"
    assert rank_choices(ballots([("a",), ("a",)])).status == "one_generator"
    apart = rank_choices(ballots([("a", "b"), ("b", "a"), ("x", "y"), ("y", "x")]))
    assert apart.status == "disconnected"
    assert {row.rank for row in apart.rows} == {1, 2}
    winner = rank_choices(ballots([("top", "a", "b"), ("top", "b", "a")]))
    assert winner.status == "no_finite_maximum"
    assert winner.rows[0].note == "never lost nor tied: no finite strength"
    assert winner.rows[1].points == pytest.approx(1000)
    assert isinstance(place_effects(winner), Undefined)
    unseen = rank_choices(ballots([("a", "b"), ("b", "a")]), generators=("a", "b", "c"))
    assert unseen.rows[-1].note == "no votes connect it with the others"


def test_choices_that_all_went_one_way_leave_no_strength():
    result = rank_choices(ballots([("a", "b")] * 4))
    assert result.status == "no_finite_maximum"
    assert [row.points for row in result.rows] == [None, None]
    assert not any("Firth" in words for words in result.warnings)
    unweighted = rank_choices(ballots([("a", "b"), ("b", "a")]).assign(weight=[1, 1, 0, 0]))
    assert unweighted.status == "no_finite_maximum"


def test_wrong_input_is_named():
    good = ballots([("a", "b"), ("b", "a")])
    with pytest.raises(UnknownLabelError, match="Row 2: 'a' stands twice"):
        rank_choices(ballots([("a", "a", "b")]))
    with pytest.raises(MissingColumnError, match="rank"):
        rank_choices(good.drop(columns="rank"))
    with pytest.raises(UnknownLabelError, match="'z' is not one of"):
        rank_choices(ballots([("a", "z")]), generators=("a", "b"))
    with pytest.raises(OptionError, match="Row 1: rank 'first'"):
        rank_choices(good.assign(rank=["first", "2", "1", "2"]))
    with pytest.raises(WeightError, match="Row 1: weight '-1'"):
        rank_choices(good.assign(weight=-1))
    twice = good.drop(columns="rank").assign(answer=["best", "best", "best", "shown"])
    with pytest.raises(UnknownLabelError, match="Row 2: a second 'best'"):
        rank_choices(twice)
    with pytest.raises(UnknownLabelError, match="not one of best, worst, shown"):
        rank_choices(good.drop(columns="rank").assign(answer="good"))
    with pytest.raises(OneGeneratorError):
        ChoiceData.from_frame(ballots([("a",)]))
