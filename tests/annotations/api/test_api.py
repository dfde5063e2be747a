import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Pillow
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from annotations.models import Image, Rendition, Study, StudyState
from annotations.signals import images_stored
from tests.annotations.designing import designer, draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return designer()


@pytest.fixture
def api(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
    return client


def url(name: str, study: Study) -> str:
    return reverse(name, args=[study.public_id])


def picture(colour: str = "red", side: int = 64) -> SimpleUploadedFile:
    out = io.BytesIO()
    Pillow.new("RGB", (side, side), colour).save(out, "PNG")
    return SimpleUploadedFile("secret name.png", out.getvalue(), "image/png")


def output(colour: str = "red", **fields) -> dict:
    return {"image": picture(colour), "prompt": "A red square", "generator": "model-a", **fields}


def test_a_name_and_password_get_a_token_that_works(client, user):
    token = client.post("/api/v1/token/", {"username": "dora", "password": "x"}).json()["token"]
    answer = client.get("/api/v1/studies/", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 200


def test_guessing_passwords_is_slowed_down(client, user):
    tries = [client.post("/api/v1/token/", {"username": "dora", "password": str(n)}) for n in range(12)]
    assert tries[0].status_code == 400
    assert tries[-1].status_code == 429
    assert int(tries[-1]["Retry-After"]) > 0


def test_a_new_address_for_each_try_is_seen_through(client, user):
    body = {"username": "dora", "password": "wrong"}
    tries = [
        client.post("/api/v1/token/", body, headers={"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(12)
    ]
    assert tries[-1].status_code == 429


@pytest.mark.parametrize("name", ["api-study", "api-panels", "api-images"])
def test_without_the_right_nothing_is_told(client, django_user_model, name):
    study = draft()
    assert client.get(url(name, study)).status_code == 401
    client.force_login(django_user_model.objects.create_user("rita"))
    assert client.get(url(name, study)).status_code == 403


@pytest.mark.parametrize("name", ["launch", "pause", "resume", "close"])
def test_without_the_right_nothing_is_switched(client, django_user_model, name):
    study = draft()
    client.force_login(django_user_model.objects.create_user("rita"))
    assert client.post(url(f"api-study-{name}", study)).status_code == 403


def test_a_study_is_made_changed_and_read_back(api):
    made = api.post("/api/v1/studies/", {"name": "Cats", "overlap": 4, "allow_tie": False}, format="json")
    assert made.status_code == 201
    study = Study.objects.get(public_id=made.json()["id"])
    assert (study.state, study.block.allow_tie, study.owner.username) == ("draft", False, "dora")
    criteria = [{"key": "fur", "label": "Fur", "question": "How soft?", "anchors": ["a", "b", "c", "d", "e"]}]
    changed = api.patch(
        url("api-study", study), {"protocol": "likert", "criteria": criteria, "seed": 5}, format="json"
    ).json()
    assert changed["criteria"] == criteria
    read = api.get(url("api-study", study)).json()
    assert (read["protocol"], read["seed"], read["panels"][0]["overlap"]) == ("likert", 5, 4)
    assert read["panels"][0]["link"].startswith("http://testserver/r/")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"protocol": "guessing"}, "protocol"),
        ({"check_every": 2}, "check_every"),
        ({"overlap": 0}, "overlap"),
        ({"box_px": 9}, "box_px"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(api, changes, field):
    answer = api.patch(url("api-study", draft()), changes, format="json")
    assert answer.status_code == 400
    assert field in answer.json()


def test_state_and_hash_cannot_be_set_from_outside(api):
    study = draft()
    api.patch(url("api-study", study), {"state": "closed", "design_hash": "f" * 64}, format="json")
    study.refresh_from_db()
    assert (study.state, study.design_hash) == ("draft", "")


def test_a_study_runs_its_whole_way_by_api(api):
    from annotations.actions import studies

    study = draft()
    launched = api.post(url("api-study-launch", study))
    assert launched.json()["state"] == "preparing"
    assert len(launched.json()["design_hash"]) == 64
    Rendition.objects.filter(study=study).update(path="made")
    studies.finish_preparation(study=study)
    states = [
        api.post(url(f"api-study-{name}", study)).json()["state"] for name in ("pause", "resume", "close")
    ]
    assert states == ["paused", "running", "closed"]


def test_a_refused_launch_names_every_problem_and_its_mend(api):
    answer = api.post(url("api-study-launch", draft(generators=1)))
    assert answer.status_code == 409
    assert answer.json()["code"] == "study_refused"
    assert answer.json()["details"][0]["code"] == "one_generator"
    assert answer.json()["details"][0]["mend"]


def test_a_launched_design_is_not_changed(api):
    study = draft()
    api.post(url("api-study-launch", study))
    answer = api.patch(url("api-study", study), {"question": "Another?"}, format="json")
    assert answer.status_code == 409
    assert "frozen" in answer.json()["message"]


def test_a_panel_is_added_with_its_own_link(api):
    study = draft()
    answer = api.post(url("api-panels", study), {"name": "Experts", "kind": "expert", "overlap": 2})
    assert answer.status_code == 201
    assert answer.json()["link"] == f"http://testserver/r/{study.panels.get().token}/"
    assert [panel["name"] for panel in api.get(url("api-panels", study)).json()] == ["Experts"]


def test_an_output_is_stored_as_it_was_posted(api, django_capture_on_commit_callbacks):
    study = draft(generators=0, prompts=0)
    heard = []

    def listen(sender, **kwargs):
        heard.append(kwargs)

    images_stored.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            fields = {
                "category": "shapes",
                "seed": "7",
                "niche": "signs",
                "metadata": json.dumps({"steps": 30}),
            }
            answer = api.post(url("api-images", study), output(**fields), format="multipart")
    finally:
        images_stored.disconnect(listen)
    assert answer.status_code == 201, answer.content
    image = Image.objects.get(study=study)
    assert answer.json()["id"] == image.public_id
    assert (image.prompt.text, image.prompt.category, image.prompt.niche) == (
        "A red square",
        "shapes",
        "signs",
    )
    assert (image.generator.name, image.seed, image.metadata["steps"]) == ("model-a", "7", 30)
    assert [call["image_ids"] for call in heard] == [[image.pk]]


def test_the_same_output_again_changes_nothing(api):
    study = draft(generators=0, prompts=0)
    first = api.post(url("api-images", study), output(), format="multipart")
    again = api.post(url("api-images", study), output(), format="multipart")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


def test_outputs_for_the_same_words_meet_under_one_prompt(api):
    study = draft(generators=0, prompts=0)
    for generator in ("model-a", "model-b"):
        api.post(url("api-images", study), output(generator=generator), format="multipart")
    assert study.prompts.get().images.count() == 2


def test_another_picture_for_the_same_cell_is_refused(api):
    study = draft(generators=0, prompts=0)
    api.post(url("api-images", study), output("red"), format="multipart")
    answer = api.post(url("api-images", study), output("blue"), format="multipart")
    assert answer.status_code == 422
    assert answer.json()["details"][0]["mend"]
    assert study.images.count() == 1


def test_what_is_not_a_picture_is_refused_in_words(api):
    study = draft(generators=0, prompts=0)
    broken = {**output(), "image": SimpleUploadedFile("a.png", b"not a picture")}
    answer = api.post(url("api-images", study), broken, format="multipart")
    assert answer.status_code == 422
    assert "picture" in answer.json()["details"][0]["reason"]
    assert not study.images.exists()


@pytest.mark.parametrize("metadata", ['["a"]', '{"seed": "other"}'])
def test_metadata_is_an_object_that_hides_no_field(api, metadata):
    study = draft(generators=0, prompts=0)
    answer = api.post(url("api-images", study), output(metadata=metadata), format="multipart")
    assert answer.status_code == 400
    assert "metadata" in answer.json()


def test_a_launched_study_takes_no_more_images(api):
    study = draft()
    Study.objects.filter(pk=study.pk).update(state=StudyState.RUNNING, design_hash="a" * 64)
    answer = api.post(url("api-images", study), output(), format="multipart")
    assert answer.status_code == 409


def test_images_are_listed_by_page_at_a_fixed_cost(api, django_assert_max_num_queries):
    study = draft(generators=3, prompts=50)
    with django_assert_max_num_queries(6):
        answer = api.get(url("api-images", study), {"limit": 40, "category": "scene"}).json()
    assert answer["count"] == 75
    assert len(answer["results"]) == 40
    assert {image["category"] for image in answer["results"]} == {"scene"}


def test_every_address_of_the_api_is_in_the_schema_without_a_warning(api, capsys):
    schema = api.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    ours = {path for path in schema["paths"] if path.startswith("/api/v1/studies/")}
    assert {"/api/v1/studies/", "/api/v1/studies/{pid}/", "/api/v1/studies/{pid}/images/"} <= ours
    upload = schema["paths"]["/api/v1/studies/{pid}/images/"]["post"]["requestBody"]["content"]
    assert "multipart/form-data" in upload
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["api-docs", "api-redoc"])
def test_the_pages_of_the_api_load_nothing_from_elsewhere(client, name):
    answer = client.get(reverse(name))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "https://" not in page
    assert "script-src 'self';" in answer["Content-Security-Policy"] + ";"
