"""Exclusion rules: what they refuse, whom they hit, and how often they are right about simulated raters."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from arena.analytics.errors import RuleError
from arena.analytics.rater_rules import (
    DEFAULT_RULES,
    RULES,
    describe,
    evaluate,
    hits_frame,
    unmeasured,
    validate,
)
from arena.analytics.raters import rater_table
from arena.analytics.rule_measures import run_p_value, typical_rate

from .builders import simulate, votes
from .crowd import Crowd, simulate_crowd


def table(**columns):
    """A rater table of ordinary values, some replaced."""
    n = max(len(v) for v in columns.values())
    usual = {
        "votes": 60,
        "decided": 50,
        "left_share": 0.5,
        "longest_run": 5,
        "median_ms": 3000.0,
        "checks": 5,
        "checks_passed": 5,
        "checks_skipped": 0,
        "others_skipped": 0,
        "agreement": 0.6,
        "agreement_n": 40,
        "winner_agreement": 0.75,
        "winner_agreement_n": 40,
        "repeats": 4,
        "repeats_consistent": 3,
    }
    frame = pd.DataFrame({"rater": [f"r{i}" for i in range(n)]} | {k: [v] * n for k, v in usual.items()})
    return frame.assign(**columns)


def hit_raters(rule, frame):
    return [hit.rater for hit in evaluate([rule], frame)]


def test_defaults_are_filled_in_and_survive_json():
    frozen = validate([{"rule": "side_share"}, {"rule": "failed_check_share", "above": 0.4}])
    assert frozen == [
        {"rule": "side_share", "p_below": 1e-6, "at_least": 20},
        {"rule": "failed_check_share", "above": 0.4, "at_least": 3},
    ]
    assert validate(json.loads(json.dumps(frozen))) == frozen
    assert [r["rule"] for r in validate(DEFAULT_RULES)] == [r["rule"] for r in DEFAULT_RULES]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([{"rule": "mood"}], r"Rule 1 \(mood\) is not known.*failed_checks"),
        ([{"count": 2}], "Rule 1 has no name"),
        (["failed_checks"], "Rule 1 has no name"),
        ({"rule": "failed_checks", "count": 2}, "Rules are a list"),
        (3, "Rules are a list"),
        ([{"rule": "failed_checks"}], "lacks count.*whole number from 1"),
        ([{"rule": "failed_checks", "count": 1.5}], "has count = 1.5.*whole number"),
        ([{"rule": "failed_checks", "count": True}], "has count = True"),
        ([{"rule": "failed_checks", "count": "2"}], "has count = '2'"),
        ([{"rule": "failed_checks", "count": 2, "over": 1}], "has no parameter over.*It takes count"),
        ([{"rule": "side_share", "above": 0.9, "p_below": 0.01}], "has both above and p_below"),
        ([{"rule": "side_share", "above": 0.4}], "has above = 0.4.*from 0.5 to 0.999"),
        ([{"rule": "agreement", "below": float("nan")}], "has below = nan"),
        ([{"rule": "too_few_votes", "below": 5}, {"rule": "too_few_votes", "below": 6}], "Rule 2.*twice"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_its_mend(rules, words):
    with pytest.raises(RuleError, match=words):
        validate(rules)


def test_checks_are_counted_or_taken_as_a_share():
    frame = table(checks=[3, 5, 5, 2], checks_passed=[2, 3, 5, 0])
    assert hit_raters({"rule": "failed_checks", "count": 2}, frame) == ["r1", "r3"]
    assert hit_raters({"rule": "failed_check_share", "above": 0.3}, frame) == ["r0", "r1"]
    assert hit_raters({"rule": "failed_check_share", "above": 0.34}, frame) == ["r1"]


def test_each_fixed_limit_is_strict():
    assert hit_raters({"rule": "median_answer_ms", "below": 800}, table(median_ms=[799, 800, np.nan])) == [
        "r0"
    ]
    assert hit_raters({"rule": "longest_run", "above": 12}, table(longest_run=[12, 13])) == ["r1"]
    assert hit_raters({"rule": "side_share", "above": 0.9}, table(left_share=[0.9, 0.92, 0.04])) == [
        "r1",
        "r2",
    ]
    assert hit_raters({"rule": "too_few_votes", "below": 5}, table(votes=[4, 5])) == ["r0"]
    assert hit_raters({"rule": "agreement", "below": 0.4}, table(agreement=[0.375, 0.4])) == ["r0"]
    few = table(repeats=[4, 4, 3], repeats_consistent=[1, 2, 0])
    assert hit_raters({"rule": "consistency", "below": 0.5}, few) == ["r0"]


def test_few_answers_condemn_nobody():
    frame = table(
        decided=[19], left_share=[1.0], votes=[9], median_ms=[100.0], agreement=[0.0], agreement_n=[9]
    )
    rules = [
        {"rule": "side_share", "above": 0.9},
        {"rule": "median_answer_ms", "below": 800},
        {"rule": "agreement", "below": 0.5},
    ]
    assert evaluate(rules, frame) == []


def test_a_side_share_is_judged_by_its_exact_probability():
    frame = table(left_share=[0.5, 0.5, 0.5, 0.96])
    [hit] = evaluate([{"rule": "side_share"}], frame)
    assert (hit.rater, hit.n, hit.value) == ("r3", 50, pytest.approx(0.96))
    assert hit.p == pytest.approx(2 * binom.sf(47, 50, 0.5), rel=1e-9)
    assert "left side in 48 of 50" in hit.evidence


def test_a_position_effect_of_the_study_condemns_nobody():
    frame = simulate(strengths=[0, 0, 0], raters=40, per_rater=100, position=1.0)
    assert evaluate([{"rule": "side_share"}, {"rule": "longest_run"}], rater_table(frame)) == []


def longest_run_tail(length, n, q):
    """Chance of a run of ``length`` or more in n sides, by dynamic programming over the current run."""
    alive = np.zeros((2, length))
    alive[0, 1], alive[1, 1] = q, 1 - q
    for _ in range(n - 1):
        after = np.zeros_like(alive)
        after[0, 2:], after[1, 2:] = q * alive[0, 1:-1], (1 - q) * alive[1, 1:-1]
        after[0, 1], after[1, 1] = q * alive[1].sum(), (1 - q) * alive[0].sum()
        alive = after
    return 1 - alive.sum()


@pytest.mark.parametrize(("length", "n", "q"), [(12, 60, 0.6), (20, 100, 0.5), (16, 400, 0.55)])
def test_the_run_probability_is_an_upper_bound_close_to_the_exact_one(length, n, q):
    exact = longest_run_tail(length, n, q)
    found = run_p_value(np.array([float(length)]), np.array([float(n)]), share=q)[0]
    assert exact <= found < 1.03 * exact


def test_three_coins_are_all_alike_in_a_quarter_of_the_cases():
    assert run_p_value(np.array([3.0, 0.0]), np.array([3.0, 0.0])).tolist() == [0.25, 1.0]


def test_a_few_bad_raters_do_not_set_the_typical_rate():
    hits, n = np.array([38.0] * 20 + [10.0] * 6), np.full(26, 40.0)
    assert typical_rate(hits, n) == pytest.approx(0.95, abs=0.005)
    assert 0 < typical_rate(np.zeros(3), np.zeros(3)) < 1


def test_guessing_adds_up_small_evidence_exactly():
    frame = table(
        checks_passed=[5] * 9 + [4], winner_agreement=[0.75] * 9 + [0.55], repeats_consistent=[3] * 9 + [1]
    )
    [hit] = evaluate([{"rule": "guessing"}], frame)
    assert hit.rater == "r9"
    assert hit.n == 49
    assert 0 < hit.p < 0.02
    assert "passed checks 4 of 5" in hit.evidence


def test_who_disagrees_but_fails_nothing_does_not_guess():
    frame = table(winner_agreement=[0.75] * 9 + [0.2], repeats_consistent=[4] * 10)
    assert evaluate([{"rule": "guessing"}], frame) == []


def test_skipped_checks_are_held_against_other_skips_of_the_same_rater():
    """Of 5 checks met 4 skipped: among 60 other trials nothing was (Fisher, 5 of C(65, 4)), or as much."""
    rule = {"rule": "skipped_checks"}
    frame = table(checks=[1, 1, 5, 3], checks_skipped=[4, 4, 0, 2], others_skipped=[0, 48, 2, 0])
    frame["votes"] = [60, 12, 58, 60]
    crowd = pd.concat([frame, table(rater=[f"c{i}" for i in range(40)])], ignore_index=True)
    (hit,) = evaluate([rule], crowd)
    assert (hit.rater, hit.n) == ("r0", 5)
    assert hit.value == 0.8
    assert hit.p == pytest.approx(5 / math.comb(65, 4), rel=1e-6)
    assert hit.evidence.startswith("Skipped 4 of 5 checks (80%) and 0 of 60 other comparisons; the crowd")
    assert hit_raters({"rule": "skipped_checks", "above": 0.5}, crowd) == ["r0", "r1"]


def test_where_the_whole_crowd_skips_checks_nobody_is_to_blame():
    frame = table(checks=[1] * 30, checks_skipped=[4] * 30)
    assert hit_raters({"rule": "skipped_checks"}, frame) == []


def test_two_checks_skipped_and_none_answered_are_too_few_to_judge():
    assert hit_raters({"rule": "skipped_checks"}, table(checks=[0], checks_skipped=[2])) == []


def skipping_crowd(rng, *, honest=80, dodging=8, lure=3.0):
    """Sixty trials each, one in twelve a check. Honest raters skip 0 to 15 % (4 % on average), and of checks
    ``lure`` times the odds, as degraded copies look like mistakes; dodging ones skip nine in ten checks."""
    own = rng.beta(1, 24, honest + dodging)
    dodges = np.arange(own.size) >= honest
    checks = np.maximum(1, rng.poisson(5, own.size))
    odds = lure * own / (1 - own)
    skipped = rng.binomial(checks, np.where(dodges, 0.9, odds / (1 + odds)))
    elsewhere = rng.binomial(55, own)
    frame = table(rater=[f"r{i}" for i in range(own.size)]).assign(
        votes=55 - elsewhere,
        checks=checks - skipped,
        checks_skipped=skipped,
        others_skipped=elsewhere,
    )
    return frame, set(frame["rater"][dodges])


@pytest.mark.parametrize("lure", [1.0, 3.0, 8.0])
def test_skipping_honestly_excludes_hardly_anybody_and_dodging_checks_does(lure):
    rng, wrong, caught = np.random.default_rng(1), 0, 0
    for _ in range(60):
        frame, dodging = skipping_crowd(rng, lure=lure)
        hit = set(hit_raters({"rule": "skipped_checks"}, frame))
        wrong += len(hit - dodging)
        caught += len(hit & dodging)
    print(f"lure {lure}: {wrong / 4800:.2%} of honest, {caught / 480:.0%} of dodging raters")
    assert wrong / 4800 <= 0.01
    # One in eight meets fewer than three checks; where honest raters skip many, dodging shows less.
    assert caught / 480 >= {1.0: 0.7, 3.0: 0.6, 8.0: 0.4}[lure]


def test_rules_without_their_columns_say_so_and_hit_nobody():
    ratings = pd.DataFrame(
        {
            "rater": ["a"],
            "votes": [50],
            "median_ms": [4000.0],
            "longest_run": [30],
            "checks": [4],
            "checks_passed": [4],
        }
    )
    assert evaluate(DEFAULT_RULES, ratings) == []
    reasons = unmeasured(DEFAULT_RULES, ratings)
    assert set(reasons) == {"longest_run", "side_share", "skipped_checks"}
    assert "left_share" in reasons["longest_run"]
    # Ratings may honestly be alike, so only a declared length counts there.
    assert hit_raters({"rule": "longest_run", "above": 20}, ratings) == ["a"]


def test_every_rule_has_words():
    fixed = {"count": 2, "above": 0.9, "below": 0.5}
    for rule in RULES:
        try:
            words = describe({"rule": rule})
        except RuleError as error:
            key = error.details["field"]
            words = describe({"rule": rule, key: 5 if rule != "failed_check_share" else fixed[key]})
        assert len(words) > 15
        assert "{" not in words
    assert describe({"rule": "failed_check_share", "above": 0.34}) == (
        "more than 34 % of attention checks failed (judged from 3 on)"
    )


def test_hits_become_rows_and_json():
    frame = table(checks_passed=[1])
    hits = evaluate([{"rule": "failed_checks", "count": 2}], frame)
    assert hits_frame(hits).loc[0, "evidence"] == "4 of 5 checks failed; the rule excludes from 2 on."
    assert json.loads(json.dumps(hits[0].to_dict()))["p"] is None
    assert list(hits_frame([]).columns)[:2] == ["rater", "rule"]


def test_swapped_repeats_expose_who_always_clicks_left():
    rows = [
        ("a", "b", "left", "r1"),
        ("b", "a", "left", "r1"),
        ("a", "b", "left", "r2"),
        ("b", "a", "right", "r2"),
    ]
    frame = votes(*rows).assign(prompt="p", kind=["regular", "repeat"] * 2)
    found = rater_table(frame).to_frame()
    assert found.consistency.tolist() == [0.0, 1.0]


def test_winner_agreement_leaves_ties_out():
    rows = [
        ("a", "b", "left", "r1"),
        ("b", "a", "right", "r2"),
        ("a", "b", "tie", "r3"),
        ("a", "b", "right", "r4"),
    ]
    found = rater_table(votes(*rows).assign(prompt="p")).to_frame()
    # r1 faces one for a, one for b; so does r2; r3 is undecided; r4 faces two for a.
    assert found.winner_agreement_n.tolist() == [0, 0, 0, 1]
    assert found.winner_agreement.tolist()[3] == 0


SETTINGS = {
    "five raters a comparison": {},
    "coin flippers": {"random_ties": False},
    "three raters a comparison": {"overlap": 3},
    "no overlap": {"overlap": 1},
    "strong position effect": {"position": 0.6},
    "different tastes": {"taste_sd": 1.0},
    "equal generators": {"strengths": (0.0,) * 5},
    "one in four bad": {"random": 15, "always_left": 10},
    "one lapse in ten": {"lapse": 0.1},
}


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_default_rules_catch_bad_raters_and_spare_honest_ones(setting):
    caught = {}
    for seed in range(20):
        frame, kinds = simulate_crowd(Crowd(seed=seed, **SETTINGS[setting]))
        hit = {h.rater for h in evaluate(DEFAULT_RULES, rater_table(frame))}
        for rater, kind in kinds.items():
            caught.setdefault(kind, []).append(rater in hit)
    share = {kind: np.mean(found) for kind, found in caught.items()}
    assert share["honest"] <= 0.05
    assert share["random"] >= 0.9
    assert share["always_left"] >= 0.9
    assert share["fast"] >= 0.9
