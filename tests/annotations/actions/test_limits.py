import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from annotations.actions import completion, limits
from annotations.errors import VoteRefused
from annotations.models import Anomaly, RateWindow
from tests.annotations.arriving import only_rater, running_panel, url
from tests.factories import UserFactory
from tests.rating import joined_client

pytestmark = pytest.mark.django_db


def tries(many: int, **how) -> list[bool]:
    how = {"scope": "s", "key": "k", "most": 3, "span_s": 3600} | how
    return [bool(limits.hit(**how)) for _ in range(many)]


def test_after_so_many_tries_one_waits_till_the_span_ends():
    assert tries(5) == [False, False, False, True, True]
    assert tries(1, key="other") == [False]
    assert tries(1, scope="other") == [False]
    assert tries(9, most=0) == [False] * 9


def test_the_table_of_tries_names_nobody_and_is_swept():
    limits.hit(scope="login", key="ada@example.org", most=3, span_s=3600)
    row = RateWindow.objects.get()
    assert len(row.key) == 64
    assert "ada" not in row.key
    limits.sweep()
    assert RateWindow.objects.count() == 1
    RateWindow.objects.update(ends_at=timezone.now())
    limits.sweep()
    assert not RateWindow.objects.exists()


def log_in(client: Client, password: str, name: str = "ada"):
    return client.post(reverse("login"), {"username": name, "login": name, "password": password})


def test_a_name_cannot_be_guessed_at_without_end_even_with_the_right_password(settings):
    settings.LOGINS_PER_NAME = 3
    UserFactory(username="ada")
    client = Client(REMOTE_ADDR="203.0.113.9")
    assert [log_in(client, "wrong").status_code for _ in range(3)] == [200] * 3
    blocked = log_in(client, "correct horse")
    assert blocked.status_code == 429
    assert int(blocked["Retry-After"]) > 0
    assert "too many failed log-ins" in blocked.content.decode()


def test_tokens_are_no_way_around_the_limit_of_the_log_in_page(settings):
    settings.LOGINS_PER_NAME = 3
    UserFactory(username="ada")
    client = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(3):
        log_in(client, "wrong")
    sent = {"username": "ada", "password": "correct horse"}
    blocked = client.post(reverse("api-token"), sent, content_type="application/json")
    assert (blocked.status_code, blocked.json()["code"]) == (429, "too_many")
    assert int(blocked["Retry-After"]) > 0
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert "token" in elsewhere.post(reverse("api-token"), sent, content_type="application/json").json()


def test_a_stranger_elsewhere_locks_nobody_out(settings):
    settings.LOGINS_PER_NAME = 3
    UserFactory(username="ada")
    stranger = Client(REMOTE_ADDR="198.51.100.7")
    for _ in range(4):
        log_in(stranger, "wrong")
    assert log_in(Client(REMOTE_ADDR="203.0.113.9"), "correct horse").status_code == 302


def test_a_flood_of_votes_waits_is_flagged_once_and_loses_nothing(settings):
    settings.VOTES_PER_RATER_S = 0.02  # one vote a minute
    panel = running_panel()
    client = joined_client(panel)
    api = reverse("api-rater-vote", args=[panel.token])
    page = client.get(reverse("api-rater-next", args=[panel.token])).json()
    for number, assignment in enumerate(page["assignments"]):
        sent = {"nonce": assignment["nonce"], "answer": {"overall": "left"}}
        answer = client.post(api, sent, content_type="application/json")
        assert answer.status_code == (429 if number else 201)
    assert answer.json()["code"] == "too_many"
    assert (Anomaly.objects.get().kind, Anomaly.objects.get().count) == ("rate_limit", 1)
    settings.VOTES_PER_RATER_S = 0
    assert client.post(api, sent, content_type="application/json").status_code == 201
    assert only_rater(panel).voted == 2


def test_a_flood_of_votes_by_form_waits_too(settings):
    settings.VOTES_PER_RATER_S = 0.02
    panel = running_panel()
    client = joined_client(panel)
    found = []
    for _ in range(2):
        nonce = client.get(url(panel, "vote")).context["assignment"]["nonce"]
        answer = client.post(url(panel, "vote"), {"nonce": nonce, "overall": "left"})
        found.append((answer.status_code, "Retry-After" in answer))
    assert found == [(302, False), (429, True)]


@pytest.mark.parametrize("name", ["api-rater-undo", "api-rater-report", "rater-undo"])
def test_undos_and_reports_count_as_votes_do(settings, name):
    settings.VOTES_PER_RATER_S = 0.02
    panel = running_panel()
    client = joined_client(panel)
    address = reverse(name, args=[panel.token])
    first, second = (client.post(address, {}, content_type="application/json") for _ in range(2))
    assert first.status_code != 429
    assert second.status_code == 429


def test_a_network_that_joins_without_end_waits(settings):
    settings.ENTRIES_PER_NETWORK = 2
    panel = running_panel()
    sent = {"choice": "accept", "version": "1"}
    found = [Client().post(url(panel, "consent"), sent).status_code for _ in range(3)]
    assert found == [302, 302, 429]


def test_raters_read_refusals_in_their_language():
    with translation.override("de"):
        too_many = limits.too_many(120)
        with pytest.raises(VoteRefused) as paused:
            completion.refuse_unless_running("paused")
    assert (too_many.message, too_many.mend) == (
        "Von hier kam in kurzer Zeit zu viel.",
        "Versuchen Sie es in 2 Minuten noch einmal.",
    )
    assert (paused.value.message, paused.value.mend) == (
        "Die Studie ist unterbrochen.",
        "Kommen Sie später wieder.",
    )
    assert limits.too_many(5).mend == "Try again in 1 minute."
