import pytest
from django.urls import reverse

from annotations.actions import preparation, storage, studies
from tests.factories import UserFactory, draft_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def designer(client):
    client.force_login(UserFactory())
    return client


def page(client, study):
    return client.get(reverse("study", args=[study.public_id])).content.decode()


def status(client, study):
    return client.get(reverse("study-status", args=[study.public_id])).json()


def test_a_large_plan_shows_its_progress_until_the_pictures_follow(designer, monkeypatch):
    monkeypatch.setattr(studies, "AT_ONCE", 0)
    study = draft_study(prompts=2, generators=2)
    designer.post(reverse("study-launch", args=[study.public_id]))
    assert "Writing the plan" in page(designer, study)
    assert status(designer, study)["phase"] == "planning"
    study.refresh_from_db()
    preparation.plan(study=study)
    assert "0</span> of" in page(designer, study)
    found = status(designer, study)
    assert (found["phase"], found["plan_written"]) == ("rendering", found["plan_total"])
    preparation.prepare(study=study)
    assert status(designer, study)["phase"] == ""


def test_a_failed_preparation_is_told_with_its_reason_and_can_be_tried_again(designer):
    study = draft_study(prompts=1, generators=2)
    studies.launch(study=study, actor=None)
    path = storage.absolute(study.images.first().path)
    kept = path.read_bytes()
    path.unlink()
    preparation.prepare(study=study)
    shown = page(designer, study)
    assert "The preparation has failed" in shown
    assert "is missing: originals/" in shown
    assert status(designer, study)["phase"] == "failed"
    path.write_bytes(kept)
    answer = designer.post(reverse("study-prepare", args=[study.public_id]), follow=True)
    assert "Trying again" in answer.content.decode()
    assert preparation.prepare(study=study)
    assert designer.post(reverse("study-prepare", args=[study.public_id])).status_code == 409
