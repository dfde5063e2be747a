"""What a person sees when an action refuses: the message, its mend, and the right status."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.csrf import csrf_failure as usual_csrf_failure

from annotations.errors import ArenaError
from annotations.views.rater_pages import out_of_date

TITLES = {
    403: "Not open to you",
    404: "Not found",
    409: "Not possible at the moment",
    410: "No longer there",
    413: "Too large",
    422: "Not accepted",
    423: "Paused",
    429: "One moment, please",
}


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def error_response(request: HttpRequest, error: ArenaError) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(error.as_dict(), status=error.status)
    context = {
        "error": error,
        "title": TITLES.get(error.status, "That did not work"),
        # Only a link back within this site; a missing or foreign referrer leads home.
        "back": _own_referrer(request),
    }
    return render(request, "error.html", context, status=error.status)


def _own_referrer(request: HttpRequest) -> str:
    referrer = request.headers.get("Referer", "")
    here = f"{request.scheme}://{request.get_host()}/"
    return referrer if referrer.startswith(here) and referrer != request.build_absolute_uri() else ""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, or a browser without cookies. Raters hear it in their language."""
    match = request.resolver_match
    if match is None or not request.path_info.startswith("/r/"):
        return usual_csrf_failure(request, reason)
    return out_of_date(request, match.kwargs["token"])


class ArenaErrorMiddleware:
    """Turns a named error raised by any HTML view into a page. API views have DRF's handler instead."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ArenaError):
            return error_response(request, exception)
        return None
