"""Blinded pictures under tokens of their assignment."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from annotations.actions import storage
from annotations.blinding import CONTENT_TYPES
from annotations.selectors.serving import shown_reference, shown_rendition


@require_safe
def picture(request: HttpRequest, token: str, position: int) -> HttpResponse:
    """What stands at a position of an assignment. Whoever has the 128-bit token is its rater."""
    return _picture(shown_rendition(token, position))


@require_safe
def reference(request: HttpRequest, token: str) -> HttpResponse:
    """The reference image that stands beside them."""
    return _picture(shown_reference(token))


def _picture(found: tuple[str, str] | None) -> HttpResponse:
    """The same headers for every picture: no entity tag, no date, no name, and all of a prompt's pictures
    have one length."""
    if found is None:
        raise Http404
    path, encoding = found
    if settings.MEDIA_INTERNAL_REDIRECT:
        response = HttpResponse(content_type=CONTENT_TYPES[encoding])
        response["X-Accel-Redirect"] = f"{settings.MEDIA_INTERNAL_REDIRECT.rstrip('/')}/{path}"
    else:
        with storage.open_stored(path) as handle:
            response = HttpResponse(handle.read(), content_type=CONTENT_TYPES[encoding])
    response["Cache-Control"] = "private, max-age=3600, immutable"
    return response
