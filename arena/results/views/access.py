"""Results are for analysts; raters never see them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from annotations import policies
from annotations.errors import Forbidden
from arena.results.looking import one_look

View = Callable[..., HttpResponse | StreamingHttpResponse]


def analyst_required(view: View) -> View:
    """Visitors are asked to log in; accounts without the right get a page that says so."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | StreamingHttpResponse:
        if not policies.can_analyse(request.user):
            raise Forbidden(
                "Your account may not see results.",
                mend="Ask an administrator to make your account a staff account, or log in with another one.",
            )
        if request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        with one_look():
            return view(request, *args, **kwargs)

    return guarded
