"""Who may send much: staff, and nobody else, whatever the address."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from annotations.actions import raters
from tests.factories import UserFactory, draft_study, planned_study

pytestmark = pytest.mark.django_db


def large() -> SimpleUploadedFile:
    return SimpleUploadedFile("large.bin", b"\0" * 20_000)


@pytest.fixture(autouse=True)
def small_limit(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    settings.UPLOAD_MAX_BYTES = 1_000_000


@pytest.mark.parametrize("name", ["login", "api-token"])
def test_strangers_cannot_fill_the_disk_through_an_open_form(client, name):
    answer = client.post(reverse(name), {"username": "x", "password": "y", "file": large()})
    assert answer.status_code in (400, 413)
    assert "The upload is larger" not in answer.content.decode()
    assert "Unable to log in" not in answer.content.decode()


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"]
)
def test_nobody_can_fill_the_memory(client, content_type):
    panel = planned_study(prompts=1).panels.get()
    for address in (reverse("api-token"), reverse("api-rater-vote", args=[panel.token]), reverse("login")):
        answer = client.post(address, "x" * 2_000, content_type=content_type)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_raters_endpoints_take_no_files():
    panel = planned_study(prompts=1).panels.get()
    _, secret = raters.enter(panel=panel)
    client = APIClient(enforce_csrf_checks=True)
    client.cookies[f"arena_{panel.public_id}"] = secret
    client.cookies["csrftoken"] = "c" * 32
    answer = client.post(reverse("api-rater-vote", args=[panel.token]), {"file": large()})
    assert answer.status_code == 415


def test_staff_send_much_by_token():
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=UserFactory()).key}")
    study = draft_study(prompts=1)
    fields = {"image": large(), "prompt": "A red square", "generator": "model-a"}
    answer = api.post(reverse("api-images", args=[study.public_id]), fields, format="multipart")
    # It is read to its end, and then refused because it is no picture.
    assert (answer.status_code, answer.json()["code"]) == (422, "import_refused")


def test_the_token_of_an_account_without_rights_sends_little():
    api = APIClient()
    user = UserFactory(is_staff=False)
    api.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
    answer = api.post(reverse("api-images", args=[draft_study(prompts=1).public_id]), {"image": large()})
    assert answer.status_code == 403
