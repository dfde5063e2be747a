import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return get_user_model().objects.create_user("dora", password="x", is_staff=True)


def test_a_visitor_is_told_what_this_is_and_where_to_log_in(client):
    page = client.get("/").content.decode()
    assert "Which image generator do people prefer" in page
    assert 'href="/accounts/login/"' in page


def test_a_designer_comes_straight_to_the_studies(client, staff):
    client.force_login(staff)
    assert client.get("/").url == "/studies/"


def test_an_account_without_the_right_is_told_so_and_not_sent_round_in_circles(client):
    client.force_login(get_user_model().objects.create_user("rita", password="x"))
    answer = client.get("/")
    assert answer.status_code == 200
    assert "not a staff account" in answer.content.decode()


def test_logging_in_with_the_form_leads_to_the_page_that_was_asked_for(client, staff):
    assert client.get("/studies/").url == "/accounts/login/?next=/studies/"
    answer = client.post("/accounts/login/", {"login": "dora", "password": "x", "next": "/studies/"})
    assert answer.url == "/studies/"


def test_logging_in_never_leads_to_a_foreign_site(client, staff):
    there = {"login": "dora", "password": "x", "next": "https://elsewhere.example/"}
    assert client.post("/accounts/login/", there).url == "/studies/"


def test_logging_out_takes_a_post(client, staff):
    client.force_login(staff)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").url == "/"
    assert client.get("/studies/").status_code == 302


def test_a_wrong_password_says_what_to_check(client, staff):
    page = client.post("/accounts/login/", {"login": "dora", "password": "y"}).content.decode()
    assert "don&#x27;t match" in page or "don't match" in page


def test_health_needs_no_login_and_is_never_cached(client):
    answer = client.get("/healthz")
    assert answer.json() == {"status": "ok", "database": "ok"}
    assert "no-store" in answer["Cache-Control"]


def test_health_says_when_the_database_does_not_answer(client):
    def away(execute, sql, params, many, context):
        raise DatabaseError("gone")

    with connection.execute_wrapper(away):
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "does not answer"
