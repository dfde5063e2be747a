"""Copied answers and favoured generators are found; honest crowds are left alone."""

import numpy as np
import pandas as pd
import pytest

from arena.analytics import Undefined, fit
from arena.analytics.collusion import favoured_generators, holm, similar_raters
from arena.analytics.errors import AnalyticsError, MissingColumnError

from .builders import data, simulate
from .crowd import Crowd, simulate_crowd


def honest(seed, **options):
    quiet = {"random": 0, "always_left": 0, "fast": 0, "colluding": 0, "honest": 40, "overlap": 6}
    return simulate_crowd(Crowd(seed=seed, **(quiet | options)))[0]


def copied(frame, original, copy, share):
    """``copy`` answers the comparisons of ``original`` the same way, up to a share."""
    rng = np.random.default_rng(0)
    source = frame[(frame.rater == original) & (frame.kind == "regular")]
    twin = source.assign(rater=copy)
    change = rng.random(len(twin)) > share
    twin.loc[change, "outcome"] = rng.choice(["left", "right", "tie"], change.sum())
    return pd.concat([frame[frame.rater != copy], twin], ignore_index=True)


def test_a_copied_rater_is_found_and_named():
    found = similar_raters(copied(honest(0), "r005", "r017", 0.95))
    assert found.frame[["first", "second"]].to_numpy().tolist() == [["r005", "r017"]]
    assert "The same answer on" in found.frame.evidence[0]


def test_honest_crowds_are_left_alone():
    false = [len(similar_raters(honest(seed)).frame) for seed in range(10)]
    assert sum(false) == 0


def test_easy_comparisons_do_not_look_like_collusion():
    frame = honest(1, strengths=(3.0, 1.5, 0.0, -1.5, -3.0), lapse=0.0)
    assert similar_raters(frame, alpha=0.05).frame.empty


@pytest.mark.slow
def test_the_pair_statistics_are_those_of_a_plain_loop():
    frame = honest(2, honest=6, overlap=4)
    frame = frame[frame.kind == "regular"]
    found = similar_raters(frame, alpha=1.1, at_least=1)
    winner = np.where(frame.outcome == "left", frame.left, frame.right)
    answer = pd.Series(np.where(frame.outcome == "tie", "tie", winner), index=frame.index)
    table = frame.assign(answer=answer).pivot(index="comparison", columns="rater", values="answer")
    pairs = [(a, b) for i, a in enumerate(table.columns) for b in table.columns[i + 1 :]]
    alike = {(a, b): int((table[a] == table[b]).sum()) for a, b in pairs}
    common = {(a, b): int((table[a].notna() & table[b].notna()).sum()) for a, b in pairs}
    total, same = sum(common.values()), sum(alike.values())
    for row in found.frame.itertuples():
        key = (row.first, row.second)
        assert (row.common, row.alike) == (common[key], alike[key])
        expected = 0.0
        for _, item in table[table[row.first].notna() & table[row.second].notna()].iterrows():
            given = item.dropna()
            others = [(a, b) for a, b in pairs if a in given and b in given and (a, b) != key]
            agree = sum(given[a] == given[b] for a, b in others)
            expected += (agree + 4 * same / total) / (len(others) + 4)
        assert row.expected == pytest.approx(expected)


def test_without_common_comparisons_similarity_is_undefined():
    frame = honest(0, overlap=1)
    assert isinstance(similar_raters(frame), Undefined)
    assert similar_raters(frame.iloc[:0]).code == "no_overlap"
    with pytest.raises(MissingColumnError, match="rater"):
        similar_raters(frame.drop(columns="rater"))


def test_raters_who_vote_for_their_own_generator_are_found():
    frame, kinds = simulate_crowd(Crowd(seed=3, random=0, always_left=0, fast=0, colluding=4))
    table = data(frame[frame.kind == "regular"].assign(prompt=frame.comparison.astype(str)))
    found = favoured_generators(table, fit(table)).frame
    own = found[found.generator == "g4"]
    assert set(own.rater) == set(kinds.index[kinds == "colluding"])
    assert (own.direction == "for").all()


def test_honest_tastes_are_not_collusion():
    false = 0
    for seed in range(20):
        frame = simulate(strengths=[0.8, 0.2, 0, -0.3, -0.7], raters=60, per_rater=80, taste=0.6, seed=seed)
        table = data(frame)
        false += len(favoured_generators(table, fit(table), alpha=0.05).frame) > 0
    assert false <= 3


def test_expected_and_won_balance_over_a_crowd():
    table = data(simulate(strengths=[0.5, 0, -0.5], raters=30, per_rater=60))
    found = favoured_generators(table, fit(table), alpha=1.1).frame
    assert found.groupby("generator").won.sum().to_dict() == pytest.approx(
        found.groupby("generator").expected.sum().to_dict(), rel=1e-6
    )
    nameless = data(simulate(strengths=[0.5, 0, -0.5]).drop(columns="rater"))
    fitted = fit(nameless)
    with pytest.raises(AnalyticsError, match="name no raters"):
        favoured_generators(nameless, fitted)


def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(0).random(30) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm(np.array([])).size == 0
