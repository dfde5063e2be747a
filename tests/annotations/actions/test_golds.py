import pytest

from annotations.actions import golds, studies
from annotations.errors import StudyRefused
from annotations.models import Block, Generator
from tests.factories import draft_study, launched_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return draft_study(prompts=2, generators=3)


def pictures(study, prompt=0):
    images = study.prompts.all()[prompt].images.select_related("generator").order_by("generator_id")
    return [image.public_id for image in images]


def test_pictures_are_kept_in_canonical_order_and_the_right_one_with_them(study):
    first, second, _ = pictures(study)
    gold = golds.add(block=study.block, actor=None, images=[second, first], expected={"slot": 0})
    assert (gold.images, gold.expected) == ([first, second], {"slot": 1})


@pytest.mark.parametrize(
    ("chosen", "count", "expected", "words"),
    [
        ({}, 3, {"slot": 0}, "2 different pictures"),
        ({}, 2, {"slot": 2}, "which of the two"),
        ({}, 2, {"best": 0}, "which of the two"),
        ({"protocol": "best_of_n", "size": 3}, 3, {"best": 1, "worst": 1}, "the best"),
        ({"protocol": "likert"}, 1, {"ratings": {"fidelity": [4, 9]}}, "fidelity"),
        ({"protocol": "likert"}, 1, {"ratings": {"charm": [1, 2]}}, "charm"),
        ({"protocol": "failure_review"}, 1, {"failures": ["charm"]}, "not on the block's list"),
    ],
)
def test_an_answer_that_the_block_cannot_have_is_refused(study, chosen, count, expected, words):
    Block.objects.filter(study=study).update(**chosen)
    with pytest.raises(StudyRefused, match=words):
        golds.add(block=study.block, actor=None, images=pictures(study)[:count], expected=expected)


def test_pictures_of_two_prompts_make_no_question(study):
    mixed = [pictures(study, 0)[0], pictures(study, 1)[1]]
    with pytest.raises(StudyRefused, match="different prompts"):
        golds.add(block=study.block, actor=None, images=mixed, expected={"slot": 0})


def test_known_answers_are_frozen_at_launch(study):
    gold = golds.add(block=study.block, actor=None, images=pictures(study)[:2], expected={"slot": 0})
    studies.launch(study=study, actor=None)
    study.refresh_from_db()
    for change in (
        lambda: golds.remove(gold=gold, actor=None),
        lambda: golds.add(block=study.block, actor=None, images=pictures(study)[:2], expected={"slot": 0}),
    ):
        with pytest.raises(StudyRefused, match="frozen"):
            change()


def slot_of(assignment, generator):
    """The side on which a generator's picture is shown."""
    slots = {slot.generator_id: slot.index for slot in assignment.comparison.slots.all()}
    return "left" if assignment.order[0] == str(slots[generator.pk]) else "right"


def test_what_all_experts_say_alike_becomes_a_known_answer_elsewhere():
    source = launched_study(prompts=2, generators=2, overlap=2, check_every=0, repeat_share=0)
    better = Generator.objects.get(name="generator-a")
    one, two = rater_in(source), rater_in(source)
    divided = source.prompts.last()
    vote_all(one, lambda served: {"overall": slot_of(served, better)})
    other = {"left": "right", "right": "left"}
    vote_all(
        two,
        lambda served: {
            "overall": other[slot_of(served, better)]
            if served.comparison.prompt_id == divided.pk
            else slot_of(served, better)
        },
    )
    target = draft_study(prompts=3, generators=3, name="Later")
    taken = golds.from_panel(block=target.block, panel=source.panels.get(), actor=None, use="quiz")
    assert (len(taken.golds), taken.divided) == (1, 1)
    gold = taken.golds[0]
    shown = target.images.get(public_id=gold.images[gold.expected["slot"]])
    assert (shown.generator, shown.prompt.key, gold.use) == (better, source.prompts.first().key, "quiz")
    again = golds.from_panel(block=target.block, panel=source.panels.get(), actor=None, use="quiz")
    assert (again.golds, again.present) == ([], 1)


def test_a_single_expert_is_not_unanimous():
    source = launched_study(prompts=1, generators=2, overlap=1, check_every=0, repeat_share=0)
    vote_all(rater_in(source))
    target = draft_study(prompts=1, generators=2)
    assert golds.from_panel(block=target.block, panel=source.panels.get(), actor=None).divided == 1
