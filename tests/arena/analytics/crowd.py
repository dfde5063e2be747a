"""A simulated crowd with known honest and bad raters: votes, checks, swapped repeats, answer times."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

OUTCOMES = np.array(["left", "right", "tie"])


@dataclass(frozen=True)
class Crowd:
    """Raters by kind, and what the study is like."""

    honest: int = 60
    random: int = 6
    always_left: int = 6
    fast: int = 4
    colluding: int = 4
    overlap: int = 5
    strengths: tuple[float, ...] = (0.9, 0.4, 0.0, -0.4, -0.9)
    prompt_sd: float = 1.5
    taste_sd: float = 0.4
    lapse: float = 0.05
    position: float = 0.0
    log_nu: float = -0.7
    random_ties: bool = True
    seed: int = 0

    @property
    def kinds(self) -> list[str]:
        names = ("honest", "random", "always_left", "fast", "colluding")
        return [name for name in names for _ in range(getattr(self, name))]


def simulate_crowd(crowd: Crowd) -> tuple[pd.DataFrame, pd.Series]:
    """Votes with ``kind``, ``check_passed``, ``answer_ms``; and the true kind by rater.

    Each rater casts 40-100 regular votes (uniformly), one check in twelve, 5 % of swapped repeats. A
    comparison (prompt and pair) is seen by ``overlap`` raters. Honest raters have tastes of their own and
    lapse now and then; random ones press left, right or tie alike (or leave ties out); fast ones are random
    and quick; colluding ones answer honestly, but always for the weakest generator where it is shown.
    """
    rng = np.random.default_rng(crowd.seed)
    kinds = np.array(crowd.kinds)
    R = kinds.size
    per_rater = rng.integers(40, 101, R)
    rater, comparison = _deal(rng, per_rater, crowd.overlap)
    first, second, prompt = _comparisons(rng, int(comparison.max()) + 1, len(crowd.strengths))
    left, right = first[comparison], second[comparison]
    flip = rng.random(rater.size) < 0.5
    left, right = np.where(flip, right, left), np.where(flip, left, right)
    again = rng.random(rater.size) < 0.05
    table = pd.DataFrame({"rater": rater, "comparison": comparison, "left": left, "right": right})
    repeats = table[again].rename(columns={"left": "right", "right": "left"})
    checks = table[table.groupby("rater").cumcount() % 12 == 11]
    parts = [table.assign(kind="regular"), repeats.assign(kind="repeat"), checks.assign(kind="check")]
    votes = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=crowd.seed, ignore_index=True)
    # A repeat is shown later than the vote it repeats.
    votes = votes.sort_values("kind", key=lambda k: k == "repeat", kind="stable", ignore_index=True)
    _answer(votes, crowd, kinds, prompt, rng)
    votes["rater"] = [f"r{i:03d}" for i in votes["rater"]]
    votes["left"], votes["right"] = ([f"g{i}" for i in votes[side]] for side in ("left", "right"))
    return votes, pd.Series(kinds, index=[f"r{i:03d}" for i in range(R)])


def _deal(rng, per_rater, overlap):
    """Rater and comparison of each regular vote; nobody sees a comparison twice."""
    n = int(per_rater.sum()) // overlap
    room = np.full(n, overlap)
    rater, comparison = [], []
    for r in rng.permutation(per_rater.size):
        open_now = np.flatnonzero(room > 0)
        # The fullest first, in random order: what is left at the end is spread.
        order = open_now[np.argsort(-(room[open_now] + rng.random(open_now.size)))][: per_rater[r]]
        room[order] -= 1
        rater.append(np.full(order.size, r))
        comparison.append(order)
    return np.concatenate(rater), np.concatenate(comparison)


def _comparisons(rng, n, K):
    first = rng.integers(0, K, n)
    second = (first + rng.integers(1, K, n)) % K
    return first, second, np.arange(n)


def _answer(votes, crowd, kinds, prompt, rng):
    K, n = len(crowd.strengths), len(votes)
    theta = np.asarray(crowd.strengths)
    rater = votes["rater"].to_numpy()
    left, right = votes["left"].to_numpy(), votes["right"].to_numpy()
    own = theta + rng.normal(0, crowd.taste_sd, (kinds.size, K))
    picture = rng.normal(0, crowd.prompt_sd, (prompt.size, K))
    at = prompt[votes["comparison"].to_numpy()]
    d = own[rater, left] + picture[at, left] - own[rater, right] - picture[at, right] + crowd.position
    check = (votes["kind"] == "check").to_numpy()
    d = np.where(check, np.where(rng.random(n) < 0.5, 8.0, -8.0), d)
    wanted = np.where(d > 0, 0, 1)
    weight = np.stack([np.exp(d / 2), np.exp(-d / 2), np.full(n, np.exp(crowd.log_nu))], axis=1)
    outcome = _draw(rng, weight)
    kind = kinds[rater]
    lapse = rng.random(n) < crowd.lapse
    guess = lapse | np.isin(kind, ("random", "fast"))
    outcome = np.where(guess, rng.integers(0, 3 if crowd.random_ties else 2, n), outcome)
    outcome = np.where(kind == "always_left", 0, outcome)
    # Whoever colludes takes care with the checks.
    partisan = (kind == "colluding") & ~check
    outcome = np.where(partisan & (left == K - 1), 0, np.where(partisan & (right == K - 1), 1, outcome))
    votes["outcome"] = OUTCOMES[outcome]
    votes["check_passed"] = np.where(check, outcome == wanted, None)
    pace = rng.lognormal(np.log(3500), 0.35, kinds.size)[rater]
    pace = np.where(kind == "fast", 450, np.where(kind == "always_left", 1200, pace))
    votes["answer_ms"] = (pace * rng.lognormal(0, 0.5, n)).astype(int)


def _draw(rng, weight):
    cumulative = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    return (rng.random(len(weight))[:, None] > cumulative).sum(axis=1)
