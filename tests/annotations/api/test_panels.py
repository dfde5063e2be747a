import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from annotations.actions import invitations, panels, preparation, studies
from annotations.models import Rater
from tests.factories import UserFactory, draft_study, planned_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    client = APIClient()
    client.force_authenticate(UserFactory())
    return client


def call(name, study, *more):
    return reverse(name, args=[study.public_id, *more])


def test_a_panel_with_all_its_settings(api):
    study = draft_study(prompts=1, ask_demographics=["gender"])
    sent = {
        "name": "Prolific", "kind": "crowd", "entry": "prolific", "overlap": 4, "max_raters": 30,
        "practice": False, "quiz_pass_mark": 0.75, "quiz_attempts": 2, "verify": True,
        "outcomes": {"completed": {"code": "C1"}}, "quotas": [{"cell": {"gender": "man"}, "most_raters": 9}],
    }  # fmt: skip
    made = api.post(call("api-panels", study), sent, format="json")
    assert made.status_code == 201, made.json()
    own = call("api-panel", study, made.json()["id"])
    shown = api.get(own).json()
    assert {name: shown[name] for name in sent} == sent
    assert api.patch(own, {"overlap": 2, "is_open": False}, format="json").json()["is_open"] is False
    unknown = api.patch(own, {"quotas": [{"cell": {"age_band": "18-24"}, "most_raters": 1}]}, format="json")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "invalid_quota")
    assert api.delete(own).status_code == 204


def test_after_launch_only_ways_out_and_numbers_change(api):
    study = planned_study(prompts=1, overlap=1)
    own = call("api-panel", study, study.panels.get().public_id)
    assert api.patch(own, {"overlap": 5}, format="json").status_code == 409
    assert api.patch(own, {"max_raters": 5, "is_open": False}, format="json").status_code == 200
    assert api.delete(own).status_code == 409


def test_judges_and_people_never_share_a_panel(api):
    study = draft_study(prompts=1)
    mixed = {"name": "Mixed", "kind": "crowd", "entry": "api"}
    assert api.post(call("api-panels", study), mixed, format="json").json()["code"] == "judges_by_api"
    made = api.post(call("api-panels", study), {"name": "Machines", "kind": "judge"}, format="json").json()
    assert made["entry"] == "api"


def test_invitations_tell_their_links_once_and_are_revoked(api):
    study = draft_study(prompts=1)
    panel = panels.create(study=study, name="Invited", entry="invitation")
    address = call("api-invitations", study, panel.public_id)
    made = api.post(address, {"rows": [{"label": "Anna"}, {"label": "Ben"}]}, format="json")
    assert [row["link"].startswith("http://testserver/r/") for row in made.json()] == [True, True]
    assert "link" not in api.get(address).json()[0]
    anna = made.json()[0]["id"]
    assert api.delete(call("api-invitation", study, panel.public_id, anna)).status_code == 204
    assert [row["state"] for row in api.get(address).json()] == ["revoked", "open"]
    assert invitations.state_of(panel.invitations.get(label="Ben")) == "open"


def test_experts_are_invited_by_an_address(api):
    study = draft_study(prompts=1)
    panel = panels.create(study=study, name="Experts", kind="expert", entry="account")
    address = call("api-invitations", study, panel.public_id)
    assert api.post(address, {"rows": [{"label": "Eva"}]}, format="json").status_code == 422
    made = api.post(address, {"rows": [{"email": "eva@example.org"}]}, format="json").json()
    assert "/my/invitation/" in made[0]["link"]


def test_consent_texts_are_published_by_api(api):
    study = planned_study(prompts=1, overlap=1)
    sent = {"text": "New words.", "translations": {"de": "Neue Worte."}}
    assert api.post(call("api-consents", study), sent, format="json").json()["version"] == 2
    assert [row["version"] for row in api.get(call("api-consents", study)).json()] == [2, 1]


@pytest.fixture
def judged():
    """A running study with a judges' panel, real pictures included."""
    study = draft_study(prompts=2, generators=2, overlap=1, check_every=0, ask_demographics=["gender"])
    panels.create(study=study, name="Judges", kind="judge", overlap=1)
    studies.launch(study=study, actor=None)
    preparation.prepare(study=study)
    return study


def test_a_judge_votes_by_its_secret_alone_until_nothing_is_left(judged):
    panel = judged.panels.get(name="Judges")
    token = Token.objects.create(user=UserFactory()).key
    staff = Client(headers={"Authorization": f"Token {token}"})
    wanted = {"name": "clip-judge", "version": "1.2"}
    address = call("api-judges", judged, panel.public_id)
    made = staff.post(address, wanted, content_type="application/json")
    assert made.status_code == 201, made.json()
    judge = Client(headers={"Authorization": f"Rater {made.json()['secret']}"})
    blocks = judge.get(made.json()["blocks"]).json()["blocks"]
    given = 0
    following = judge.get(made.json()["next"]).json()
    while following["assignments"]:
        served = following["assignments"][0]
        assert judge.get(served["pictures"][0])["Content-Type"].startswith("image/")
        answer = {criterion["key"]: "left" for criterion in blocks[served["block"]]["criteria"]}
        body = {"nonce": served["nonce"], "answer": answer}
        sent = judge.post(made.json()["votes"], body, content_type="application/json")
        assert sent.status_code == 201, sent.json()
        following, given = sent.json()["next"], given + 1
    rater = Rater.objects.get(public_id=made.json()["id"])
    assert (given, rater.voted, rater.label, rater.panel.kind) == (2, 2, "clip-judge 1.2", "judge")
    assert staff.get(address).json()[0]["voted"] == 2


def test_a_judge_goes_on_where_it_was_and_another_version_is_another_judge(api, judged):
    panel = judged.panels.get(name="Judges")
    address = call("api-judges", judged, panel.public_id)
    first = api.post(address, {"name": "j", "version": "1"}, format="json")
    again = api.post(address, {"name": "j", "version": "1"}, format="json")
    other = api.post(address, {"name": "j", "version": "2"}, format="json")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    old = Client(headers={"Authorization": f"Rater {first.json()['secret']}"})
    assert old.get(first.json()["next"]).status_code == 403  # a new secret replaces the old


def test_a_program_does_not_come_into_a_panel_of_people(api, judged):
    people = judged.panels.exclude(name="Judges").get()
    answer = api.post(call("api-judges", judged, people.public_id), {"name": "j"}, format="json")
    assert answer.json()["code"] == "not_a_judges_panel"


def test_the_schema_describes_all_of_it(api):
    schema = api.get(reverse("schema"), {"format": "json"}).json()
    for part in ("blocks/", "golds/", "panels/{panel}/", "panels/{panel}/invitations/", "consents/"):
        assert f"/api/v1/studies/{{pid}}/{part}" in schema["paths"]
    judges = schema["paths"]["/api/v1/studies/{pid}/panels/{panel}/judges/"]["post"]
    assert "secret" in str(schema["components"]["schemas"]["JudgeSecret"])
    assert judges["tags"] == ["judges"]
