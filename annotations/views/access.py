"""Who may open a page: a decorator for staff pages, and the study that an address names."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from annotations import policies
from annotations.errors import Forbidden, NotFound
from annotations.models import Study

View = Callable[..., HttpResponse]


def designer_required(view: View) -> View:
    """Visitors are asked to log in; accounts without the right get a page that says so."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not policies.can_design(request.user):
            raise Forbidden(
                "Your account may not open the designers' pages.",
                mend="Ask an administrator to make your account a staff account, or log in with another one.",
            )
        return view(request, *args, **kwargs)

    return guarded


def study_or_404(pid: str) -> Study:
    study = Study.objects.filter(public_id=pid).select_related("owner").first()
    if study is None:
        raise NotFound(
            "There is no study at this address.",
            mend="Check the address, or look for the study in the list of studies.",
        )
    return study
