"""Votes made elsewhere, by upload."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotations.actions.vote_import import VoteImport, import_votes
from annotations.errors import ImportRefused
from annotations.views.access import designer_required
from arena.results.forms import VotesForm
from arena.results.labels import plural


@designer_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    form = VotesForm(request.POST or None, request.FILES or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            done = _imported(request, form)
        except ImportRefused as error:
            refused = error
        else:
            said = f"{plural(done.votes, 'vote')} by {plural(done.raters, 'rater')}"
            if done.created:
                messages.success(request, f"Imported {said}.")
            else:
                messages.info(request, f"This file had been imported before ({said}); nothing changed.")
            return redirect("results", done.study.public_id)
    status = 422 if refused else 400 if form.errors else 200
    context = {"nav": "studies", "form": form, "refused": refused}
    return render(request, "results/upload.html", context, status=status)


def _imported(request: HttpRequest, form: VotesForm) -> VoteImport:
    file = form.cleaned_data["file"]
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="votes-") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        return import_votes(
            path=Path(copy.name),
            name=form.cleaned_data["name"],
            mapping=form.mapping,
            outcomes=form.outcomes,
            actor=request.user,
            file_name=file.name,
        )
