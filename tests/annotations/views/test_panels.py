import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotations.models import Invitation, ParticipantLink
from tests.annotations.designing import designer, draft
from tests.factories import PanelFactory, RaterFactory, planned_study

pytestmark = pytest.mark.django_db
FORM = {"name": "Crowd", "kind": "crowd", "entry": "prolific", "overlap": "3"}


@pytest.fixture
def user(client):
    user = designer()
    client.force_login(user)
    return user


@pytest.fixture
def study(user):
    return draft(user, prompts=1)


@pytest.fixture
def panel(study):
    return PanelFactory(study=study, name="Crowd", overlap=3)


def page(name, panel):
    return reverse(name, args=[panel.study.public_id, panel.public_id])


def test_a_panel_keeps_what_is_chosen(client, panel):
    chosen = {"practice": "on", "quiz_percent": "80", "quiz_attempts": "2", "verify": "on"}
    assert client.post(page("panel", panel), {**FORM, **chosen}).status_code == 302
    panel.refresh_from_db()
    assert (panel.entry, panel.quiz_pass_mark, panel.quiz_attempts) == ("prolific", 0.8, 2)
    assert (panel.practice, panel.verify) == (True, True)
    shown = client.get(page("panel", panel)).content.decode()
    assert "PROLIFIC_PID={{%PROLIFIC_PID%}}" in shown.replace("&amp;", "&")


def test_judges_come_by_the_api_and_people_do_not(client, study, panel):
    wrong = client.post(page("panel", panel), {**FORM, "entry": "api"})
    assert "Judges come by API token" in wrong.content.decode()
    client.post(
        reverse("study-panels", args=[study.public_id]), {"name": "J", "kind": "judge", "overlap": "1"}
    )
    assert study.panels.get(name="J").entry == "api"


def test_codes_addresses_and_quotas_are_kept_and_can_change_while_it_runs(client, user):
    study = planned_study(prompts=1, overlap=1, ask_demographics=["gender"])
    panel = study.panels.get()
    ways = {
        "code_completed": "C1", "url_completed": "https://app.example/done", "code_quota_full": "Q",
        "max_raters": "40", "quota_lines": "gender=woman: 20",
    }  # fmt: skip
    assert client.post(page("panel-ways", panel), ways).status_code == 302
    panel.refresh_from_db()
    assert panel.outcomes == {
        "completed": {"code": "C1", "url": "https://app.example/done"},
        "quota_full": {"code": "Q"},
    }
    assert (panel.max_raters, panel.quotas.get().cell) == (40, {"gender": "woman"})
    shown = client.get(page("panel", panel)).content.decode()
    assert "gender=woman: 20" in shown
    assert 'name="overlap"' not in shown  # frozen


def test_a_quota_that_is_not_understood_is_shown_and_nothing_is_saved(client, panel):
    answer = client.post(page("panel-ways", panel), {"code_completed": "X", "quota_lines": "women: many"})
    assert answer.status_code == 422
    assert "women: many" in answer.content.decode()
    panel.refresh_from_db()
    assert panel.outcomes == {}


def test_what_the_action_finds_wrong_stands_above_the_form_and_keeps_what_was_typed(client, panel):
    ways = {"code_completed": "C 1!", "quota_lines": "gender=woman: 5"}
    for sent, words in (
        (ways, "other signs than letters"),
        (ways | {"code_completed": "C1"}, "does not ask"),
    ):
        answer = client.post(page("panel-ways", panel), sent)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert sent["code_completed"] in answer.content.decode()


def test_a_panel_is_closed_opened_and_in_draft_removed(client, study, panel):
    client.post(page("panel-switch", panel), {"to": "close"})
    panel.refresh_from_db()
    assert panel.is_open is False
    client.post(page("panel-switch", panel), {"to": "open"})
    panel.refresh_from_db()
    assert panel.is_open is True
    client.post(page("panel-remove", panel))
    assert not study.panels.exists()


