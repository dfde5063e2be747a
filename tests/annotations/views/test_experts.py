import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from annotations.actions import invitations, preparation, raters, studies
from annotations.models import Rater
from tests.factories import PanelFactory, UserFactory, draft_study, planned_study, vote_all

pytestmark = pytest.mark.django_db
PASSWORD = "a horse and a staple"


@pytest.fixture
def panel():
    study = draft_study(prompts=2, generators=2, overlap=1, check_every=0, repeat_share=0)
    PanelFactory(study=study, name="Experts", kind="expert", entry="account")
    studies.launch(study=study, actor=None)
    preparation.prepare(study=study)
    return study.panels.get(name="Experts")


def invite(panel, email="eva@example.org"):
    made = invitations.create_many(panel=panel, actor=None, rows=[{"email": email, "label": "Eva"}])
    return reverse("expert-invitation", args=[panel.token, made[0].token])


def sign_up(client, panel, link):
    client.get(link)
    entry = reverse("rater-entry", args=[panel.token])
    sent = {"email": "other@example.org", "password1": PASSWORD, "password2": PASSWORD, "next": entry}
    return client.post(reverse("account_signup"), sent)


def test_the_link_leads_to_an_account_with_the_invited_address_and_into_the_panel(client, panel):
    link = invite(panel)
    assert "Make an account" in client.get(link).content.decode()
    assert sign_up(client, panel, link).url == reverse("rater-entry", args=[panel.token])
    user = get_user_model().objects.get()
    assert (user.email, user.is_staff) == ("eva@example.org", False)
    client.get(reverse("rater-entry", args=[panel.token]))
    consent = reverse("rater-consent", args=[panel.token])
    client.post(consent, {"choice": "accept", "version": panel.study.consents.get().version})
    assert Rater.objects.get(panel=panel).user == user


