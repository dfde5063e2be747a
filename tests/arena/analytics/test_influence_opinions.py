"""How few decide who leads; and ratings cleaned of careless raters, of bias and of noise."""

import numpy as np
import pandas as pd
import pytest

from arena.analytics import fit
from arena.analytics.errors import AnalyticsError, MissingColumnError, NoVotesError
from arena.analytics.influence import lead_influence, without_each_rater
from arena.analytics.opinion_models import bias_inconsistency, screen_bt500

from .builders import data, from_counts, simulate


def plain_votes(rows):
    counted = from_counts(rows)
    return counted.loc[counted.index.repeat(counted.weight.astype(int))].drop(columns="weight")


def test_a_lead_of_twelve_to_eight_falls_without_five_votes_and_the_refit_proves_it():
    # Without four of a's twelve votes it is even, without five b leads.
    frame = plain_votes([("a", "b", 12, 0, 8)]).reset_index(drop=True)
    table = data(frame)
    found = lead_influence(table, fit(table, position=False))
    assert (found.leader, found.new_leader) == ("a", "b")
    assert found.dropped == 5
    assert found.of == 20
    assert found.words == "Without 5 votes of 20, b would lead, not a."
    keep = frame.drop(frame.index[frame.outcome == "left"][:5])
    assert fit(data(keep), position=False).theta.argmax() == 1


def test_a_single_rater_may_hold_the_lead():
    frame = simulate(strengths=[0.05, 0.0, -0.5], raters=20, per_rater=30, seed=3)
    fan = simulate(strengths=[4.0, -4.0, 0.0], raters=1, per_rater=60, seed=1).assign(rater="fan")
    table = data(pd.concat([frame, fan], ignore_index=True))
    fitted = fit(table)
    assert fitted.theta.argmax() == 0
    found = lead_influence(table, fitted, unit="raters")
    assert found.names[0] == "fan"
    assert found.dropped <= 3
    each = without_each_rater(table, fitted)
    assert each.rater[0] == "fan"
    assert len(each) == 21


def test_an_overwhelming_lead_is_called_robust():
    table = data(simulate(strengths=[3.0, 0.0, 0.0], raters=20, per_rater=40))
    found = lead_influence(table, fit(table), unit="raters", largest_share=0.3)
    assert found.code == "robust"


def test_influence_says_when_it_cannot_be_had():
    frame = simulate(strengths=[0.3, 0.0], raters=4)
    table = data(frame.assign(weight=1.0))
    assert lead_influence(table, fit(table)).code == "grouped"
    lonely = data(plain_votes([("a", "b", 3, 0, 0)]))
    assert lead_influence(lonely, fit(lonely, position=False)).code == "no_leader"
    nameless = data(frame.drop(columns="rater"))
    with pytest.raises(AnalyticsError, match="no raters"):
        without_each_rater(nameless, fit(nameless))


def test_leaving_each_rater_out_is_a_refit():
    frame = simulate(strengths=[0.5, 0.0, -0.3], raters=30, per_rater=40, taste=0.5)
    table = data(frame)
    fitted = fit(table)
    each = without_each_rater(table, fitted).set_index("rater")
    for name in ("r007", "r021"):
        again = fit(data(frame[frame.rater != name]))
        assert each.loc[name, "largest_shift"] == pytest.approx(
            np.abs(again.theta - fitted.theta).max(), abs=1e-4
        )
        assert each.loc[name, "leader"] == again.generators[again.theta.argmax()]
    penalised = without_each_rater(table, fit(table, firth=True)).set_index("rater")
    assert penalised.loc["r007", "largest_shift"] == pytest.approx(each.loc["r007", "largest_shift"], rel=0.2)


def test_without_a_rater_who_alone_holds_the_scale_together_nobody_leads():
    frame = simulate(strengths=[0.5, 0.0], raters=10, per_rater=20)
    loyal = frame.assign(right="g2", left="g0", outcome="left")[:20]
    rebel = frame[:4].assign(left="g2", right="g0", outcome="left", rater="rebel")
    table = data(pd.concat([frame, loyal, rebel], ignore_index=True))
    each = without_each_rater(table, fit(table, position=False))
    # Without r000 nobody ever lost to g0 but the rebel won; without the rebel g2 never won.
    assert set(each.rater[~each.finite]) == {"r000", "rebel"}
    assert set(each.leader[:2]) == {""}
    assert each.finite[2:].all()


