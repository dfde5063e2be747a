import math

import pytest

from annotations.actions import blocks, studies
from annotations.models import Protocol
from annotations.selectors import study_plan
from tests.annotations.designing import draft
from tests.factories import draft_of_rows

pytestmark = pytest.mark.django_db


def plan(study, **changes):
    settings = {
        "protocol": Protocol.PAIRWISE,
        "overlap": 3,
        "comparisons_per_prompt": None,
        "check_every": 12,
    }
    return study_plan.plan_summary(study, **(settings | changes))


def test_a_complete_plan_has_every_pair_of_every_prompt_times_overlap():
    found = plan(draft(generators=4, prompts=5))
    assert (found.comparisons, found.places) == (5 * 6, 5 * 6 * 3)
    assert found.checks == round(90 / 11)
    assert found.least_raters == 3


def test_a_prompt_with_one_picture_is_left_out_and_said_so():
    found = plan(draft(generators=2, prompts=3, missing={(1, 0)}))
    assert (found.comparisons, found.skipped_prompts) == (2, 1)


def test_a_stated_number_of_comparisons_is_capped_by_what_there_is():
    study = draft(generators=3, prompts=2)
    assert plan(study, comparisons_per_prompt=2).comparisons == 4
    assert plan(study, comparisons_per_prompt=50).comparisons == 6


def test_ratings_ask_about_every_picture_once():
    assert plan(draft(generators=3, prompts=2, seeds=("1", "2")), protocol=Protocol.LIKERT).comparisons == 12


def test_without_checks_none_are_counted_and_a_vote_limit_needs_more_raters():
    found = plan(draft(generators=3, prompts=4), check_every=0, max_votes_per_rater=5)
    assert (found.places, found.checks, found.least_raters) == (36, 0, 8)


@pytest.mark.parametrize(
    "chosen",
    [
        {"design": "baseline", "baseline": "generator-1"},
        {"design": "balanced", "comparisons_per_prompt": 2},
        {
            "design": "random",
            "comparisons_per_prompt": 3,
            "quotas": {"category": {"animals": 2, "scenes": 5}},
        },
        {"design": "adaptive", "comparisons_per_prompt": 3},
        {"protocol": "best_of_n", "size": 3},
        {"protocol": "ranking", "size": 4, "comparisons_per_prompt": 2},
        {"protocol": "ranking", "size": 3, "design": "baseline", "baseline": "generator-1"},
        {"protocol": "likert", "comparisons_per_prompt": 2},
        {"protocol": "failure_review", "samples_per_generator": 3},
        {"protocol": "failure_review"},
    ],
)
def test_the_estimate_is_what_a_launch_then_plans(chosen):
    study = draft_of_rows(prompts=6, generators=5, overlap=2, **chosen)
    found = study_plan.study_summary(study)
    studies.launch(study=study, actor=None)
    counts = study.design["counts"]
    assert (found.comparisons, found.places) == (counts["comparisons"], counts["places"])
    assert found.skipped_prompts == 0


def test_blocks_add_up_each_at_its_own_pace():
    study = draft_of_rows(prompts=3, generators=3, overlap=2, check_every=0)
    blocks.add(study=study, actor=None, protocol="ranking", size=3)
    found = study_plan.study_summary(study)
    assert (found.comparisons, found.places) == (9 + 3, 24)
    assert found.minutes == math.ceil((18 * 8 + 6 * 30) / 60)


def test_sets_larger_than_what_a_prompt_has_are_counted_as_left_out():
    found = plan(draft_of_rows(prompts=4, generators=3), protocol=Protocol.RANKING, size=4)
    assert (found.comparisons, found.skipped_prompts) == (0, 4)
