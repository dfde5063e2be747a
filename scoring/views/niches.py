"""Niches: the list, making and revising one, and which of them a study shows."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.errors import ArenaError, NotFound
from annotations.views.access import designer_required, study_or_404
from scoring import selectors as scores
from scoring.actions import metrics
from scoring.actions import niches as actions
from scoring.models import Niche, NicheVersion
from scoring.niche_forms import NicheForm, RevisionForm, StudyNicheForm, TermsForm, initial_of
from scoring.selectors import niches as selectors


def niche_or_404(public_id: str) -> Niche:
    found = Niche.objects.filter(public_id=public_id).select_related("owner", "reference_set").first()
    if found is None:
        raise NotFound("There is no niche at this address.", mend="Look for it in the list of niches.")
    return found


@require_safe
@designer_required
def niches(request: HttpRequest) -> HttpResponse:
    return render(request, "scoring/niches.html", {"nav": "scoring", "niches": selectors.niches()})


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def new(request: HttpRequest) -> HttpResponse:
    metrics.ensure()
    form = NicheForm(request.POST or None)
    error: ArenaError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            version = actions.create(
                name=form.cleaned_data["name"],
                description=form.cleaned_data["description"],
                reference_set=form.cleaned_data["reference_set"],
                parts=form.parts(),
                population=form.population_study(),
                actor=request.user,
            )
        except ArenaError as refused:
            error = refused
        else:
            messages.success(request, f"{version} is made. {selectors.calibration_words(version)}.")
            return redirect("niche", version.niche.public_id)
    return _form(request, form, error, None)


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def revise(request: HttpRequest, niche: str) -> HttpResponse:
    """A further version; those before it stay."""
    metrics.ensure()
    found = niche_or_404(niche)
    latest = selectors.version_of(found)
    form = RevisionForm(request.POST or None, initial=initial_of(latest) if latest else None)
    error: ArenaError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            version = actions.revise(
                niche=found,
                parts=form.parts(),
                population=form.population_study(),
                reason=form.cleaned_data["reason"],
                actor=request.user,
            )
        except ArenaError as refused:
            error = refused
        else:
            messages.success(request, f"{version} is made. Studies keep the version chosen for them.")
            return redirect("niche", niche)
    return _form(request, form, error, found)


def _form(
    request: HttpRequest, form: TermsForm, error: ArenaError | None, niche: Niche | None
) -> HttpResponse:
    context = {
        "nav": "scoring",
        "form": form,
        "error": error,
        "niche": niche,
        "plain_fields": [form[name] for name in form.field_order or () if name in form.fields],
        "shapes": [metric.name for metric in form.metrics if scores.knows_shapes_only(metric)],
    }
    return render(request, "scoring/niche_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@designer_required
def calibrate(request: HttpRequest, niche: str) -> HttpResponse:
    """Freeze what is scored by now, without waiting for the rest."""
    number = request.POST.get("version", "")
    version = selectors.version_of(niche_or_404(niche), int(number) if number.isdecimal() else None)
    if version is None:
        raise NotFound("The niche has no such version.", mend="Choose one from the niche's page.")
    done = actions.calibrate(version=version, actor=request.user)
    messages.success(request, f"{done} is calibrated.")
    return redirect("niche", niche)


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def of_study(request: HttpRequest, pid: str) -> HttpResponse:
    """Choose the niche whose composite stands beside a study's points."""
    study = study_or_404(pid)
    chosen = selectors.attached(study)
    form = StudyNicheForm(request.POST or None, initial={"version": chosen.public_id if chosen else None})
    if request.method == "POST" and "detach" in request.POST:
        actions.detach(study=study, actor=request.user)
        messages.success(request, "No composite is shown beside the points any more.")
        return redirect("study-niche", pid)
    if request.method == "POST" and form.is_valid():
        done = actions.attach(study=study, version=form.chosen(), actor=request.user)
        messages.success(request, f"{done.version} is chosen: its composite stands beside the points.")
        return redirect("results", pid)
    context = {
        "nav": "studies",
        "study": study,
        "form": form,
        "chosen": chosen,
        "words": selectors.calibration_words(chosen) if chosen else "",
        "has_niches": NicheVersion.objects.exists(),
    }
    return render(request, "scoring/niche_study.html", context, status=422 if form.is_bound else 200)