def opinions(seed=0, items=60, raters=20):
    """Ratings with known scores, biases and spreads; the last rater is noise alone."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(1.5, 4.5, items)
    bias = rng.normal(0, 0.4, raters)
    bias -= bias.mean()
    spread = np.linspace(0.2, 0.9, raters)
    u = score[:, None] + bias + rng.normal(0, spread, (items, raters))
    frame = pd.DataFrame(
        {
            "item": np.repeat([f"i{i:02d}" for i in range(items)], raters),
            "rater": np.tile([f"r{i:02d}" for i in range(raters)], items),
            "rating": u.ravel(),
        }
    )
    return frame, score, bias, spread


def test_scores_biases_and_spreads_are_recovered_better_than_by_means():
    frame, score, bias, spread = opinions()
    found = bias_inconsistency(frame)
    assert found.converged
    assert found.raters.bias.to_numpy() == pytest.approx(bias, abs=0.3)
    assert np.corrcoef(found.raters.inconsistency, spread)[0, 1] > 0.95
    plain = frame.groupby("item").rating.mean().to_numpy()
    ours = np.sqrt(np.mean((found.items.score - score) ** 2))
    assert ours < 0.8 * np.sqrt(np.mean((plain - score) ** 2))


def test_the_standard_errors_of_scores_keep_their_promise():
    held = []
    for seed in range(20):
        frame, score, *_ = opinions(seed)
        found = bias_inconsistency(frame).items
        held.append(np.abs(found.score - score) < 1.96 * found.se)
    assert 0.93 < np.mean(held) < 0.97


def test_raters_with_few_ratings_of_items_with_few_raters_do_not_take_the_scores_over():
    held, least = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        item, rater = np.repeat(np.arange(120), 3), np.repeat(np.arange(60), 6)
        item = item[rng.permutation(360)]
        truth = rng.normal(3, 0.7, 120)
        frame = pd.DataFrame({"item": item, "rater": rater, "rating": truth[item] + rng.normal(0, 1, 360)})
        found = bias_inconsistency(frame.astype({"item": str, "rater": str}))
        assert found.converged
        gap = found.items.score - truth[found.items.item.astype(int)]
        held.append(np.abs(gap) < 1.96 * found.items.se)
        least.append(found.raters.inconsistency.min())
    # Biases are taken as known: somewhat below 95 % with six ratings each.
    assert np.mean(held) > 0.85
    assert min(least) > 0.5


def test_a_shift_of_one_rater_goes_into_that_bias_alone():
    frame, *_ = opinions()
    shifted = frame.assign(rating=frame.rating + 2.0 * (frame.rater == "r03"))
    before, after = bias_inconsistency(frame), bias_inconsistency(shifted)
    gap = after.raters.bias - before.raters.bias
    assert gap[3] - gap[0] == pytest.approx(2.0, abs=1e-6)
    moved = after.items.score - before.items.score
    assert np.ptp(moved) < 1e-6


def test_missing_ratings_are_allowed():
    frame, score, *_ = opinions()
    found = bias_inconsistency(frame.sample(frac=0.6, random_state=1))
    assert np.corrcoef(found.items.score, score)[0, 1] > 0.97


def test_bt500_rejects_the_erratic_and_keeps_the_biased():
    rng = np.random.default_rng(2)
    frame, score, *_ = opinions(raters=20)
    wild = pd.DataFrame(
        {
            "item": [f"i{i:02d}" for i in range(60)],
            "rater": "wild",
            "rating": score + 3.0 * rng.choice([-1, 1], 60),
        }
    )
    found = screen_bt500(pd.concat([frame, wild]))
    assert found.rejected == ("wild",)
    assert found.to_frame().set_index("rater").loc["wild", "outside"] > 0.05
    strict = wild.assign(rater="strict", rating=score - 2.0)
    found = screen_bt500(pd.concat([frame, strict]))
    assert found.rejected == ()
    table = found.to_frame().set_index("rater")
    assert table.loc["strict", "below"] > 3
    assert table.loc["strict", "lopsided"] == 1


def test_bt500_counts_as_its_text_says():
    frame = opinions(seed=5, items=25, raters=12)[0].round({"rating": 0})
    wide = frame.pivot(index="item", columns="rater", values="rating")
    above, below = dict.fromkeys(wide.columns, 0), dict.fromkeys(wide.columns, 0)
    for _, row in wide.iterrows():
        mean, s = row.mean(), row.std(ddof=1)
        m2, m4 = ((row - mean) ** 2).mean(), ((row - mean) ** 4).mean()
        if m2 == 0:
            continue
        limit = (2 if 2 <= m4 / m2**2 <= 4 else 20**0.5) * s
        for rater, rating in row.items():
            above[rater] += rating >= mean + limit
            below[rater] += rating <= mean - limit
    table = screen_bt500(frame).to_frame().set_index("rater")
    assert table.above.to_dict() == above
    assert table.below.to_dict() == below
    assert table.above.sum() + table.below.sum() > 0


def test_too_few_ratings_reject_nobody():
    frame = pd.DataFrame({"item": ["a", "a", "b"], "rater": ["x", "y", "x"], "rating": [1, 5, 3]})
    assert screen_bt500(frame).rejected == ()


def test_ratings_without_columns_or_rows_are_refused():
    with pytest.raises(MissingColumnError, match="item"):
        screen_bt500(pd.DataFrame({"rater": [], "rating": []}))
    with pytest.raises(NoVotesError):
        bias_inconsistency(pd.DataFrame({"item": ["a"], "rater": ["x"], "rating": [None]}))
