"""Blocks of a draft: add, change, put in order, take out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotations.actions import blocks
from annotations.errors import NotFound, StudyRefused
from annotations.models import Block, Study, StudyState
from annotations.views.access import designer_required, study_or_404
from annotations.views.block_pages import block_page, live_plan


def block_or_404(study: Study, public_id: str) -> Block:
    found = study.blocks.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("The study has no such block.", mend="Look for it on the study's design page.")
    found.study = study
    return found


def _draft_or_409(pid: str) -> Study:
    study = study_or_404(pid)
    if study.state != StudyState.DRAFT:
        raise StudyRefused(
            "The study is launched; its blocks are part of the frozen design.",
            mend="Read the design, or start a new study.",
        )
    return study


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def block_add(request: HttpRequest, pid: str) -> HttpResponse:
    return _form(request, _draft_or_409(pid), None)


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def block_edit(request: HttpRequest, pid: str, block: str) -> HttpResponse:
    study = _draft_or_409(pid)
    return _form(request, study, block_or_404(study, block))


def _form(request: HttpRequest, study: Study, block: Block | None) -> HttpResponse:
    page = block_page(request, study, block)
    if request.method == "POST" and page.is_valid():
        if block is None:
            saved = blocks.add(study=study, actor=request.user, **page.settings())
        else:
            saved = blocks.update(block=block, actor=request.user, **page.settings())
        messages.success(request, f"The block “{saved}” is saved.")
        return redirect("study-design", study.public_id)
    context = {
        "nav": "studies",
        "study": study,
        "of_block": block,
        "block_page": page,
        "plan": live_plan(study, block, request.POST or None),
    }
    return render(request, "studies/block.html", context, status=422 if page.form.is_bound else 200)


@require_POST
@designer_required
def block_move(request: HttpRequest, pid: str, block: str) -> HttpResponse:
    by = {"up": -1, "down": 1}.get(request.POST.get("to", ""), 0)
    blocks.move(block=block_or_404(study_or_404(pid), block), actor=request.user, by=by)
    return redirect("study-design", pid)


@require_POST
@designer_required
def block_remove(request: HttpRequest, pid: str, block: str) -> HttpResponse:
    found = block_or_404(study_or_404(pid), block)
    blocks.remove(block=found, actor=request.user)
    messages.success(request, f"The block “{found}” is taken out.")
    return redirect("study-design", pid)
