import pytest
from django.urls import reverse

from annotations.actions import blocks
from tests.annotations.designing import designer, draft

pytestmark = pytest.mark.django_db
REVIEW = {
    "question": "What is wrong?",
    "title": "Review",
    "protocol": "failure_review",
    "taxonomy_lines": "Face",
}


@pytest.fixture
def study(client):
    user = designer()
    client.force_login(user)
    return draft(user)


def page(name, study, *more):
    return reverse(name, args=[study.public_id, *more])


def keys(study):
    return list(study.blocks.values_list("title", flat=True))


def test_a_second_block_gets_a_page_of_its_own_and_the_design_page_lists_both(client, study):
    assert client.post(page("block-add", study), REVIEW).url == page("study-design", study)
    assert keys(study) == ["", "Review"]
    shown = client.get(page("study-design", study)).content.decode()
    assert shown.index("Pairs") < shown.index("What is wrong?")
    assert 'name="protocol"' not in shown  # neither block is edited here
    second = study.blocks.last()
    client.post(page("block", study, second.public_id), {**REVIEW, "title": "Failures"})
    assert keys(study) == ["", "Failures"]


def test_a_block_that_lacks_something_is_not_made(client, study):
    answer = client.post(page("block-add", study), {**REVIEW, "taxonomy_lines": " "})
    assert answer.status_code == 422
    assert "at least one thing that can be wrong" in answer.content.decode()
    assert study.blocks.count() == 1


def test_blocks_are_put_in_order_and_taken_out(client, study):
    blocks.add(study=study, actor=None, title="Second")
    third = blocks.add(study=study, actor=None, title="Third")
    client.post(page("block-move", study, third.public_id), {"to": "up"})
    assert keys(study) == ["", "Third", "Second"]
    client.post(page("block-move", study, third.public_id), {"to": "down"})
    client.post(page("block-move", study, third.public_id), {"to": "down"})  # it is the last already
    assert keys(study) == ["", "Second", "Third"]
    client.post(page("block-remove", study, third.public_id))
    assert keys(study) == ["", "Second"]


def test_the_general_design_is_saved_without_touching_several_blocks(client, study):
    blocks.update(block=study.block, actor=None, question="First?")
    blocks.add(study=study, actor=None, title="Second", question="Second?")
    general = {
        "name": "Dogs", "consent_text": "Yes.", "overlap": "2", "check_every": "0", "first_check_within": "5",
        "box_px": "512", "encoding": "lossless", "lease_s": "60", "seed": "1",
    }  # fmt: skip
    assert client.post(page("study-design", study), general).status_code == 302
    study.refresh_from_db()
    assert study.name == "Dogs"
    assert list(study.blocks.values_list("question", flat=True)) == ["First?", "Second?"]


def test_the_block_of_another_study_is_not_found(client, study):
    other = draft(name="Dogs", prompts=0)
    assert client.get(page("block", study, other.block.public_id)).status_code == 404
