"""Accounts by django-allauth, and the experts' own pages. Only what we offer: no addresses to add or change,
no social accounts, no passkeys."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import path, re_path
from django.views.decorators.http import require_POST

from annotations import converters  # noqa: F401  registers <token:…>
from annotations.views import experts

urlpatterns: list = [
    path("my/", experts.home, name="experts-home"),
    path("my/invitation/<token:token>/<token:invitation>/", experts.invitation, name="expert-invitation"),
    path("accounts/login/", account.login, name="login"),
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", require_POST(account.logout), name="logout"),
    path("accounts/logout/", require_POST(account.logout), name="account_logout"),
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/confirm/", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^accounts/confirm/(?P<key>[-:\w]+)/$", account.confirm_email, name="account_confirm_email"),
    path("accounts/password/", account.password_change, name="account_change_password"),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path("accounts/password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("accounts/second-factor/", mfa.index, name="mfa_index"),
    path("accounts/second-factor/check/", mfa.authenticate, name="mfa_authenticate"),
    path("accounts/second-factor/again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("accounts/second-factor/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("accounts/second-factor/app/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("accounts/second-factor/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "accounts/second-factor/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"
    ),
]
