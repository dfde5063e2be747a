"""Failure reviews show an analyst where reviewers saw what they name."""

import pytest
from django.urls import reverse

from annotations.actions import assignments, votes
from annotations.models import Image
from arena.results.failures import failures
from arena.results.filters import choices
from tests.factories import UserFactory, planned_study, rater_in

pytestmark = pytest.mark.django_db
TAXONOMY = [{"key": "hands", "label": "Hands & feet"}, {"key": "text", "label": "Text"}]


@pytest.fixture
def study():
    settings = {"protocol": "failure_review", "taxonomy": TAXONOMY, "allow_marks": True}
    study = planned_study(prompts=1, generators=2, overlap=2, check_every=0, repeat_share=0, **settings)
    for place in (0.25, 0.5):
        review(rater_in(study), {"x": place, "y": 1, "failure": "hands"})
    return study


def review(rater, mark):
    """The first generator's picture has bad hands, at the mark; the other has nothing."""
    while served := assignments.next_for(rater=rater, count=1):
        slot = served[0].comparison.slots.get()
        bad = slot.generator.name == "generator-0"
        votes.record(
            rater=rater,
            nonce=served[0].nonce,
            answer={"failures": ["hands"] if bad else []},
            remarks={"marks": [mark]} if bad else None,
        )


def test_an_example_has_the_marks_of_all_its_reviewers(study):
    [example] = failures(study, choices(study).default).examples["hands"]
    assert example.image == Image.objects.get(generator__name="generator-0").public_id
    assert [(mark.label, mark.x, mark.y) for mark in example.marks] == [
        ("Hands & feet", 0.25, 1),
        ("Hands & feet", 0.5, 1),
    ]


def test_marks_lie_on_the_picture_and_are_named(client, study):
    client.force_login(UserFactory())
    shown = client.get(reverse("results", args=[study.public_id])).content.decode()
    assert shown.count('class="failure-mark"') == 2
    assert 'style="left:25.00%;top:100.00%"' in shown
    assert 'aria-label="Marked: Hands &amp; feet" title="Hands &amp; feet"' in shown