def test_nobody_signs_up_without_an_invitation(client):
    shown = client.get(reverse("account_signup")).content.decode()
    assert "Accounts are made by invitation" in shown
    client.post(
        reverse("account_signup"), {"email": "a@example.org", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert not get_user_model().objects.exists()


def test_an_invitation_of_an_address_with_an_account_asks_to_log_in(client, panel):
    UserFactory(email="eva@example.org", is_staff=False)
    shown = client.get(invite(panel)).content.decode()
    assert "Log in" in shown
    assert "Make an account" not in shown
    assert "Make your account" not in client.get(reverse("account_signup")).content.decode()


def test_an_invitation_of_somebody_else_says_so(client, panel):
    client.force_login(UserFactory(email="tom@example.org", is_staff=False))
    assert "logged in with another account" in client.get(invite(panel)).content.decode()


def test_a_revoked_or_made_up_invitation_opens_nothing(client, panel):
    link = invite(panel)
    invitations.revoke(panel=panel, invitations=panel.invitations.all(), actor=None)
    assert client.get(link).status_code == 410
    assert client.get(reverse("expert-invitation", args=[panel.token, "made-up"])).status_code == 404
    assert "Accounts are made by invitation" in client.get(reverse("account_signup")).content.decode()


@pytest.mark.parametrize("address", ["/my/invitation/panel\x00/mine/", "/my/invitation/panel/mine\x00/"])
def test_an_invitation_with_a_nul_in_it_is_no_address(address):
    assert resolve(address.replace("\x00", "")).url_name == "expert-invitation"
    with pytest.raises(Resolver404):
        resolve(address)


def test_an_expert_sees_open_studies_with_progress_and_goes_on_on_another_device(client, panel):
    sign_up(client, panel, invite(panel))
    user = get_user_model().objects.get()
    shown = client.get(reverse("experts-home")).content.decode()
    assert "You are invited and have not begun" in shown
    assert panel.study.name not in shown
    rater, _ = raters.enter(panel=panel, user=user)
    raters.consent(rater=rater, version=1)
    raters.read_instructions(rater=rater)
    vote_all(rater, most=1)
    assert re.search(r"1 of \d+ answered", client.get(reverse("experts-home")).content.decode())
    phone = Client()
    phone.force_login(user)
    assert phone.get(reverse("rater-entry", args=[panel.token])).status_code == 302
    assert phone.get(reverse("rater-vote", args=[panel.token])).status_code == 200
    assert Rater.objects.filter(panel=panel).count() == 1


def test_what_is_over_is_history_and_says_nothing_of_results(client, panel):
    user = UserFactory(email="eva@example.org", is_staff=False)
    client.force_login(user)
    rater, _ = raters.enter(panel=panel, user=user)
    raters.consent(rater=rater, version=1)
    raters.read_instructions(rater=rater)
    vote_all(rater)
    shown = client.get(reverse("experts-home")).content.decode()
    assert "Finished" in shown
    assert not any(name in shown for name in ("generator-a", "/results/"))


def test_experts_see_no_designers_page(client, panel):
    client.force_login(UserFactory(email="eva@example.org", is_staff=False))
    assert client.get(reverse("study", args=[panel.study.public_id])).status_code == 403
    assert client.get(reverse("studies")).status_code == 403


def test_log_in_by_name_or_address_leads_designers_and_experts_to_their_own_pages(client):
    UserFactory(username="dora", email="dora@example.org")
    UserFactory(username="eva", email="eva@example.org", is_staff=False)
    login = reverse("login")
    assert client.post(login, {"login": "dora@example.org", "password": "correct horse"}).url == "/studies/"
    client.post(reverse("logout"))
    assert client.post(login, {"login": "eva", "password": "correct horse"}).url == "/my/"


def test_a_forgotten_password_is_set_anew_by_a_letter(client, mailoutbox):
    UserFactory(email="eva@example.org", is_staff=False)
    client.post(reverse("account_reset_password"), {"email": "eva@example.org"})
    link = re.search(r"http://\S+", mailoutbox[0].body)[0]
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    assert client.post(reverse("login"), {"login": "eva@example.org", "password": PASSWORD}).url == "/my/"


def test_an_address_without_an_account_is_not_told_apart(client, mailoutbox):
    sent = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"}, follow=True)
    assert "If an account has that address" in sent.content.decode()


def test_with_a_second_factor_the_password_alone_opens_nothing(client):
    user = UserFactory(username="eva", is_staff=False)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    login = reverse("login")
    assert client.post(login, {"login": "eva", "password": "correct horse"}).url == reverse(
        "mfa_authenticate"
    )
    assert client.get(reverse("experts-home")).status_code == 302
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    code = f"{hotp_value('JBSWY3DPEHPK3PXP', next(iter(yield_hotp_counters_from_time()))):06}"
    assert client.post(reverse("mfa_authenticate"), {"code": code}).url == "/my/"


def test_the_api_asks_for_the_second_factor_too(client):
    TOTP.activate(UserFactory(username="dora"), "JBSWY3DPEHPK3PXP")
    sent = {"username": "dora", "password": "correct horse"}
    refused = client.post(reverse("api-token"), sent)
    assert (refused.status_code, list(refused.json())) == (400, ["code"])
    code = f"{hotp_value('JBSWY3DPEHPK3PXP', next(iter(yield_hotp_counters_from_time()))):06}"
    assert "token" in client.post(reverse("api-token"), {**sent, "code": code}).json()


def test_a_second_factor_is_set_up_from_the_account_page(client):
    user = UserFactory(is_staff=False, username="eva")
    client.post(reverse("login"), {"login": "eva", "password": "correct horse"})
    assert "Set up a second factor" in client.get(reverse("mfa_index")).content.decode()
    again = client.get(reverse("mfa_activate_totp")).url  # the password once more
    client.post(again, {"password": "correct horse"})
    shown = client.get(reverse("mfa_activate_totp"))
    secret = shown.context["form"].secret
    code = f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"
    shown = client.post(reverse("mfa_activate_totp"), {"code": code}, follow=True).content.decode()
    assert "Recovery codes" in shown
    assert user.authenticator_set.filter(type="totp").exists()
    assert "Recovery codes" in client.get(reverse("mfa_index")).content.decode()
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert not user.authenticator_set.filter(type="totp").exists()


def test_a_password_is_changed_by_who_knows_it(client):
    UserFactory(username="eva", is_staff=False)
    client.post(reverse("login"), {"login": "eva", "password": "correct horse"})
    sent = {"password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("account_change_password"), sent | {"oldpassword": "wrong"}).status_code == 200
    assert client.post(reverse("account_change_password"), sent | {"oldpassword": "correct horse"}).url
    client.post(reverse("logout"))
    assert client.post(reverse("login"), {"login": "eva", "password": PASSWORD}).url == "/my/"


def test_a_study_that_experts_may_not_see_is_not_listed(client):
    study = planned_study(prompts=1, overlap=1)
    PanelFactory(study=study, kind="expert", entry="account")
    client.force_login(UserFactory(email="eva@example.org", is_staff=False))
    assert "Nothing to do at the moment" in client.get(reverse("experts-home")).content.decode()
