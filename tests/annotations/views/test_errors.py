import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from annotations.errors import StudyRefused
from annotations.views.errors import ArenaErrorMiddleware, error_response

pytestmark = pytest.mark.django_db


def refused(**headers):
    request = RequestFactory().get("/studies/abc/", headers=headers)
    request.user = AnonymousUser()
    error = StudyRefused(
        "It is closed.", mend="Start a new study.", details=[{"message": "First.", "mend": "Do this."}]
    )
    return error_response(request, error)


def test_a_refusal_becomes_a_page_with_its_status_words_and_mend():
    answer = refused()
    page = answer.content.decode()
    assert answer.status_code == 409
    assert all(words in page for words in ("It is closed.", "Start a new study.", "First.", "Do this."))


def test_a_program_that_asks_for_json_gets_the_code():
    answer = refused(accept="application/json")
    assert answer.status_code == 409
    assert json.loads(answer.content)["code"] == "study_refused"


def test_the_way_back_never_leads_to_another_site():
    assert "Go back" in refused(referer="http://testserver/studies/").content.decode()
    assert "Go back" not in refused(referer="http://elsewhere.example/").content.decode()


def test_other_exceptions_are_left_to_django():
    middleware = ArenaErrorMiddleware(lambda request: None)
    assert middleware.process_exception(RequestFactory().get("/"), ValueError("x")) is None


def test_a_person_without_the_right_reads_why_and_whom_to_ask(client):
    client.force_login(get_user_model().objects.create_user("rita", password="x"))
    answer = client.get("/studies/")
    assert answer.status_code == 403
    assert "staff account" in answer.content.decode()


def test_an_unknown_address_gets_a_plain_page(client):
    answer = client.get("/nothing/here/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


def test_a_stale_form_is_explained(settings):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()


def test_a_crash_shows_a_page_that_needs_nothing_that_may_be_broken(client):
    from django.template.loader import render_to_string

    page = render_to_string("500.html")
    assert "not stored" in page
    assert "/static/" not in page
