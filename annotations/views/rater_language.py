"""The language of the rater's pages. Everything else speaks English, whatever the browser asks for."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from annotations.actions import languages
from annotations.models import Panel, Rater
from annotations.views.rater_pages import rater_page

TRANSLATED = ("/r/", "/api/v1/rater/")


class RaterLocale(LocaleMiddleware):
    """Django's choice by cookie and browser for raters; a mixture of languages for nobody."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(TRANSLATED):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = settings.LANGUAGE_CODE


@require_POST
@rater_page
def language(request: HttpRequest, panel: Panel, rater: Rater | None) -> HttpResponse:
    """Takes the choice from the list of languages and goes back to the page it was made on."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("rater-entry", args=[panel.token])
    response = redirect(back)
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        if rater is not None:
            languages.choose(rater=rater, language=chosen)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
