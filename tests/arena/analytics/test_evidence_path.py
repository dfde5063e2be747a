"""The evidence at every look: equal to a fresh computation, and rarely wrong however often one looks."""

import numpy as np
import pytest

from arena.analytics.errors import OptionError
from arena.analytics.evidence_path import evidence_path
from arena.analytics.sequential import sequential_evidence

from .builders import data, simulate, votes


def study(seed, *, strengths=(0, 0, 0, 0), **options):
    """Votes of many raters with tastes and a position effect, in mixed order."""
    usual = {"raters": 60, "per_rater": 20, "taste": 0.7, "position": 0.5}
    frame = simulate(strengths=strengths, seed=seed, **(usual | options))
    return data(frame.sample(frac=1, random_state=seed, ignore_index=True))


def test_every_look_shows_what_a_fresh_computation_shows():
    frame = simulate(strengths=[0.5, 0, -0.5], raters=20, per_rater=15).sample(frac=1, random_state=0)
    path = evidence_path(data(frame), every=70)
    assert path.looks.tolist() == [70, 140, 210, 280, 300]
    for look, row in zip(path.looks, path.log_e, strict=True):
        fresh = sequential_evidence(data(frame.iloc[:look], generators=["g0", "g1", "g2"]))
        assert dict(zip(path.pairs, row, strict=True)) == pytest.approx(
            {(p.first, p.second): p.log_e for p in fresh.pairs}
        )
        assert path.threshold == fresh.threshold


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"strengths": (0, 0), "raters": 300, "per_rater": 4},
        {"strengths": (0, 0, 0, 0)},
        {"strengths": (0, 0, 0, 0, 0, 0), "taste": 0.0, "log_nu": -50},
    ],
    ids=["one pair", "six pairs", "fifteen pairs"],
)
def test_a_thousand_null_studies_stop_falsely_in_at_most_fifty(options):
    stopped = sum(evidence_path(study(seed, **options), every=20).any_decided for seed in range(1000))
    assert stopped <= 50


def test_a_real_difference_is_decided_and_the_look_is_told():
    path = evidence_path(study(1, strengths=(0.8, -0.8), raters=200, per_rater=4))
    [at] = path.decided_at
    assert 20 <= at <= 400
    before = path.looks < at
    assert (path.log_e[before, 0] < np.log(path.threshold)).all()
    assert path.to_frame().votes.max() == 800
    assert path.to_frame().columns.tolist() == ["votes", "first", "second", "log_e"]


def test_nothing_decided_means_no_evidence():
    path = evidence_path(data(votes(("a", "b", "tie", "r1"), ("b", "a", "both_bad", "r2"))))
    assert path.log_e.shape == (1, 0)
    assert not path.any_decided


def test_votes_without_an_order_have_no_path():
    frame = simulate(strengths=[0, 0], raters=3)
    with pytest.raises(OptionError, match="no order"):
        evidence_path(data(frame.assign(weight=1.0)))
    with pytest.raises(OptionError, match="every 0 votes"):
        evidence_path(data(frame), every=0)
