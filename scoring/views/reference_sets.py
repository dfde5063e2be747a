from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotations.errors import ArenaError, NotFound
from annotations.models import Study
from annotations.views.access import designer_required
from scoring import selectors
from scoring.actions import reference_sets as actions
from scoring.actions import set_scores
from scoring.forms import ReferenceSetForm, SetScoreForm
from scoring.models import ReferenceSet


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def reference_sets(request: HttpRequest) -> HttpResponse:
    form = ReferenceSetForm(request.POST or None, request.FILES or None)
    error: ArenaError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            done = actions.create_from_upload(
                name=form.cleaned_data["name"],
                description=form.cleaned_data["description"],
                upload=form.cleaned_data["archive"],
                actor=request.user,
            )
        except ArenaError as refused:
            error = refused
        else:
            messages.success(request, _said(done))
            return redirect("reference-sets")
    context = {
        "nav": "reference-sets",
        "sets": selectors.reference_sets(),
        "form": form,
        "error": error,
    }
    status = 200 if request.method != "POST" else (error.status if error else 422)
    return render(request, "scoring/reference_sets.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def compare(request: HttpRequest) -> HttpResponse:
    """Set scores: ask for them, and see them."""
    form = SetScoreForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        rows = set_scores.request(
            study=form.cleaned_data["study"],
            reference_set=form.cleaned_data["reference_set"],
        )
        messages.success(request, f"{len(rows)} set scores asked for; they appear below as they finish.")
        return redirect("set-scores")
    pid = request.GET.get("study", "")
    study = Study.objects.filter(public_id=pid).first() if pid else None
    if pid and study is None:
        raise NotFound("There is no study at this address.", mend="Choose a study from the list.")
    context = {
        "nav": "reference-sets",
        "form": form,
        "study": study,
        "set_scores": selectors.set_scores(study=study)[:500],
        "has_sets": ReferenceSet.objects.exists(),
        "shapes_extractor": "shapes-clip",
        "shapes_note": selectors.shapes_note(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "scoring/set_scores.html", context, status=status)


def _said(done: actions.SetImport) -> str:
    if not done.created:
        return f"“{done.reference_set.name}” holds these very pictures already; nothing was changed."
    parts = [f"“{done.reference_set.name}” was imported with {done.pictures} pictures"]
    if done.repeated:
        parts.append(f"{done.repeated} repeated files counted once")
    if done.ignored:
        parts.append(f"{done.ignored} other files left out")
    return "; ".join(parts) + "."
