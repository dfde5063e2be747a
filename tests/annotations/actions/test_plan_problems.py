import pytest

from annotations.actions import blocks, studies
from annotations.models import Gold, ReferenceImage
from tests.annotations.actions.test_studies import images
from tests.factories import StudyFactory, draft_of_rows

pytestmark = pytest.mark.django_db


def problems(study):
    return {problem["code"]: problem for problem in studies.check_launchable(study)}


def refused(**settings):
    """A draft of four prompts and three generators with these settings of its block."""
    return problems(draft_of_rows(**settings))


@pytest.mark.parametrize(
    ("design", "code", "words"),
    [
        ({"design": "balanced"}, "number_missing", "needs a number"),
        ({"design": "random"}, "number_missing", "needs a number"),
        ({"design": "adaptive"}, "number_missing", "needs a number"),
        ({"comparisons_per_prompt": 0}, "no_comparisons", "leave nothing to ask"),
        ({"design": "baseline"}, "baseline_missing", "needs a baseline"),
        ({"design": "baseline", "baseline": "nobody"}, "baseline_unknown", "nobody has no images"),
        ({"protocol": "likert", "design": "adaptive"}, "design_protocol", "one picture at a time"),
        ({"protocol": "failure_review", "design": "baseline"}, "design_protocol", "one picture at a time"),
        ({"protocol": "failure_review", "samples_per_generator": 0}, "no_comparisons", "nothing to review"),
        (
            {"protocol": "ranking", "size": 3, "design": "adaptive", "comparisons_per_prompt": 2},
            "design_protocol",
            "choose pairs",
        ),
        ({"protocol": "best_of_n", "size": 4}, "sets_too_large", "no prompt has images of more than 3"),
        ({"show_reference": True}, "no_reference", "no prompt has one"),
        ({"design": "random", "comparisons_per_prompt": 1, "quotas": {"pair": 0}}, "quotas", "whole number"),
        (
            {"design": "random", "comparisons_per_prompt": 1, "quotas": {"prompt": 2}},
            "quotas",
            "per category",
        ),
        ({"design": "random", "quotas": {"category": {"animals": 1}, "pair": 1}}, "", ""),
        ({"design": "baseline", "baseline": "generator-2"}, "", ""),
        ({"design": "adaptive", "comparisons_per_prompt": 2}, "", ""),
        ({"protocol": "best_of_n", "size": 3}, "", ""),
        ({"protocol": "failure_review"}, "", ""),
    ],
)
def test_a_design_that_cannot_be_is_refused_with_the_reason(design, code, words):
    found = refused(**design)
    assert set(found) == ({code} if code else set())
    if code:
        assert words in found[code]["message"]
        assert found[code]["mend"]


def test_a_generator_that_never_meets_the_baseline_is_named():
    study = StudyFactory(design="baseline", baseline="base")
    images(study, {"p": ["base", "anna"], "q": ["anna", "bert"]})
    assert "bert never meets the baseline base" in problems(study)["baseline_unmet"]["message"]


def test_too_few_comparisons_to_connect_are_refused_before_launch():
    study = draft_of_rows(prompts=2, generators=6, comparisons_per_prompt=2)
    assert "never meet" in problems(study)["disconnected"]["message"]
    studies.update(study=study, actor=None, comparisons_per_prompt=3)
    assert problems(study) == {}


def test_an_adaptive_budget_too_small_to_connect_is_refused():
    study = draft_of_rows(prompts=1, generators=6, design="adaptive", comparisons_per_prompt=4)
    assert set(problems(study)) == {"disconnected"}


def test_in_a_study_of_several_blocks_the_problem_names_its_block():
    study = draft_of_rows()
    blocks.add(study=study, actor=None, protocol="ranking", size=9, title="Rank them")
    assert problems(study)["sets_too_large"]["message"].startswith("Block “Rank them”: ")


def gold(block, chosen, expected):
    return Gold.objects.create(block=block, images=[image.public_id for image in chosen], expected=expected)


@pytest.mark.parametrize(
    ("design", "count", "expected", "code"),
    [
        ({}, 2, {"slot": 1}, ""),
        ({}, 2, {"slot": 2}, "gold_answer"),
        ({}, 2, {"ratings": {}}, "gold_answer"),
        ({}, 1, {"slot": 0}, "gold_images"),
        ({"protocol": "likert"}, 1, {"ratings": {"fidelity": [1, 2]}}, ""),
        ({"protocol": "likert"}, 1, {"ratings": {"fidelity": [4, 6]}}, "gold_answer"),
        ({"protocol": "likert", "points": 7}, 1, {"ratings": {"fidelity": [4, 6]}}, ""),
        ({"protocol": "ranking", "size": 3}, 3, {"worst": 2}, ""),
        ({"protocol": "best_of_n", "size": 3}, 2, {"best": 0}, "gold_images"),
        ({"protocol": "failure_review"}, 1, {"failures": ["face"]}, ""),
        ({"protocol": "failure_review"}, 1, {"none": True}, ""),
        ({"protocol": "failure_review"}, 1, {"failures": []}, "gold_answer"),
    ],
)
def test_golds_whose_answer_or_images_do_not_fit_are_refused(design, count, expected, code):
    study = draft_of_rows(**design)
    gold(study.block, study.prompts.first().images.all()[:count], expected)
    assert set(problems(study)) == ({code} if code else set())


def test_golds_need_different_images_of_one_prompt_that_are_still_there():
    study = draft_of_rows()
    first, second = study.prompts.all()[:2]
    one = first.images.first()
    for chosen in ([one, second.images.first()], [one, one]):
        Gold.objects.all().delete()
        gold(study.block, chosen, {"slot": 0})
        assert set(problems(study)) == {"gold_images"}


def test_where_every_picture_is_a_gold_nothing_is_left_to_ask():
    study = draft_of_rows(prompts=1, generators=2, protocol="likert")
    for image in study.images.all():
        gold(study.block, [image], {"ratings": {"fidelity": [1, 1]}})
    assert set(problems(study)) == {"no_comparisons"}


def test_references_that_are_there_may_be_shown():
    study = draft_of_rows(show_reference=True)
    file = {"sha256": "0" * 64, "path": "none", "format": "PNG", "width": 1, "height": 1, "bytes": 1}
    ReferenceImage.objects.create(prompt=study.prompts.first(), **file)
    assert problems(study) == {}
