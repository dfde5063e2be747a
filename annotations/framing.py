"""Mechanical Turk shows a study inside a frame of its own page. Only panels that people enter from there may
be framed, only by Amazon's hosts, and only their cookies travel into a frame, each in a jar of its own."""

from collections.abc import Callable
from http.cookies import Morsel
from typing import Any

from csp.constants import SELF
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from annotations.models import Panel, PanelEntry


class PartitionedMorsel(Morsel):
    """http.cookies learns this attribute with Python 3.14 only."""

    def OutputString(self, attrs: Any = None) -> str:  # noqa: N802
        return f"{super().OutputString(attrs)}; Partitioned"


def is_framed(panel: Panel | None) -> bool:
    return panel is not None and panel.entry == PanelEntry.MTURK


def allow(response: HttpResponse, panel: Panel) -> HttpResponse:
    """Lets Amazon's pages frame this one, and its form lead back to them."""
    if is_framed(panel):
        response.xframe_options_exempt = True
        hosts = [f"https://{host}" for host in settings.MTURK_HOSTS]
        response._csp_replace = getattr(response, "_csp_replace", {}) | {
            "frame-ancestors": list(settings.MTURK_FRAMES),
            "form-action": [SELF, *hosts],
        }
    return response


class FramedCookies:
    """Outermost, because other middleware sets cookies too: within a frame, none travels without this."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_framed(getattr(request, "arena_panel", None)):
            for name, morsel in list(response.cookies.items()):
                morsel["samesite"], morsel["secure"] = "None", True
                partitioned = PartitionedMorsel()
                partitioned.set(morsel.key, morsel.value, morsel.coded_value)
                partitioned.update(morsel)
                dict.__setitem__(response.cookies, name, partitioned)
        return response
