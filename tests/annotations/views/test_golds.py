import pytest
from django.urls import reverse

from annotations.models import Block
from tests.annotations.designing import designer, draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client):
    user = designer()
    client.force_login(user)
    return draft(user, prompts=2, generators=4)


def address(study):
    found = reverse("gold-add", args=[study.public_id, study.block.public_id])
    return f"{found}?prompt={study.prompts.first().public_id}"


def images(study):
    return list(study.prompts.first().images.order_by("generator_id").values_list("public_id", flat=True))


def test_a_prompt_is_found_by_its_words(client, study):
    found = reverse("gold-add", args=[study.public_id, study.block.public_id])
    assert "A drawing of 1 cats" in client.get(found).content.decode()
    assert "A drawing of 0 cats" not in client.get(found, {"q": "of 1 cats"}).content.decode()


def test_a_known_answer_to_a_pair_is_chosen_from_thumbnails(client, study):
    first, _second, third, _ = images(study)
    roles = {f"role_{first}": "shown", f"role_{third}": "best"}
    sent = {"use": "practice", "explanation": "Fewer cats on the left.", **roles}
    assert client.post(address(study), sent).status_code == 302
    gold = study.block.golds.get()
    assert (gold.images, gold.expected, gold.use) == ([first, third], {"slot": 1}, "practice")
    assert gold.source == "dora"
    shown = client.get(reverse("study-golds", args=[study.public_id])).content.decode()
    assert "Fewer cats on the left." in shown
    assert "model-2" in shown
    client.post(reverse("gold-remove", args=[study.public_id, gold.public_id]))
    assert not study.block.golds.exists()


def test_too_few_pictures_or_no_right_one_is_said(client, study):
    first, second, *_ = images(study)
    one = client.post(address(study), {"use": "check", f"role_{first}": "best"})
    assert "Choose 2 pictures to show; 1 are chosen" in one.content.decode()
    none = client.post(address(study), {"use": "check", f"role_{first}": "shown", f"role_{second}": "shown"})
    assert "Say which picture is the right answer" in none.content.decode()


def test_ratings_and_failures_have_known_answers_of_their_own(client, study):
    Block.objects.filter(study=study).update(protocol="likert")
    first, *_ = images(study)
    client.post(address(study), {"use": "check", "image": first, "low_fidelity": "4", "high_alignment": "2"})
    assert study.block.golds.get().expected == {"ratings": {"fidelity": [4, 5], "alignment": [1, 2]}}
    Block.objects.filter(study=study).update(protocol="failure_review")
    client.post(address(study), {"use": "quiz", "image": first, "failures": ["face"]})
    client.post(address(study), {"use": "quiz", "image": first})
    assert [gold.expected for gold in study.block.golds.filter(use="quiz")] == [
        {"failures": ["face"]},
        {"none": True},
    ]
    assert "nothing is wrong" in client.get(reverse("study-golds", args=[study.public_id])).content.decode()
