import io
import json

import pandas as pd
import pytest
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from arena.results.filters import choices
from arena.results.rankings import ranking
from tests.arena.results.studies import imported, noisy_lines, voted_study
from tests.factories import UserFactory, launched_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=UserFactory()).key}")
    return client


def url(study, what):
    return f"/api/v1/studies/{study.public_id}/{what}/"


def test_the_ranking_is_that_of_the_page(api, tmp_path):
    study = imported(tmp_path, noisy_lines())
    answer = api.get(url(study, "ranking")).json()
    page = ranking(study, choices(study).default).result
    assert [row["generator"] for row in answer["rows"]] == [row.generator for row in page.rows]
    assert [row["points"] for row in answer["rows"]] == [row.points for row in page.rows]
    assert answer["design_hash"] == study.design_hash
    assert answer["agreement"]["alpha"]["n"] > 0
    assert answer["counts"]["votes"] == 240


def test_filters_are_those_of_the_page(api, tmp_path):
    study = imported(tmp_path, noisy_lines())
    answer = api.get(url(study, "ranking"), {"category": "people", "method": "half_win"}).json()
    assert answer["filter"] == ["category people"]
    assert answer["n_votes"] == 80
    refused = api.get(url(study, "ranking"), {"category": "nowhere"})
    assert refused.status_code == 400
    assert refused.json()["code"] == "bad_filter"


def test_no_votes_are_an_answer_too(api):
    answer = api.get(url(launched_study(), "ranking")).json()
    assert answer["status"] == "no_votes"
    assert answer["warnings"]


def test_opinion_scores_come_as_valid_json(api):
    answer = api.get(url(voted_study(raters=1, protocol="likert"), "ranking")).json()
    assert answer["rows"][0]["mean"]["low"] is None
    assert answer["scale"] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("fmt", "read"),
    [
        ("jsonl", lambda data: pd.DataFrame([json.loads(line) for line in data.splitlines()])),
        ("csv", lambda data: pd.read_csv(io.BytesIO(data))),
        ("parquet", lambda data: pd.read_parquet(io.BytesIO(data))),
    ],
)
def test_votes_stream_in_the_format_asked_for(api, tmp_path, fmt, read):
    study = imported(tmp_path, noisy_lines(50))
    response = api.get(url(study, "votes"), {"format": fmt})
    assert response.streaming
    table = read(b"".join(response.streaming_content))
    assert len(table) == 50
    assert set(table["outcome"]) <= {"left", "right", "tie", "both_bad"}


def test_an_unknown_format_is_refused(api, tmp_path):
    answer = api.get(url(imported(tmp_path, noisy_lines(30)), "votes"), {"format": "xlsx"})
    assert answer.status_code == 400
    assert "jsonl" in answer.json()["mend"]


@pytest.mark.parametrize("what", ["ranking", "votes"])
def test_results_need_a_token_and_a_staff_account(what, tmp_path):
    study = imported(tmp_path, noisy_lines(30))
    client = APIClient()
    assert client.get(url(study, what)).status_code == 401
    client.force_authenticate(UserFactory(is_staff=False))
    assert client.get(url(study, what)).status_code == 403


def test_an_unknown_study_is_404(api):
    assert api.get("/api/v1/studies/nothere/ranking/").status_code == 404
