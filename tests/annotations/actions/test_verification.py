"""Against a real server on this machine that speaks the siteverify protocol, well and badly."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from django.test import Client

from annotations.actions import raters, verification
from annotations.models import Anomaly, Verification
from tests.annotations.arriving import accept, only_rater, running_panel, text_of, url
from tests.servers import free_port

pytestmark = pytest.mark.django_db


class Service(BaseHTTPRequestHandler):
    """Passes "good"; other tokens name what goes wrong."""

    asked: list[dict] = []

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        fields = {key: value[0] for key, value in parse_qs(self.rfile.read(length).decode()).items()}
        self.asked.append(fields)
        token = fields.get("response", "")
        if token == "slow":
            self.server.given_up.wait()
        status = {"broken": 500, "moved": 302}.get(token, 200)
        body = b"<html>" if token == "garbage" else json.dumps(self.said(token)).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:  # "slow": nobody waits any more
            return

    def said(self, token):
        errors = {
            "": ["missing-input-response"],
            "spent": ["timeout-or-duplicate"],
            "ours": ["invalid-input-secret"],
        }
        return {"success": token == "good"} | ({"error-codes": errors[token]} if token in errors else {})

    def log_message(self, *args):
        return


@pytest.fixture
def service(settings):
    Service.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    settings.VERIFY_URL = f"http://127.0.0.1:{server.server_port}/siteverify"
    settings.VERIFY_SECRET = "our secret"
    server.given_up = threading.Event()
    settings.VERIFY_TIMEOUT_S = 60
    settings.VERIFY_FIELD = "captcha-response"
    yield server
    server.given_up.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def rater(service):
    return raters.join(panel=running_panel(verify=True), version=1)[0]


@pytest.mark.parametrize(
    ("token", "state"),
    [
        ("good", "passed"),
        ("bad", "failed"),
        ("spent", "failed"),
        ("", "failed"),
        ("ours", "unavailable"),
        ("broken", "unavailable"),
        ("moved", "unavailable"),
        ("garbage", "unavailable"),
        ("slow", "unavailable"),
    ],
)
def test_passed_failed_and_unavailable_are_told_apart(rater, settings, token, state):
    if token == "slow":
        settings.VERIFY_TIMEOUT_S = 0.2
    assert verification.check(rater=rater, token=token).state == state
    assert rater.state == ("joined" if state == "failed" else "active")
    assert Anomaly.objects.filter(kind="verification_failed").exists() == (state == "failed")


def test_a_service_that_is_down_lets_people_in_and_fails_nobody(rater, settings):
    settings.VERIFY_URL = f"http://127.0.0.1:{free_port()}/siteverify"
    assert verification.check(rater=rater, token="anything").state == "unavailable"
    assert rater.state == "active"
    assert not Verification.objects.filter(state="failed").exists()


def test_the_service_hears_the_secret_and_the_token_and_nothing_about_the_rater(rater):
    verification.check(rater=rater, token="good")
    assert Service.asked == [{"secret": "our secret", "response": "good"}]


def test_failing_asks_again_and_passing_goes_on(service):
    panel = running_panel(verify=True)
    client = Client()
    assert accept(client, panel)["Location"].startswith(url(panel, "verify"))
    assert client.get(url(panel, "vote"))["Location"] == url(panel, "verify")
    again = client.post(url(panel, "verify"), {"captcha-response": "bad"})
    assert "The test was not passed" in text_of(again)
    assert only_rater(panel).state == "joined"
    answer = client.post(url(panel, "verify"), {"captcha-response": "good"})
    assert answer["Location"] == url(panel, "instructions")
    assert list(Verification.objects.values_list("state", flat=True)) == ["failed", "passed"]


def test_the_widget_may_load_on_its_own_page_and_nowhere_else(service, settings):
    settings.VERIFY_SCRIPT = "https://captcha.example.org/api.js"
    panel = running_panel(verify=True)
    client = Client()
    assert "captcha.example.org" not in client.get(url(panel, "consent"))["Content-Security-Policy"]
    accept(client, panel)
    page = client.get(url(panel, "verify"))
    assert "script-src 'self' https://captcha.example.org" in page["Content-Security-Policy"]
    assert 'src="https://captcha.example.org/api.js"' in page.content.decode()


def test_without_a_service_in_the_settings_nobody_is_asked():
    panel = running_panel(verify=True)
    assert accept(Client(), panel)["Location"].startswith(url(panel, "instructions"))
    assert not Verification.objects.exists()
