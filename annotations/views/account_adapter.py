"""How accounts behave: made by invitation only, led to where they belong, counted by their real address."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from annotations import policies
from annotations.forms.accounts import INVITED
from annotations.network import client_address


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(request.session.get(INVITED))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """For who asked for no page: designers go to the studies, experts to theirs."""
        return reverse("studies" if policies.can_design(request.user) else "experts-home")

    get_signup_redirect_url = get_login_redirect_url

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or "unknown"

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """The pages say by themselves what happened; only what went wrong is said on top."""
        if level >= 30:  # warnings and errors
            super().add_message(request, level, *args, **kwargs)
