"""Log-in pages, ours and any that an app brings, held to the same limits over all processes: failed tries
at a name from one network first, at a name from everywhere and from a network only widely."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from annotations.actions import limits
from annotations.views.errors import error_response

PAGES = frozenset({"login", "account_login"})
FIELDS = ("username", "login", "email")


class ThrottledLogin:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        match = request.resolver_match
        if request.method != "POST" or match is None or match.url_name not in PAGES:
            return None
        name = next((request.POST[field] for field in FIELDS if request.POST.get(field)), "")
        wait = limits.login_blocked(request, name)
        if not wait:
            return None
        response = error_response(request, limits.too_many_logins(wait))
        response["Retry-After"] = str(wait)
        return response


@receiver(user_login_failed)
def count(request: HttpRequest | None = None, credentials: dict[str, Any] | None = None, **_: Any) -> None:
    if request is not None:
        given = credentials or {}
        name = next((str(given[field]) for field in FIELDS if given.get(field)), "")
        limits.login_failed(request, name)
