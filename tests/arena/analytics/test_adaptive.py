"""Adaptive choice: the formula against brute force, a chance for every pair, less variance in simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.analytics import fit
from arena.analytics.adaptive import Knowledge, choose_pairs
from arena.analytics.errors import OneGeneratorError, OptionError, WeightError

from .builders import data, simulate


def stock(K, each=1000):
    return each * (1 - np.eye(K))


def brute_variance(knowledge, answered):
    """Total variance after ``answered`` votes per pair, by inverting the matrix anew."""
    H = np.linalg.inv(knowledge.inverse)
    K = H.shape[0]
    for (i, j), n in answered.items():
        x = np.zeros(K)
        x[i], x[j] = 1, -1
        v = knowledge.per_vote(np.array([i]), np.array([j]))[0]
        H = H + n * v * np.outer(x, x)
    M = np.linalg.inv(H)
    return np.trace(M) - M.sum() / K


def some_votes(K=5, seed=0):
    rng = np.random.default_rng(seed)
    wins = rng.poisson(3, (K, K)).astype(float)
    np.fill_diagonal(wins, 0)
    return wins, np.triu(rng.poisson(1, (K, K)), 1)


def answered(batch):
    return {
        (int(i), int(j)): int(n) for i, j, n in zip(batch.first, batch.second, batch.count, strict=True) if n
    }


def test_the_drop_of_each_pair_is_what_inverting_anew_gives():
    knowledge = Knowledge.from_counts(*some_votes())
    batch = choose_pairs(knowledge, stock(5), 0, np.random.default_rng(0))
    assert batch.count.sum() == 0
    for i, j, drop in zip(batch.first, batch.second, batch.drop, strict=True):
        direct = knowledge.total_variance - brute_variance(knowledge, {(i, j): 1})
        assert drop == pytest.approx(direct, rel=1e-9)


@given(seed=st.integers(0, 10_000), size=st.integers(1, 60), sharpness=st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_the_variance_expected_of_a_batch_is_what_inverting_anew_gives(seed, size, sharpness):
    knowledge = Knowledge.from_counts(*some_votes(seed=seed))
    batch = choose_pairs(knowledge, stock(5), size, np.random.default_rng(seed), sharpness=sharpness)
    assert batch.count.sum() == size
    assert batch.variance_before == pytest.approx(knowledge.total_variance)
    assert batch.variance_after == pytest.approx(brute_variance(knowledge, answered(batch)), rel=1e-9)


def test_knowledge_from_counts_is_the_ranking_when_votes_are_many():
    votes = data(simulate(strengths=[1.0, 0.2, -0.4, -0.8], raters=50, per_rater=400, log_nu=-0.3))
    fitted = fit(votes, position=False)
    K = 4
    wins, ties = np.zeros((K, K)), np.zeros((K, K))
    cells = votes.cells
    np.add.at(wins, (cells.left, cells.right), cells.counts[:, 0])
    np.add.at(wins, (cells.right, cells.left), cells.counts[:, 1])
    np.add.at(ties, (cells.left, cells.right), cells.ties)
    knowledge = Knowledge.from_counts(wins, ties)
    assert knowledge.theta - knowledge.theta.mean() == pytest.approx(fitted.theta, abs=2e-3)
    assert knowledge.log_nu == pytest.approx(fitted.log_nu, abs=2e-3)
    assert knowledge.total_variance == pytest.approx(np.trace(fitted.covariance[:K, :K]), rel=2e-3)
    from_fit = Knowledge.from_fit(fitted)
    assert from_fit.theta == pytest.approx(knowledge.theta, abs=1e-6)
    assert from_fit.inverse == pytest.approx(knowledge.inverse, rel=1e-6)


def test_without_votes_all_pairs_are_equally_likely():
    batch = choose_pairs(Knowledge.from_counts(np.zeros((4, 4))), stock(4), 6, np.random.default_rng(0))
    assert batch.chance == pytest.approx(np.full(6, 1 / 6))
    assert batch.count.sum() == 6


def test_a_generator_without_votes_is_asked_about_first():
    wins = 200.0 * (1 - np.eye(4))
    wins[3] = wins[:, 3] = 0
    batch = choose_pairs(Knowledge.from_counts(wins), stock(4), 50, np.random.default_rng(0))
    frame = batch.to_frame()
    with_new = frame[frame.second == 3]
    assert with_new["count"].sum() > 40
    assert frame.second.iloc[0] == 3


def test_a_foregone_conclusion_is_asked_about_less_than_a_close_pair():
    knowledge = Knowledge(np.array([4.0, 0.0, 0.1]), -np.inf, np.eye(3))
    batch = choose_pairs(knowledge, stock(3), 0, np.random.default_rng(0))
    chance = {(int(i), int(j)): c for i, j, c in zip(batch.first, batch.second, batch.chance, strict=True)}
    assert chance[1, 2] > 10 * chance[0, 1]


@given(
    seed=st.integers(0, 10_000),
    explore=st.floats(0.01, 1.0),
    sharpness=st.integers(0, 50),
)
@settings(max_examples=25, deadline=None)
def test_every_available_pair_keeps_a_chance_and_no_other_is_served(seed, explore, sharpness):
    rng = np.random.default_rng(seed)
    room = np.triu(rng.integers(0, 3, (6, 6)), 1)
    room = room + room.T
    knowledge = Knowledge.from_counts(*some_votes(6, seed))
    batch = choose_pairs(knowledge, room, 10, rng, explore=explore, sharpness=sharpness)
    assert batch.chance.sum() == pytest.approx(1.0 if batch.chance.size else 0.0)
    assert (batch.chance >= explore / max(batch.chance.size, 1) - 1e-12).all()
    assert (batch.count <= room[batch.first, batch.second]).all()
    assert batch.count.sum() == min(10, np.triu(room, 1).sum())


def test_relabelled_generators_have_relabelled_chances():
    wins, ties = some_votes()
    order = np.array([3, 0, 4, 1, 2])
    plain = choose_pairs(Knowledge.from_counts(wins, ties), stock(5), 0, np.random.default_rng(0))
    turned = choose_pairs(
        Knowledge.from_counts(wins[np.ix_(order, order)], ties[np.ix_(order, order)]),
        stock(5),
        0,
        np.random.default_rng(0),
    )
    chance = np.zeros((5, 5))
    chance[plain.first, plain.second] = chance[plain.second, plain.first] = plain.chance
    assert turned.chance == pytest.approx(chance[order[turned.first], order[turned.second]], abs=1e-9)


def test_the_same_seed_gives_the_same_batch():
    knowledge = Knowledge.from_counts(*some_votes())
    once, again = (choose_pairs(knowledge, stock(5), 30, np.random.default_rng(7)) for _ in range(2))
    assert once.count.tolist() == again.count.tolist()


def test_an_undefeated_generator_has_a_finite_strength_here():
    knowledge = Knowledge.from_counts([[0, 30, 30], [0, 0, 5], [0, 5, 0]])
    assert 1 < knowledge.theta[0] < 10
    assert np.isfinite(knowledge.total_variance)


def run_study(theta, *, votes, batch, seed, sharpness):
    """Adaptive study of known strengths; mean squared error and true mean variance at the end."""
    rng = np.random.default_rng(seed)
    K = theta.size
    wins = np.zeros((K, K))
    while wins.sum() < votes:
        chosen = choose_pairs(
            Knowledge.from_counts(wins), stock(K), batch, rng, explore=0.1, sharpness=sharpness
        )
        i, j = (np.repeat(side, chosen.count) for side in (chosen.first, chosen.second))
        won = rng.random(i.size) < 1 / (1 + np.exp(theta[j] - theta[i]))
        np.add.at(wins, (np.where(won, i, j), np.where(won, j, i)), 1)
    i, j = np.triu_indices(K, 1)
    true = Knowledge(theta, -np.inf, np.eye(K))
    weight = (wins + wins.T)[i, j] * true.per_vote(i, j)
    H = np.zeros((K, K))
    for a, b, sign in ((i, i, 1), (j, j, 1), (i, j, -1), (j, i, -1)):
        np.add.at(H, (a, b), sign * weight)
    return np.trace(np.linalg.pinv(H)) / K


@pytest.mark.long
def test_the_same_votes_leave_a_fifth_less_variance_when_strengths_are_unequal():
    theta = np.linspace(-3, 3, 16)
    options = {"votes": 640, "batch": 32}
    adaptive, uniform = (
        np.mean([run_study(theta, seed=s, sharpness=sharpness, **options) for s in range(4)])
        for sharpness in (4, 0)
    )
    assert adaptive < 0.8 * uniform


def test_a_sparse_start_is_evened_out():
    K = 12
    chain = np.zeros((K, K))
    for i in range(K - 1):
        chain[i, i + 1] = chain[i + 1, i] = 20
    knowledge = Knowledge.from_counts(chain)
    after = {
        sharpness: np.mean(
            [
                choose_pairs(
                    knowledge, stock(K), 40, np.random.default_rng(s), sharpness=sharpness
                ).variance_after
                for s in range(5)
            ]
        )
        for sharpness in (0, 4)
    }
    assert after[4] < 0.85 * after[0]


def test_wrong_input_is_refused_in_words():
    good = Knowledge.from_counts(np.zeros((3, 3)))
    rng = np.random.default_rng(0)
    with pytest.raises(WeightError, match="negative or missing"):
        Knowledge.from_counts([[0, -1], [1, 0]])
    with pytest.raises(WeightError, match="negative or missing"):
        Knowledge.from_counts([[0, np.nan], [1, 0]])
    with pytest.raises(WeightError, match="with itself"):
        choose_pairs(good, np.ones((3, 3)), 1, rng)
    with pytest.raises(OneGeneratorError):
        Knowledge.from_counts([[0]])
    with pytest.raises(OptionError, match="explore"):
        choose_pairs(good, stock(3), 1, rng, explore=0.0)
    with pytest.raises(OptionError, match="3 generators"):
        choose_pairs(good, stock(4), 1, rng)
    with pytest.raises(OptionError, match="differ in shape"):
        Knowledge.from_counts(np.zeros((3, 3)), np.zeros((2, 2)))
    with pytest.raises(OptionError, match="shape"):
        Knowledge.from_counts(np.zeros((3, 2)))
    with pytest.raises(OptionError, match="prior_sd"):
        Knowledge.from_counts(np.zeros((3, 3)), prior_sd=0)
