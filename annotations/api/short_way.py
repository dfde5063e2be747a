"""The short way of votes: past sessions, users, messages and pages, none of which they need."""

import re
from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.utils import translation

from annotations import sql
from annotations.api.rater import Blocks, Next, RaterView, Reports, Undo, Votes
from annotations.converters import TokenConverter

VIEWS: dict[str, RaterView] = {
    "next": Next(), "blocks": Blocks(), "votes": Votes(), "undo": Undo(), "report": Reports(),
}  # fmt: skip
ADDRESS = re.compile(rf"/api/v1/rater/({TokenConverter.regex})/({'|'.join(VIEWS)})")


class ShortWay:
    """Middleware, behind those that guard transport and size. What the middleware that it leaves out would do
    for these addresses, it does itself: check the host, choose the language, set the headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.headers = _usual_headers()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = ADDRESS.fullmatch(request.path_info)
        if found is None:
            return self.get_response(request)
        request.get_host()  # refuses a foreign one
        language = translation.get_language_from_request(request)
        translation.activate(language)
        sql.trust_connection()
        token, name = found.groups()
        reply = VIEWS[name].dispatch(request, token)
        reply.headers["Content-Language"] = language
        reply.headers["Content-Length"] = str(len(reply.content))
        for header, value in self.headers.items():
            reply.headers[header] = value
        return reply


def _usual_headers() -> dict[str, str]:
    """As the middleware itself would set them; they are the same for every reply."""
    sample = HttpResponse()
    usual = dict(sample.headers)
    for middleware in (CSPMiddleware, XFrameOptionsMiddleware):
        middleware(lambda _request: sample)(HttpRequest())
    return {name: value for name, value in sample.headers.items() if name not in usual}
