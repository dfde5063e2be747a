import pytest

from annotations.models import Protocol
from annotations.selectors import study_plan
from tests.annotations.designing import draft

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
