"""The rater's pages as a browser without JavaScript meets them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import studies
from annotations.models import Panel, Protocol, Rater, RaterState, Study, StudyState, Vote
from tests.rating import CANARY, joined_client, running_study

pytestmark = pytest.mark.django_db


def url(panel: Panel, page: str) -> str:
    return reverse(f"rater-{page}", args=[panel.token])


def nonce_of(html: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', html)
    assert found
    return found[1]


def vote_by_form(client: Client, panel: Panel, **answer: str):
    nonce = nonce_of(client.get(url(panel, "vote")).content.decode())
    return client.post(url(panel, "vote"), {"nonce": nonce, **answer}, follow=True)


def test_an_unknown_link_gets_a_kind_page(client):
    page = client.get("/r/nosuchlink/")
    assert page.status_code == 404
    assert "This link leads nowhere" in page.content.decode()


def test_a_link_that_no_database_can_hold_is_not_looked_for(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = client.get("/r/%00/")
    assert page.status_code == 404


def test_opening_the_link_shows_the_consent_text_and_stores_nobody(client):
    panel = running_study()
    page = client.get(url(panel, "entry"), follow=True)
    assert panel.study.consents.get().text[:40] in page.content.decode()
    assert not Rater.objects.exists()
    assert set(page.cookies) <= {"csrftoken"}


def test_declining_stores_nobody(client):
    panel = running_study()
    page = client.post(url(panel, "consent"), {"choice": "decline", "version": "1"})
    assert "nothing about you has been stored" in page.content.decode()
    assert not Rater.objects.exists()
    assert set(page.cookies) <= {"csrftoken"}


def test_consent_makes_a_rater_and_sets_a_cookie_that_scripts_cannot_read(client):
    panel = running_study()
    answer = client.post(url(panel, "consent"), {"choice": "accept", "version": "1"})
    rater = Rater.objects.get()
    cookie = answer.cookies[f"arena_{panel.public_id}"]
    assert rater.consent.version == 1
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert rater.secret_hash not in cookie.value


def test_a_consent_to_another_version_is_not_taken(client):
    panel = running_study()
    answer = client.post(url(panel, "consent"), {"choice": "accept", "version": "7"})
    assert answer.status_code == 409
    assert not Rater.objects.filter(consented_at__isnull=False).exists()


def test_a_browser_that_refuses_cookies_is_told(client):
    panel = running_study()
    answer = client.post(url(panel, "consent"), {"choice": "accept", "version": "1"})
    page = Client().get(answer["Location"])
    assert "Your browser refuses cookies" in page.content.decode()


def test_the_steps_cannot_be_skipped(client):
    panel = running_study()
    assert client.get(url(panel, "vote"))["Location"] == url(panel, "consent")
    client.post(url(panel, "consent"), {"choice": "accept", "version": "1"})
    assert client.get(url(panel, "vote"))["Location"] == url(panel, "instructions")
    client.post(url(panel, "instructions"))
    assert client.get(url(panel, "vote")).status_code == 200
    assert client.get(url(panel, "done"))["Location"] == url(panel, "vote")


def test_whoever_has_voted_may_stop_early_where_the_study_sets_no_number():
    panel = running_study()
    client = joined_client(panel)
    vote_by_form(client, panel, overall="left")
    assert "Stop here?" in client.get(url(panel, "done")).content.decode()
    assert Rater.objects.get().state == RaterState.ACTIVE
    page = client.post(url(panel, "done"), follow=True)
    assert Rater.objects.get().completion_code in page.content.decode()


def test_whoever_owes_votes_gets_no_code():
    panel = running_study(max_votes_per_rater=2)
    client = joined_client(panel)
    vote_by_form(client, panel, overall="left")
    assert client.get(url(panel, "done"))["Location"] == url(panel, "vote")
    page = client.post(url(panel, "done"))
    assert page.status_code == 409
    assert "still something to answer" in page.content.decode()


def test_a_rater_of_a_study_that_was_closed_still_gets_the_code():
    panel = running_study(max_votes_per_rater=3)
    client = joined_client(panel)
    vote_by_form(client, panel, overall="left")
    studies.close(study=panel.study, actor="designer")
    assert "Show my code" in client.get(url(panel, "entry"), follow=True).content.decode()
    page = client.post(url(panel, "done"), follow=True)
    assert Rater.objects.get().completion_code in page.content.decode()


def test_the_link_leads_back_to_where_the_rater_was():
    panel = running_study()
    client = joined_client(panel)
    assert client.get(url(panel, "entry"))["Location"] == url(panel, "vote")


def test_a_vote_sent_as_a_plain_form_is_stored():
    panel = running_study()
    client = joined_client(panel)
    page = vote_by_form(client, panel, overall="right")
    assert Vote.objects.get().answer == {"overall": "right"}
    assert '<b id="count">2 of ' in page.content.decode()


def test_an_answer_that_the_study_does_not_offer_is_refused_in_words():
    panel = running_study(allow_tie=False)
    client = joined_client(panel)
    assert 'value="tie"' not in client.get(url(panel, "vote")).content.decode()
    page = vote_by_form(client, panel, overall="tie")
    assert "Please answer" in page.content.decode()
    assert not Vote.objects.exists()


def test_sending_another_answer_for_an_answered_pair_leaves_the_first_and_says_so():
    panel = running_study()
    client = joined_client(panel)
    nonce = nonce_of(client.get(url(panel, "vote")).content.decode())
    client.post(url(panel, "vote"), {"nonce": nonce, "overall": "left"})
    page = client.post(url(panel, "vote"), {"nonce": nonce, "overall": "right"}, follow=True)
    assert "The earlier answer stands" in page.content.decode()
    assert Vote.objects.get().answer == {"overall": "left"}


def test_undo_by_form_brings_the_pair_back():
    panel = running_study()
    client = joined_client(panel)
    first = client.get(url(panel, "vote")).context["assignment"]["prompt"]
    vote_by_form(client, panel, overall="left")
    page = client.post(url(panel, "undo"), follow=True)
    assert Vote.objects.get().retracted_at is not None
    assert page.context["assignment"]["prompt"] == first
    assert "The last answer was taken back." in page.content.decode()


def test_a_likert_form_stores_every_criterion():
    panel = running_study(protocol=Protocol.LIKERT)
    client = joined_client(panel)
    vote_by_form(client, panel, fidelity="4", alignment="2", aesthetics="5")
    assert Vote.objects.get().answer == {"fidelity": 4, "alignment": 2, "aesthetics": 5}


def test_a_likert_form_with_a_missing_mark_stores_nothing():
    panel = running_study(protocol=Protocol.LIKERT)
    client = joined_client(panel)
    page = vote_by_form(client, panel, fidelity="4", alignment="2")
    assert "Please answer every question" in page.content.decode()
    assert not Vote.objects.exists()


def test_the_last_vote_leads_to_the_completion_code():
    panel = running_study(prompts=1, generators=2, check_every=0)
    client = joined_client(panel)
    page = vote_by_form(client, panel, overall="left")
    rater = Rater.objects.get()
    assert rater.state == RaterState.FINISHED
    assert page.request["PATH_INFO"] == url(panel, "done")
    assert rater.completion_code in page.content.decode()
    assert client.get(url(panel, "entry"))["Location"] == url(panel, "done")


@pytest.mark.parametrize("state", [StudyState.PAUSED, StudyState.CLOSED])
def test_a_study_that_does_not_run_says_so_on_every_step(state):
    panel = running_study()
    client = joined_client(panel)
    act = studies.pause if state == StudyState.PAUSED else studies.close
    act(study=panel.study, actor="designer")
    for page in ("entry", "consent", "instructions", "vote"):
        text = client.get(url(panel, page), follow=True).content.decode()
        assert f"The study is {state}" in text


def test_a_study_that_has_not_started_says_so(client):
    panel = running_study()
    Study.objects.update(state=StudyState.PREPARING)
    assert "not started yet" in client.get(url(panel, "entry")).content.decode()


def test_a_panel_that_is_not_open_takes_nobody_new_but_keeps_its_raters(client):
    panel = running_study()
    inside = joined_client(panel)
    Panel.objects.update(is_open=False)
    assert "takes no new people" in client.get(url(panel, "entry")).content.decode()
    assert inside.get(url(panel, "vote")).status_code == 200


def test_no_page_is_kept_by_a_cache_and_none_holds_an_inline_script():
    panel = running_study()
    client = joined_client(panel)
    for page in ("instructions", "vote"):
        answer = client.get(url(panel, page))
        assert "no-store" in answer["Cache-Control"]
        scripts = re.findall(r"<script(?![^>]*(?:src=|type=\"application/json\"))", answer.content.decode())
        assert not scripts


def test_no_page_tells_what_made_the_pictures_or_what_the_study_is_called():
    panel = running_study()
    client = joined_client(panel)
    for page in ("entry", "instructions", "vote"):
        text = client.get(url(panel, page), follow=True).content.decode().lower()
        assert CANARY not in text
        assert "rendition" not in text
        assert "sha256" not in text


def test_a_form_that_was_open_for_too_long_is_refused_in_the_raters_language():
    panel = running_study()
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "de"})
    page = client.post(reverse("rater-consent", args=[panel.token]), {"choice": "accept", "version": "1"})
    assert page.status_code == 403
    assert "Diese Seite ist nicht mehr aktuell" in page.content.decode()
    assert reverse("rater-entry", args=[panel.token]) in page.content.decode()
    assert client.post(reverse("rater-consent", args=["nowhere"])).status_code == 404
    assert client.post("/r/a%00b/consent/").status_code == 404
    assert "This form is out of date" in client.post(reverse("login")).content.decode()


def test_a_browser_that_lost_its_cookie_is_told_so_in_the_raters_language(client):
    reply = client.get(
        reverse("api-rater-next", args=[running_study().token]), headers={"accept-language": "ja"}
    )
    assert reply.status_code == 403
    assert reply.json()["message"] == "このブラウザは調査に登録されていません。"
