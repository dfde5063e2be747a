"""What the middleware that votes pass by would do for them."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import raters
from annotations.api.short_way import VIEWS
from tests.factories import planned_study

pytestmark = pytest.mark.django_db
OF_THE_PAGE = ("Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy")


@pytest.fixture
def panel():
    return planned_study().panels.get()


@pytest.fixture
def browser(panel):
    rater, secret = raters.enter(panel=panel)
    raters.consent(rater=rater, version=1)
    client = Client()
    client.cookies[f"arena_{panel.public_id}"] = secret
    return client


def test_replies_carry_the_headers_of_every_other_page(panel, browser):
    page = browser.get(reverse("home"))
    reply = browser.get(reverse("api-rater-next", args=[panel.token]))
    assert reply.status_code == 200
    assert {name: reply[name] for name in OF_THE_PAGE} == {name: page[name] for name in OF_THE_PAGE}
    assert "no-store" in reply["Cache-Control"]
    assert int(reply["Content-Length"]) == len(reply.content)


def test_every_address_of_the_page_takes_it(panel, browser):
    names = ("next", "blocks", "vote", "undo", "report")
    addresses = {reverse(f"api-rater-{name}", args=[panel.token]).rsplit("/", 1)[1] for name in names}
    assert addresses == set(VIEWS)
    # The long way would have a session's or a message's middleware vary the reply by cookie.
    assert "X-Frame-Options" in browser.get(reverse("api-rater-blocks", args=[panel.token]))


def test_a_foreign_host_is_refused(panel, browser, settings):
    settings.ALLOWED_HOSTS = ["arena.example"]
    address = reverse("api-rater-next", args=[panel.token])
    assert browser.get(address, HTTP_HOST="elsewhere.example").status_code == 400
    assert browser.get(address, HTTP_HOST="arena.example").status_code == 200


def test_refusals_speak_the_language_of_the_browser(panel):
    address = reverse("api-rater-next", args=[panel.token])
    _, secret = raters.enter(panel=panel)
    client = Client()
    client.cookies[f"arena_{panel.public_id}"] = secret
    refused = [client.get(address, headers={"accept-language": language}) for language in ("de", "en")]
    assert [reply["Content-Language"] for reply in refused] == ["de", "en"]
    assert [reply.json()["code"] for reply in refused] == ["consent_required"] * 2
    assert refused[0].json()["message"] != refused[1].json()["message"]


def test_plain_http_is_led_to_https_where_that_is_set(panel, browser, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert browser.get(reverse("api-rater-next", args=[panel.token])).status_code == 301


def test_other_addresses_go_the_long_way(panel, browser):
    assert browser.get(f"/api/v1/rater/{panel.token}/other").status_code == 404
    assert browser.get(f"/api/v1/rater/{panel.token}/next/").status_code == 404
