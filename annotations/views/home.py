from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from annotations import policies


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if policies.can_design(request.user):
        return redirect("studies")
    return render(request, "home.html")
