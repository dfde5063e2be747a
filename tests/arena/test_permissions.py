"""Every address of the site, found in the URL configuration itself: who is not staff gets past none of them
but those listed here. A new view that forgets its guard fails these tests."""

import re

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from rest_framework.authtoken.models import Token

from annotations.actions import raters
from annotations.models import AuditEvent, Exclusion, Gold, ImportJob, Vote
from scoring.models import Niche
from tests.factories import UserFactory, planned_study, rater_in, vote_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# For everybody, with nothing of any study behind them.
PUBLIC = {"home", "healthz", "login", "logout", "api-token", "schema", "api-docs", "api-redoc"}
# For an account about itself: logging in, its password, its second factor, the studies it takes part in.
OWN = {
    "experts-home", "account_login", "account_logout", "account_signup", "account_inactive",
    "account_reauthenticate", "account_email_verification_sent", "account_confirm_email",
    "account_change_password", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "mfa_index",
    "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
}  # fmt: skip
# For whoever holds the unguessable link, cookie or picture token; tests of their own look at these.
BY_LINK = {
    "rater-entry", "rater-consent", "rater-instructions", "rater-vote", "rater-undo", "rater-done",
    "rater-invitation", "rater-verify", "rater-demographics", "rater-language", "rater-withdraw",
    "rater-privacy", "expert-invitation", "picture", "reference-picture", "api-rater-blocks",
    "api-rater-report", "api-rater-next", "api-rater-vote", "api-rater-undo",
}  # fmt: skip
REFUSALS = (401, 403)
NOT_THIS_WAY = 405


def routes(resolver=None):
    """(name, names of the arguments) of every address."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern)
        else:
            yield pattern.name, tuple(re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern)))


GUARDED = sorted(route for route in routes() if route[0] not in PUBLIC | BY_LINK | OWN)


@pytest.fixture
def study():
    study = planned_study(prompts=2, overlap=1, check_every=0)
    vote_all(rater_in(study), most=2)
    return study


def address(study, name, arguments):
    """The address of something that exists, so that a guard and nothing else refuses."""
    pid = study.public_id
    if name.startswith("import"):
        pid = ImportJob.objects.get_or_create(study=study)[0].public_id
    elif name.startswith("image-"):
        pid = study.images.first().public_id
    known = {"pid": pid, "rater": study.raters.first().public_id, "kind": "votes", "fmt": "csv"}
    known |= {"block": study.block.public_id, "panel": study.panels.first().public_id}
    known |= {"gold": Gold.objects.get_or_create(block=study.block, expected={"slot": 0})[0].public_id}
    known |= {"rule": "failed_checks", "invitation": "none", "job": "none"}
    known |= {"niche": Niche.objects.get_or_create(name="Cups", slug="cups")[0].public_id}
    return reverse(name, kwargs={argument: known[argument] for argument in arguments})


def visitor(study):
    return Client()


def rater(study):
    panel = study.panels.get()
    person, secret = raters.enter(panel=panel)
    raters.consent(rater=person, version=1)
    client = Client()
    client.cookies[f"arena_{panel.public_id}"] = secret
    return client


def account_without_rights(study):
    client = Client()
    client.force_login(UserFactory(is_staff=False))
    return client


def retired_staff(study):
    client = Client()
    client.force_login(UserFactory(is_active=False))
    return client


def token_without_rights(study):
    key = Token.objects.create(user=UserFactory(is_staff=False)).key
    return Client(headers={"Authorization": f"Token {key}"})


def refuses(answer):
    sent_to_login = answer.status_code == 302 and answer["Location"].startswith(reverse("login"))
    return sent_to_login or answer.status_code in (*REFUSALS, NOT_THIS_WAY)


def let_through(study, client):
    """The addresses that answer this client with anything but a refusal, and how."""
    found = []
    for name, arguments in GUARDED:
        url = address(study, name, arguments)
        answers = [client.get(url), client.head(url), client.post(url)]
        open_ways = [answer.status_code for answer in answers if not refuses(answer)]
        if open_ways or all(answer.status_code == NOT_THIS_WAY for answer in answers):
            found.append((name, [answer.status_code for answer in answers]))
    return found


@pytest.mark.parametrize("who", [visitor, rater, account_without_rights, retired_staff, token_without_rights])
def test_nobody_but_staff_gets_past_a_guard(study, who):
    client = who(study)
    before = (AuditEvent.objects.count(), Exclusion.objects.count(), Vote.objects.count())
    assert let_through(study, client) == []
    assert (AuditEvent.objects.count(), Exclusion.objects.count(), Vote.objects.count()) == before
    study.refresh_from_db()
    assert study.state == "running"


def test_the_same_addresses_let_staff_in(study):
    client = Client()
    client.force_login(UserFactory())
    refused = []
    for name, arguments in GUARDED:
        # Pictures of a planned study have no files; that they are looked for shows that the guard let go.
        answer = client.get(address(study, name, arguments))
        if answer.status_code in REFUSALS or (answer.status_code == 302 and refuses(answer)):
            refused.append((name, answer.status_code))
    assert refused == []


def test_every_open_address_is_a_known_one():
    assert {name for name, _ in routes()} >= PUBLIC | BY_LINK | OWN
    assert len(GUARDED) > 40


@pytest.mark.parametrize("name", ["api-rater-next", "api-rater-vote", "api-rater-undo"])
@pytest.mark.parametrize("who", [visitor, account_without_rights])
def test_the_link_alone_is_no_rater(study, name, who):
    url = reverse(name, args=[study.panels.get().token])
    client = who(study)
    answer = client.get(url) if name == "api-rater-next" else client.post(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_rater")


def test_the_cookie_of_one_panel_opens_no_other(study):
    other = planned_study(prompts=1, overlap=1, check_every=0).panels.get()
    answer = rater(study).get(reverse("api-rater-next", args=[other.token]))
    assert answer.status_code == 403
