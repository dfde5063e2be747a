"""The design of a study: a form while it is a draft, a frozen record after its launch."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.actions import panels, studies
from annotations.errors import StudyRefused
from annotations.forms import Criteria, DesignForm, PanelForm, PlanForm, initial_criteria
from annotations.models import Protocol, Study, StudyState
from annotations.selectors.study_plan import PlanSummary, plan_summary, total_overlap
from annotations.views.access import designer_required, study_or_404

PLAIN_FIELDS = (
    "name", "instructions", "max_votes_per_rater", "check_every", "first_check_within", "box_px", "encoding",
    "lease_s", "seed",
)  # fmt: skip
BLOCK_FIELDS = ("question", "protocol", "allow_tie", "allow_both_bad", "comparisons_per_prompt")


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_design(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    if study.state != StudyState.DRAFT:
        return _frozen(request, study)
    own_panels = list(study.panels.all())
    # Several panels: each has its own overlap.
    without = ["overlap"] if len(own_panels) > 1 else []
    form = DesignForm(request.POST or None, initial=_initial(study), without=without)
    criteria = Criteria(
        request.POST or None,
        prefix="criteria",
        initial=initial_criteria(study, studies.DEFAULT_LIKERT_CRITERIA),
    )
    if request.method == "POST" and _valid(form, criteria):
        settings = dict(form.cleaned_data)
        if settings["protocol"] == Protocol.LIKERT:
            settings["criteria"] = criteria.criteria()
        studies.update(study=study, actor=request.user, **settings)
        messages.success(request, "The design is saved. It can be changed until launch.")
        return redirect("study", pid)
    context = {
        "nav": "studies",
        "study": study,
        "form": form,
        "criteria": criteria,
        "plan": _plan_of(study, form),
        "panels": own_panels,
        "panel_form": PanelForm(prefix="panel"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "studies/design.html", context, status=status)


def _valid(form: DesignForm, criteria: Any) -> bool:
    """Criteria only count for ratings: a half-filled row behind a hidden fieldset must not hold up pairs."""
    good = form.is_valid()
    if form.cleaned_data.get("protocol") != Protocol.LIKERT:
        return good
    if criteria.is_valid() and not criteria.criteria():
        form.add_error(None, "Ratings need at least one criterion.")
        return False
    return good and criteria.is_valid()


def _initial(study: Study) -> dict[str, Any]:
    consent = study.consents.first()
    return {
        **{name: getattr(study, name) for name in PLAIN_FIELDS},
        **{name: getattr(study.block, name) for name in BLOCK_FIELDS},
        "consent_text": consent.text if consent else studies.DEFAULT_CONSENT,
        "overlap": total_overlap(study),
    }


def _plan_of(study: Study, form: DesignForm) -> PlanSummary:
    sent = PlanForm(form.data)
    values = sent.cleaned_data if form.is_bound and sent.is_valid() else _initial(study)
    return plan_summary(study, **{name: values.get(name) for name in PlanForm.base_fields})


@require_safe
@designer_required
def study_plan(request: HttpRequest, pid: str) -> HttpResponse:
    """The size of the plan for settings that are not saved yet, asked while a designer types."""
    form = PlanForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"code": "invalid", "fields": form.errors}, status=400)
    return JsonResponse(plan_summary(study_or_404(pid), **form.cleaned_data).as_dict())


@require_POST
@designer_required
def study_panel_add(request: HttpRequest, pid: str) -> HttpResponse:
    """A further panel, before launch: experts beside the crowd, with an overlap and a link of their own."""
    study = study_or_404(pid)
    form = PanelForm(request.POST, prefix="panel")
    if not form.is_valid():
        words = [f"{form.fields[name].label}: {' '.join(errors)}" for name, errors in form.errors.items()]
        raise StudyRefused(
            "This panel can't be added. " + " ".join(words), mend="Go back and correct it.", status=422
        )
    if not study.panels.exists():
        # The first panel is made by saving the design; without it the new one would stand in its place.
        panels.create(study=study, name=studies.DEFAULT_PANEL, overlap=3, actor=request.user)
    panel = panels.create(study=study, actor=request.user, **form.cleaned_data)
    messages.success(
        request, f"Panel {panel.name} is added. Each panel has its own overlap and its own link."
    )
    return redirect("study-design", pid)


def _frozen(request: HttpRequest, study: Study) -> HttpResponse:
    overlaps = ", ".join(f"{panel.name}: {panel.overlap}" for panel in study.panels.all())
    every = study.check_every
    facts = [
        ("Question", study.block.question),
        ("Instructions", study.instructions or "none"),
        ("Protocol", study.block.get_protocol_display()),
        ("Raters per comparison", overlaps or "none"),
        ("Comparisons per prompt", study.block.comparisons_per_prompt or "every pair of generators"),
        ("Most votes per rater", study.max_votes_per_rater or "no limit"),
        ("Attention checks", f"1 in {every}, first within {study.first_check_within}" if every else "none"),
        ("Box", f"{study.box_px} × {study.box_px} px"),
        ("Encoding", study.get_encoding_display()),
        ("Seconds to answer", study.lease_s),
        ("Seed", study.seed),
    ]
    if study.block.protocol == Protocol.PAIRWISE:
        words = {True: "yes", False: "no"}
        facts[3:3] = [
            ("Tie offered", words[study.block.allow_tie]),
            ("Both bad offered", words[study.block.allow_both_bad]),
        ]
    context = {
        "nav": "studies",
        "study": study,
        "facts": facts,
        "criteria": study.block.criteria.all(),
        "consents": study.consents.all(),
        "design_json": json.dumps(study.design, indent=2, ensure_ascii=False, sort_keys=True),
    }
    return render(request, "studies/design_frozen.html", context)
