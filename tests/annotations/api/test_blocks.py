import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from annotations.actions import studies
from tests.factories import UserFactory, draft_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    client = APIClient()
    client.force_authenticate(UserFactory())
    return client


@pytest.fixture
def study():
    return draft_study(prompts=2, generators=3)


def call(name, study, *more):
    return reverse(name, args=[study.public_id, *more])


REVIEW = {
    "title": "Failures", "protocol": "failure_review", "question": "What is wrong?", "allow_marks": True,
    "taxonomy": [{"key": "text", "label": "Text", "hint": "letters"}, {"key": "face", "label": "Face"}],
    "reasons": {"chips": [{"key": "blur", "label": "Blurred"}], "text": True, "required_for": ["other"]},
    "samples_per_generator": 5,
}  # fmt: skip


def test_a_mixed_study_is_written_and_read_back_by_api(api, study):
    made = api.post(call("api-blocks", study), REVIEW, format="json")
    assert made.status_code == 201, made.json()
    ratings = {
        "protocol": "likert", "points": 7, "pages": "separate",
        "criteria": [{"key": "fur", "label": "Fur", "question": "How soft?", "anchors": list("1234567")}],
    }  # fmt: skip
    api.post(call("api-blocks", study), {**ratings, "position": 0}, format="json")
    shown = api.get(call("api-blocks", study)).json()
    assert [block["protocol"] for block in shown] == ["likert", "pairwise", "failure_review"]
    assert shown[0]["criteria"][0]["anchors"] == list("1234567")
    assert {name: shown[2][name] for name in ("title", "allow_marks", "samples_per_generator")} == {
        "title": "Failures",
        "allow_marks": True,
        "samples_per_generator": 5,
    }
    assert shown[2]["reasons"] == REVIEW["reasons"]
    assert shown[2]["taxonomy"][1] == {"key": "face", "label": "Face", "hint": ""}


def test_a_block_is_changed_moved_and_taken_out(api, study):
    made = api.post(call("api-blocks", study), REVIEW, format="json").json()
    own = call("api-block", study, made["id"])
    assert api.patch(own, {"title": "Review", "position": 0}, format="json").json()["title"] == "Review"
    assert study.blocks.first().title == "Review"
    assert api.patch(own, {"points": 6}, format="json").status_code == 400
    assert api.delete(own).status_code == 204
    last = call("api-block", study, study.blocks.get().public_id)
    assert api.delete(last).status_code == 409


def test_known_answers_are_given_and_taken_back(api, study):
    images = study.prompts.first().images.order_by("generator_id").values_list("public_id", flat=True)
    gold = {"images": [images[2], images[0]], "expected": {"slot": 0}, "use": "quiz", "source": "Eva"}
    made = api.post(call("api-golds", study), gold, format="json")
    assert made.status_code == 201, made.json()
    assert (made.json()["images"], made.json()["expected"]) == ([images[0], images[2]], {"slot": 1})
    wrong = api.post(call("api-golds", study), {**gold, "expected": {"best": 0}}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_gold")
    assert len(api.get(call("api-golds", study)).json()) == 1
    assert api.delete(call("api-gold", study, made.json()["id"])).status_code == 204
    assert api.get(call("api-golds", study)).json() == []


def test_rules_and_settings_of_a_study_are_checked_and_kept(api, study):
    rules = [{"rule": "failed_checks", "count": 2}]
    sent = {"rules": rules, "repeat_share": 0.1, "ask_demographics": ["gender"], "language": "de"}
    shown = api.patch(call("api-study", study), sent, format="json").json()
    assert {name: shown[name] for name in sent} == sent
    wrong = api.patch(call("api-study", study), {"rules": [{"rule": "charm"}]}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_rules")
    assert api.post("/api/v1/studies/", {"name": "New"}).json()["rules"] != []


def test_blocks_are_frozen_at_launch(api, study):
    studies.launch(study=study, actor=None)
    own = call("api-block", study, study.block.public_id)
    for answer in (
        api.post(call("api-blocks", study), REVIEW, format="json"),
        api.patch(own, {"question": "Other?"}, format="json"),
        api.delete(own),
    ):
        assert answer.status_code == 409
