import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from scoring.actions import metrics
from scoring.models import Metric, Niche, Score


@pytest.fixture
def api(db):
    client = APIClient()
    client.force_authenticate(User.objects.create_user("designer", is_staff=True))
    return client


@pytest.fixture
def scored(study, make_image):
    metrics.ensure()
    clipping, now = Metric.objects.get(name="clipping"), timezone.now()
    for place in range(12):
        image = make_image(write=False)
        Score.objects.create(image=image, metric=clipping, value=place, state="done", computed_at=now)
    return study


def wanted(study, **more):
    terms = [{"metric": "clipping", "weight": "1"}, {"metric": "hard_filters", "limit": 1}]
    return {"name": "Cups", "terms": terms, "population": study.public_id} | more


def test_niches_are_for_designers_only(db):
    client = APIClient()
    assert client.get("/api/v1/niches/").status_code == 401
    client.force_authenticate(User.objects.create_user("visitor"))
    for path in ("niches/", "niches/none/", "studies/none/niche/"):
        assert client.get(f"/api/v1/{path}").status_code == 403


def test_a_niche_is_made_revised_and_read_with_all_its_versions(api, scored):
    made = api.post("/api/v1/niches/", wanted(scored), format="json")
    assert made.status_code == 201
    first = made.json()
    assert (first["niche"], first["version"], len(first["checksum"])) == ("Cups", 1, 64)
    assert [(term["metric"], term["weight"], term["limit"], term["n"]) for term in first["terms"]] == [
        ("clipping", 1.0, None, 12),
        ("hard_filters", 0.0, 1.0, 0),
    ]
    own = f"/api/v1/niches/{first['id']}/"
    change = {"terms": [{"metric": "clipping", "weight": 1, "limit": 9}], "reason": "Stricter"}
    assert api.post(own, change, format="json").json()["version"] == 2
    assert [version["version"] for version in api.get(own).json()] == [2, 1]
    assert [niche["version"] for niche in api.get("/api/v1/niches/").json()] == [2]


def test_a_study_is_given_a_niche_and_relieved_of_it(api, scored):
    niche = api.post("/api/v1/niches/", wanted(scored), format="json").json()
    own = f"/api/v1/studies/{scored.public_id}/niche/"
    assert api.get(own).json() == {"chosen": None}
    assert api.put(own, {"niche": niche["id"]}, format="json").json() == {"chosen": niche}
    assert api.get(own).json() == {"chosen": niche}
    assert api.put(own, {"niche": niche["id"], "version": 9}, format="json").status_code == 404
    assert api.put(own, {"niche": None}, format="json").json() == {"chosen": None}
    assert api.put(own, {"niche": None}, format="json").json() == {"chosen": None}


def test_what_does_not_fit_is_refused_with_a_mend(api, scored):
    half = wanted(scored, terms=[{"metric": "clipping", "weight": "0.5"}])
    refused = api.post("/api/v1/niches/", half, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "niche_unfit")
    assert refused.json()["mend"]
    assert api.post("/api/v1/niches/", wanted(scored, terms=[]), format="json").status_code == 400
    assert api.post("/api/v1/niches/", wanted(scored, population="none"), format="json").status_code == 404
    assert api.post("/api/v1/niches/", wanted(scored, reference_set="none"), format="json").status_code == 404
    assert not Niche.objects.exists()
    api.post("/api/v1/niches/", wanted(scored), format="json")
    assert api.post("/api/v1/niches/", wanted(scored), format="json").status_code == 409
