"""Each way into a panel, as a browser without JavaScript meets it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotations.actions import invitations, raters
from annotations.models import Invitation, Panel, ParticipantLink, Rater
from tests.annotations.arriving import (
    MTURK,
    PROLIFIC,
    accept,
    arrive,
    only_rater,
    running_panel,
    text_of,
    url,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def invite(panel, **how) -> str:
    made = invitations.create_many(panel=panel, actor=None, **({"count": 1} | how))
    return url(panel, "invitation", made[0].token)


# Invitations


def test_an_invitation_lets_one_person_in_and_says_so_to_the_next():
    panel = running_panel(entry="invitation")
    link, first = invite(panel), Client()
    assert first.get(link)["Location"] == url(panel, "entry")
    assert first.get(url(panel, "entry"))["Location"] == url(panel, "consent")
    accept(first, panel)
    assert Invitation.objects.get().rater == only_rater(panel)
    again = Client().get(link)
    assert again.status_code == 410
    assert "This invitation has been used" in text_of(again)


def test_a_used_invitation_goes_on_in_the_browser_that_used_it():
    panel = running_panel(entry="invitation")
    link, client = invite(panel), Client()
    client.get(link)
    accept(client, panel)
    assert client.get(link, follow=True).request["PATH_INFO"] == url(panel, "instructions")
    assert Rater.objects.count() == 1


def test_looking_at_an_invitation_or_declining_spends_nothing():
    panel = running_panel(entry="invitation")
    link = invite(panel)
    for client in (Client(), Client()):
        client.get(link)
        client.post(url(panel, "consent"), {"choice": "decline", "version": "1"})
    assert Invitation.objects.get().used_at is None
    assert not Rater.objects.exists()


def test_two_browsers_with_one_invitation_make_one_rater():
    panel = running_panel(entry="invitation")
    link, first, second = invite(panel), Client(), Client()
    first.get(link)
    second.get(link)
    accept(first, panel)
    assert "This invitation has been used" in text_of(accept(second, panel))
    assert Rater.objects.count() == 1


def test_the_next_invitation_on_a_shared_computer_makes_another_rater():
    panel = running_panel(entry="invitation")
    client = Client()
    for _ in range(2):
        client.get(invite(panel))
        accept(client, panel)
    assert Rater.objects.count() == 2
    assert panel.study.anomalies.get().kind == "several_raters"


@pytest.mark.parametrize("change", ["revoked", "expired"])
def test_an_invitation_that_no_longer_holds_says_why(change):
    panel = running_panel(entry="invitation")
    link = invite(panel)
    if change == "revoked":
        invitations.revoke(panel=panel, invitations=Invitation.objects.all(), actor=None)
    else:
        Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    page = Client().get(link)
    assert page.status_code == 410
    assert {"revoked": "was withdrawn", "expired": "has run out"}[change] in text_of(page)


def test_without_an_invitation_nobody_comes_in(client):
    panel = running_panel(entry="invitation")
    assert "takes invited people" in text_of(client.get(url(panel, "entry")))
    assert accept(client, panel)["Location"] == url(panel, "entry")
    assert client.get(url(panel, "invitation", "nosuchtoken")).status_code == 404
    assert not Rater.objects.exists()


# Prolific


def test_a_prolific_link_is_left_at_once_and_its_ids_stand_in_the_link_table_alone():
    panel = running_panel(entry="prolific")
    client = Client()
    answer = client.get(url(panel, "entry"), PROLIFIC)
    assert answer["Location"] == url(panel, "entry")
    assert not Rater.objects.exists()
    accept(client, panel)
    rater, link = only_rater(panel), ParticipantLink.objects.get()
    assert (link.rater, link.service, link.external_id) == (rater, "prolific", PROLIFIC["PROLIFIC_PID"])
    assert link.data == {"study": PROLIFIC["STUDY_ID"], "session": PROLIFIC["SESSION_ID"]}
    assert len(rater.external_hash) == 64
    assert PROLIFIC["PROLIFIC_PID"] not in str(rater.__dict__)
    for page in ("entry", "instructions", "privacy", "withdraw"):
        text = client.get(url(panel, page), follow=True).content.decode()
        assert not any(value in text for value in PROLIFIC.values())
    assert not any(
        value in str(event.data) for event in panel.study.audit.all() for value in PROLIFIC.values()
    )


def test_the_same_person_on_another_device_is_the_same_rater():
    panel = running_panel(entry="prolific")
    arrive(panel, PROLIFIC)
    second = Client()
    second.get(url(panel, "entry"), PROLIFIC | {"SESSION_ID": "another"})
    assert second.get(url(panel, "entry"))["Location"] == url(panel, "instructions")
    assert Rater.objects.count() == 1
    assert ParticipantLink.objects.get().data["session"] == "another"


def test_a_second_person_in_the_same_browser_is_another_rater_and_flagged():
    panel = running_panel(entry="prolific")
    client = arrive(panel, PROLIFIC)
    arrive(panel, PROLIFIC | {"PROLIFIC_PID": "someoneelse"}, client)
    assert Rater.objects.count() == 2
    assert panel.study.anomalies.get().kind == "several_raters"


def test_a_person_has_another_hash_in_another_study():
    for _ in range(2):
        arrive(running_panel(entry="prolific"), PROLIFIC)
    hashes = set(Rater.objects.values_list("external_hash", flat=True))
    assert len(hashes) == 2


@pytest.mark.parametrize("pid", ["", "{{%PROLIFIC_PID%}}", "a b", "x" * 200])
def test_a_prolific_link_without_usable_ids_says_where_to_begin(client, pid):
    panel = running_panel(entry="prolific")
    page = client.get(url(panel, "entry"), PROLIFIC | {"PROLIFIC_PID": pid})
    assert "Open this study from Prolific" in text_of(page)
    assert client.get(url(panel, "consent"))["Location"] == url(panel, "entry")


def test_a_forged_arrival_is_not_believed(client):
    panel = running_panel(entry="prolific")
    client.cookies[f"arrival_{panel.public_id}"] = "eyJzZXJ2aWNlIjoicHJvbGlmaWMifQ:1:bad"
    assert "Open this study from Prolific" in text_of(client.get(url(panel, "entry")))


# Mechanical Turk


@pytest.mark.parametrize("query", [MTURK | {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE"}, {}])
def test_a_preview_shows_the_question_and_stores_nothing(client, query):
    panel = running_panel(entry="mturk")
    page = client.get(url(panel, "entry"), query)
    assert "This is a preview" in text_of(page)
    assert panel.study.block.question in text_of(page)
    assert not Rater.objects.exists()
    assert f"arrival_{panel.public_id}" not in page.cookies


def test_results_go_to_amazons_hosts_only(client):
    panel = running_panel(entry="mturk")
    for elsewhere in (
        "https://evil.example",
        "http://www.mturk.com",
        "https://www.mturk.com@evil.example",
        "//x",
    ):
        page = client.get(url(panel, "entry"), MTURK | {"turkSubmitTo": elsewhere})
        assert "This is a preview" in text_of(page)


def test_a_worker_submits_the_hit_with_assignment_and_code():
    panel = running_panel(entry="mturk", prompts=1, outcomes={"completed": {"code": "GREAT"}})
    client = arrive(panel, MTURK)
    finish(client, panel)
    page = client.get(url(panel, "done"))
    html = page.content.decode()
    assert 'action="https://workersandbox.mturk.com/mturk/externalSubmit"' in html
    assert f'name="assignmentId" value="{MTURK["assignmentId"]}"' in html
    assert 'name="code" value="GREAT"' in html
    assert MTURK["workerId"] not in html
    assert "https://workersandbox.mturk.com" in page["Content-Security-Policy"].split("form-action")[1]


def test_only_panels_of_mechanical_turk_may_be_framed_and_only_there():
    framed, plain = running_panel(entry="mturk"), running_panel()
    page = Client().get(url(framed, "entry"))
    assert "X-Frame-Options" not in page
    policy = dict(part.strip().split(" ", 1) for part in page["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"].split() == [
        "https://www.mturk.com", "https://worker.mturk.com", "https://workersandbox.mturk.com"
    ]  # fmt: skip
    other = Client().get(url(plain, "consent"))
    assert other["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in other["Content-Security-Policy"]


def test_cookies_travel_into_frames_for_such_panels_only():
    framed, plain = running_panel(entry="mturk"), running_panel()
    client = Client()
    cookies = [client.get(url(framed, "entry"), MTURK).cookies, client.get(url(framed, "consent")).cookies]
    cookies.append(accept(client, framed).cookies)
    lines = [morsel.OutputString() for jar in cookies for morsel in jar.values()]
    assert len(lines) >= 4
    assert {line.split("=")[0].split("_")[0] for line in lines} == {"arrival", "csrftoken", "arena"}
    for line in lines:
        assert "SameSite=None" in line
        assert "Secure" in line
        assert line.endswith("Partitioned")
    for morsel in accept(Client(), plain).cookies.values():
        assert "Partitioned" not in morsel.OutputString()
        assert morsel["samesite"] == "Lax"


# Accounts and programs


def test_an_invited_account_goes_on_from_another_device():
    panel = running_panel(entry="account")
    user = UserFactory(email="Expert@Example.org", is_staff=False)
    invite(panel, rows=[{"label": "Expert", "email": "expert@example.org"}])
    first, second = Client(), Client()
    for client in (first, second):
        client.force_login(user)
    assert first.get(url(panel, "entry"))["Location"] == url(panel, "consent")
    accept(first, panel)
    assert only_rater(panel).user == user
    assert Invitation.objects.get().rater == only_rater(panel)
    second.get(url(panel, "entry"))
    assert second.get(url(panel, "entry"))["Location"] == url(panel, "instructions")
    assert Rater.objects.count() == 1


def test_an_account_that_is_not_invited_is_told_and_strangers_log_in(client):
    panel = running_panel(entry="account")
    assert "/accounts/login/" in client.get(url(panel, "entry"))["Location"]
    client.force_login(UserFactory(is_staff=False))
    assert "not invited" in text_of(client.get(url(panel, "entry")))
    assert accept(client, panel)["Location"] == url(panel, "entry")
    assert not Rater.objects.exists()


def test_a_panel_of_judges_has_no_page_for_people(client):
    panel = running_panel()
    Panel.objects.update(kind="judge", entry="api")
    assert "for programs" in text_of(client.get(url(panel, "entry")))
    assert accept(client, panel)["Location"] == url(panel, "entry")


def finish(client, panel):
    client.post(url(panel, "instructions"))
    rater = only_rater(panel)
    from tests.factories import vote_all

    vote_all(rater)
    raters.finish(rater=rater)
