"""A known truth comes out: the demo's, and that of studies with a strong pull to one side and bad raters."""

import numpy as np
import pytest

from annotations.actions import trials
from annotations.models import Study
from arena.analytics.ranking import rank
from arena.analytics.rater_rules import DEFAULT_RULES
from arena.demo import pictures, seed
from arena.results import rules
from arena.results.filters import choices
from arena.results.opinions import opinions
from arena.results.rankings import ranking
from tests.arena.analytics.builders import simulate
from tests.arena.results.studies import imported

POSITION, BAD = 0.6, 0.2
STRENGTHS = 1.4 - 0.4 * np.arange(8)
RATERS, VOTES = 60, 60
SEEDS = range(6)


def spoiled(number: int):
    """Votes of sixty raters with a pull to the left, of whom one in five is bad: random, always left, against
    the others' taste, or for the weakest generator."""
    frame = simulate(
        strengths=STRENGTHS, raters=RATERS, per_rater=VOTES, position=POSITION, taste=0.5, seed=number
    )
    rng = np.random.default_rng(number)
    names = sorted(frame["rater"].unique())
    bad = rng.permutation(names)[: int(BAD * RATERS)]
    weakest = f"g{len(STRENGTHS) - 1}"
    frame = frame.set_index("rater", drop=False)
    for place, rater in enumerate(bad):
        own = frame["rater"] == rater
        said = frame.loc[own, "outcome"]
        if place % 4 == 0:
            frame.loc[own, "outcome"] = rng.choice(["left", "right", "tie"], own.sum())
        elif place % 4 == 1:
            frame.loc[own, "outcome"] = "left"
        elif place % 4 == 2:
            frame.loc[own, "outcome"] = said.replace({"left": "right", "right": "left"})
        else:
            frame.loc[own & (frame["left"] == weakest), "outcome"] = "left"
            frame.loc[own & (frame["right"] == weakest), "outcome"] = "right"
    return frame.reset_index(drop=True), set(bad)


def furthest(rows) -> int:
    """Places by which the worst placed generator is off."""
    return max(abs(row.rank - 1 - int(row.generator.removeprefix("g"))) for row in rows)


@pytest.mark.parametrize("number", SEEDS)
def test_a_pull_to_one_side_and_bad_raters_move_nobody_by_more_than_a_place(number):
    votes, _ = spoiled(number)
    found = rank(votes, draws=0)
    assert furthest(found.rows) <= 1
    assert found.left_share.value > 0.55


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 1])
def test_the_same_holds_from_the_file_to_the_page_with_rules_that_find_the_bad(tmp_path, number):
    votes, bad = spoiled(number)
    rows = [",".join([r.left, r.right, r.outcome, r.rater, r.prompt, "all"]) for r in votes.itertuples()]
    study = imported(tmp_path, rows)
    Study.objects.filter(pk=study.pk).update(rules=list(DEFAULT_RULES))
    study.refresh_from_db()
    found = ranking(study, choices(study).default)
    assert furthest(found.result.rows) <= 1
    labels = dict(study.raters.values_list("public_id", "label"))
    caught = {labels[rater] for rater in rules.standing(study)}
    assert caught & bad
    assert len(caught - bad) <= 0.05 * RATERS


@pytest.mark.slow
@pytest.mark.django_db
def test_the_demo_recovers_the_order_in_which_its_pictures_were_spoiled(settings, tmp_path):
    """To a place: neighbours lie closer than so few votes can tell, and the mixed study has fewer still."""
    settings.VAR_DIR = tmp_path
    trials.chance.seed(1)
    size = seed.Size(
        prompts_per_category=3,
        pair_raters=24,
        pair_votes=24,
        rating_prompts_per_category=3,
        rating_raters=12,
        rating_votes=24,
        mixed_prompts_per_category=1,
        mixed_raters=6,
        mixed_votes=20,
        reference_pictures=3,
    )
    seed.ensure_demo(size=size)
    study = Study.objects.get(name=seed.PAIRS)
    ranked = ranking(study, choices(study).default).result.rows
    assert within_a_place([row.generator for row in ranked])
    study = Study.objects.get(name=seed.RATINGS)
    scored = opinions(study, choices(study).default).scores.rows
    for criterion in study.block.criteria.values_list("key", flat=True):
        names = [row.generator for row in scored if row.criterion == criterion]
        assert names[0] == pictures.TRUE_ORDER[0]
        assert within_a_place(names)


def within_a_place(names: list[str]) -> bool:
    return all(abs(names.index(name) - place) <= 1 for place, name in enumerate(pictures.TRUE_ORDER))