def test_invitations_are_pasted_shown_once_and_revoked(client, study):
    panel = PanelFactory(study=study, entry="invitation")
    made = client.post(page("invitations-create", panel), {"pasted": "Anna\nBen", "days": "7"})
    assert made.content.decode().count(f"/r/{panel.token}/") >= 2
    assert "data:text/csv;base64," in made.content.decode()
    assert f"/r/{panel.token}/" not in client.get(page("panel", panel)).content.decode()
    anna = panel.invitations.get(label="Anna")
    client.post(page("invitations-revoke", panel), {"chosen": [anna.public_id]})
    anna.refresh_from_db()
    assert anna.revoked_at is not None
    assert panel.invitations.get(label="Ben").revoked_at is None


def test_invitations_come_from_a_table_or_a_number_but_one_of_them(client, study):
    panel = PanelFactory(study=study, entry="invitation")
    table = SimpleUploadedFile("people.csv", b"label,email\nAnna,a@example.org\nBen,\n")
    client.post(page("invitations-create", panel), {"table": table})
    assert list(panel.invitations.values_list("label", "email")) == [("Anna", "a@example.org"), ("Ben", "")]
    client.post(page("invitations-create", panel), {"count": "3"})
    assert panel.invitations.count() == 5
    both = client.post(page("invitations-create", panel), {"count": "3", "pasted": "C"})
    assert both.status_code == 422
    assert panel.invitations.count() == 5


def test_experts_are_invited_by_e_mail_with_a_link_of_their_own(client, study, mailoutbox):
    panel = PanelFactory(study=study, kind="expert", entry="account")
    client.post(page("invitations-create", panel), {"pasted": "eva@example.org\ntom@example.org"})
    assert [letter.to for letter in mailoutbox] == [["eva@example.org"], ["tom@example.org"]]
    links = {line for letter in mailoutbox for line in letter.body.split() if line.startswith("http")}
    assert len(links) == 2
    assert study.name not in mailoutbox[0].body  # experts don't learn what is compared
    assert Invitation.objects.filter(panel=panel, email="eva@example.org").exists()


def test_a_list_with_wrong_rows_comes_back_to_be_corrected(client, study, mailoutbox):
    panel = PanelFactory(study=study, kind="expert", entry="account")
    refused = client.post(page("invitations-create", panel), {"pasted": "eva@example.org\nnobody"})
    said = refused.content.decode()
    assert refused.status_code == 422
    assert "Row 2: “nobody” is no e-mail address." in said
    assert "eva@example.org\nnobody</textarea>" in said
    assert "One e-mail address a line." in said
    assert not panel.invitations.exists()
    assert not mailoutbox


def test_payment_lists_the_plain_ids_until_they_are_erased(client, user):
    study = planned_study(prompts=1, overlap=1)
    rater = RaterFactory(panel=study.panels.get())
    ParticipantLink.objects.create(rater=rater, service="prolific", external_id="P1", data={"session": "s"})
    address = reverse("study-payments", args=[study.public_id])
    table = list(csv.DictReader(io.StringIO(client.post(address).content.decode())))
    assert [(row["participant"], row["session"]) for row in table] == [("P1", "s")]
    client.post(reverse("study-links-erase", args=[study.public_id]))
    assert client.post(address).content.decode().count("\n") == 1


def test_no_id_of_a_participant_runs_as_a_formula(client, user):
    study = planned_study(prompts=1, overlap=1)
    rater = RaterFactory(panel=study.panels.get())
    data = {"session": "@s", "hit": "-1"}
    ParticipantLink.objects.create(rater=rater, service="mturk", external_id="=1+1", data=data)
    table = client.post(reverse("study-payments", args=[study.public_id])).content.decode()
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["participant"], row["session"], row["hit"]) == ("'=1+1", "'@s", "'-1")


def test_launching_warns_of_a_quiz_without_questions_and_a_check_that_nobody_makes(client, study, panel):
    PanelFactory(study=study, name="Quizzed", quiz_pass_mark=0.8, verify=True)
    shown = client.get(reverse("study-launch", args=[study.public_id])).content.decode()
    assert "Quizzed asks for a quiz, but no known answer is meant for it" in shown
    assert "Quizzed asks for verification, but no service is set up" in shown
    assert "Crowd asks" not in shown
