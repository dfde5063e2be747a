"""Kinds of intervals beside each other."""

import numpy as np
import pandas as pd
import pytest

from arena.analytics import fit
from arena.analytics.errors import UnknownLabelError
from arena.analytics.interval_kinds import KINDS, interval_kinds
from arena.analytics.intervals import cluster_covariance, generator_intervals
from arena.analytics.result import Undefined

from .builders import data, from_counts, simulate


def kinds_of(frame, **options):
    votes = data(frame)
    return interval_kinds(votes, fit(votes), **options)


def test_few_raters_with_tastes_have_every_kind_and_votes_alone_promise_too_much():
    votes = data(simulate(strengths=(0.6, 0, -0.6), raters=20, per_rater=60, taste=0.8, seed=3))
    found = interval_kinds(votes, fit(votes), draws=400)
    assert tuple(found.found) == KINDS
    assert found.unknown == {}
    frame = found.to_frame().set_index(["kind", "generator"])
    assert (frame.loc["rater", "width_ratio"] == 1).all()
    assert (frame.loc["vote", "width_ratio"] < 0.7).all()
    for kind in ("one_step", "exact", "wild", "rater_prompt"):
        assert frame.loc[kind, "width_ratio"].between(0.7, 1.4).all(), kind
    assert np.allclose(frame["points"].unstack(0).std(axis=1), 0)
    main = generator_intervals(fit(votes), cluster_covariance(fit(votes), votes))
    assert frame.loc["rater", "low"].to_numpy() == pytest.approx(1000 + 400 / np.log(10) * main.low)


def test_many_raters_need_no_wild_bootstrap():
    found = kinds_of(simulate(strengths=(0.3, 0, -0.3), raters=60, per_rater=10), draws=50)
    assert set(found.unknown) == {"wild"}
    assert "fewer than 40 raters" in found.unknown["wild"].reason


def test_what_cannot_be_known_says_why_kind_by_kind():
    one = simulate(strengths=(0.3, 0, -0.3), raters=1, per_rater=80).drop(columns="prompt")
    found = kinds_of(one, draws=50)
    assert set(found.found) - set(found.unknown) == {"vote"}
    assert "one rater" in found.unknown["rater"].reason
    assert "no prompt" in found.unknown["prompt"].reason
    assert np.isnan(found.to_frame()["width_ratio"]).all()


def test_raters_all_alike_make_no_interval_of_no_width():
    circle = [("a", "b", 5, 1, 3), ("b", "c", 4, 1, 3), ("c", "a", 3, 1, 4)]
    same = pd.concat([from_counts(circle).assign(rater=f"r{number}") for number in range(12)])
    found = kinds_of(same.reset_index(drop=True), draws=50)
    assert {name for name, why in found.unknown.items() if why.code == "alike"} == {
        "rater",
        "one_step",
        "exact",
        "wild",
    }
    assert set(found.found) - set(found.unknown) == {"vote"}


def test_a_penalised_fit_has_no_exact_bootstrap():
    votes = data(simulate(strengths=(0.3, 0, -0.3), raters=50, per_rater=10))
    found = interval_kinds(votes, fit(votes, firth=True), draws=50)
    assert isinstance(found.found["exact"], Undefined)
    assert not isinstance(found.found["one_step"], Undefined)


def test_the_anchor_stands_at_a_thousand_and_must_be_known():
    frame = simulate(strengths=(0.3, 0, -0.3), raters=50, per_rater=10)
    found = kinds_of(frame, anchor="g1", draws=50).to_frame()
    own = found[found["generator"] == "g1"]
    assert (own[["points", "low", "high"]] == 1000).all(axis=None)
    with pytest.raises(UnknownLabelError):
        kinds_of(frame, anchor="nobody", draws=50)


def test_an_undefeated_anchor_gives_way_to_the_mean():
    frame = from_counts(
        [("a", "b", 5, 1, 3), ("b", "c", 4, 1, 3), ("c", "a", 3, 1, 4), ("top", "a", 6, 0, 0)]
    )
    votes = data(frame)
    found = interval_kinds(votes, fit(votes), anchor="top", draws=50)
    assert found.anchor is None
