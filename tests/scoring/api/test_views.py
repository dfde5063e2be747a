import io
import zipfile

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from scoring.actions import metrics, runs, scores
from scoring.metrics.registry import METRICS
from scoring.models import Score, ScoreState
from tests.scoring.conftest import png


@pytest.fixture
def api(db, open_clip_is, tmp_path):
    open_clip_is(f"local-dir:{tmp_path / 'absent'}")
    client = APIClient()
    client.force_authenticate(User.objects.create_user("designer", is_staff=True))
    return client


@pytest.fixture
def scored(make_image, api):
    image = make_image()
    metrics.sync()
    scores.request(image_ids=[image.pk])
    runs.drain(budget_s=None)
    return image


@pytest.mark.parametrize("path", ["metrics", "scores", "set-scores", "reference-sets"])
def test_scores_are_for_designers_only(db, path):
    client = APIClient()
    assert client.get(f"/api/v1/{path}/").status_code == 401
    client.force_authenticate(User.objects.create_user("visitor"))
    assert client.get(f"/api/v1/{path}/").status_code == 403


def test_metrics_tell_version_weights_and_availability(api, scored):
    found = {metric["name"]: metric for metric in api.get("/api/v1/metrics/").json()}
    assert found.keys() == METRICS.keys()
    assert found["sharpness"]["counts"]["done"] == 1
    assert "holds no open_clip_config.json" in found["clip_score"]["unavailable_reason"]
    assert "knows coloured shapes only" in found["clip_score_shapes"]["note"]


def test_scores_carry_what_made_them(api, scored, study):
    page = api.get(f"/api/v1/studies/{study.public_id}/scores/", {"metric": "sharpness"}).json()
    (score,) = page["results"]
    assert score["image"] == scored.public_id
    assert (score["state"], score["version"], score["generator"]) == ("done", "1", "crisp")
    assert score["value"] > 0
    assert score["computed_at"]


def test_scores_are_filtered_by_state(api, scored):
    page = api.get("/api/v1/scores/", {"state": "unavailable"}).json()
    assert {row["metric"] for row in page["results"]} >= {"clip_score"}
    assert api.get("/api/v1/scores/", {"state": "beautiful"}).status_code == 400
    assert api.get("/api/v1/studies/nothere/scores/").status_code == 404


def test_parked_scores_are_tried_again(api, scored):
    Score.objects.filter(metric__name="contrast").update(state=ScoreState.PARKED)
    assert api.post("/api/v1/scores/retry/").json() == {"retried": 1}


def test_a_reference_set_is_posted_and_asked_against(api, study, scored):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.png", png(1))

    def post():
        upload = SimpleUploadedFile("set.zip", out.getvalue())
        return api.post("/api/v1/reference-sets/", {"name": "Cups", "archive": upload}, format="multipart")

    made = post()
    assert (made.status_code, made.json()["pictures"]) == (201, 1)
    assert post().status_code == 200
    assert [row["name"] for row in api.get("/api/v1/reference-sets/").json()["results"]] == ["Cups"]
    wanted = {"study": study.public_id, "reference_set": made.json()["id"], "metrics": ["fd_clip"]}
    answer = api.post("/api/v1/set-scores/", wanted, format="json")
    assert answer.status_code == 202
    assert [row["metric"] for row in answer.json()] == ["fd_clip"]
    listed = api.get("/api/v1/set-scores/", {"study": study.public_id}).json()["results"]
    assert [row["id"] for row in listed] == [answer.json()[0]["id"]]


def test_errors_have_code_message_and_mend(api, study):
    answer = api.post(
        "/api/v1/set-scores/", {"study": study.public_id, "reference_set": "none"}, format="json"
    )
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert answer.json()["mend"]
