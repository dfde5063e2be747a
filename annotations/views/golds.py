"""Known answers: attention checks of the designer's own, practice, and the qualification quiz."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations import protocols
from annotations.actions import golds, studies
from annotations.errors import NotFound
from annotations.forms.golds import FromPanelForm, GoldForm
from annotations.models import Block, Gold, Image, Panel, Protocol, Study, StudyState
from annotations.protocols.failures import taxonomy
from annotations.views.access import designer_required, study_or_404
from annotations.views.blocks import block_or_404


@require_safe
@designer_required
def study_golds(request: HttpRequest, pid: str) -> HttpResponse:
    return _page(request, study_or_404(pid))


def _page(
    request: HttpRequest, study: Study, form: FromPanelForm | None = None, status: int = 200
) -> HttpResponse:
    blocks = list(study.blocks.prefetch_related("golds"))
    wanted = {name for block in blocks for gold in block.golds.all() for name in gold.images}
    images = Image.objects.filter(public_id__in=wanted).select_related("prompt", "generator")
    by_name = {image.public_id: image for image in images}
    form = form or FromPanelForm(study=study)
    context = {
        "nav": "studies",
        "study": study,
        "blocks": [(block, [_row(block, gold, by_name) for gold in block.golds.all()]) for block in blocks],
        "form": form if form.fields["panel"].choices else None,
        "draft": study.state == StudyState.DRAFT,
    }
    return render(request, "studies/golds.html", context, status=status)


def _row(block: Block, gold: Gold, images: dict[str, Image]) -> dict[str, Any]:
    found = [images[name] for name in gold.images if name in images]
    right = gold.expected.get("slot", gold.expected.get("best"))
    return {
        "gold": gold,
        "prompt": found[0].prompt.text if found else "",
        "images": [(image, place == right) for place, image in enumerate(found)],
        "answer": answer_words(block, gold.expected, [image.generator.name for image in found]),
    }


def answer_words(block: Block, expected: dict[str, Any], names: list[str]) -> str:
    """The right answer as a designer says it."""
    if "ratings" in expected:
        ranges = expected["ratings"].items()
        return "; ".join(
            f"{key} {low}" if low == high else f"{key} {low} to {high}" for key, (low, high) in ranges
        )
    if expected.get("none"):
        return "nothing is wrong"
    if "failures" in expected:
        labels = {row["key"]: row["label"] for row in taxonomy({"taxonomy": block.taxonomy})}
        return "; ".join(labels.get(key, key) for key in expected["failures"])
    words = {"slot": "", "best": "best: ", "worst": "worst: "}
    return "; ".join(f"{words[name]}{names[place]}" for name, place in expected.items() if place < len(names))


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def gold_add(request: HttpRequest, pid: str, block: str) -> HttpResponse:
    """First a prompt is chosen, then what is right about its pictures."""
    study = study_or_404(pid)
    found = block_or_404(study, block)
    if not request.GET.get("prompt"):
        return _prompts(request, study, found)
    prompt = get_object_or_404(study.prompts, public_id=request.GET["prompt"])
    images = list(prompt.images.select_related("generator").order_by("generator__name", "seed"))
    form = GoldForm(request.POST or None, block=found, images=images, criteria=_criteria(found))
    if request.method == "POST" and form.is_valid():
        source = request.user.get_username()
        golds.add(block=found, actor=request.user, source=source, **form.settings())
        messages.success(request, "The known answer is kept.")
        return redirect("study-golds", pid)
    context = {
        "nav": "studies",
        "study": study,
        "of_block": found,
        "prompt": prompt,
        "form": form,
        "images": images,
    }
    return render(request, "studies/gold.html", context, status=422 if form.is_bound else 200)


def _criteria(block: Block) -> Iterable[dict[str, Any]]:
    if block.protocol != Protocol.LIKERT:
        return []
    return list(block.criteria.values("key", "label")) or studies.DEFAULT_LIKERT_CRITERIA


def _prompts(request: HttpRequest, study: Study, block: Block) -> HttpResponse:
    """Only prompts with enough pictures to fill a question."""
    needed = protocols.slots({"protocol": block.protocol, "size": block.size})
    search = request.GET.get("q", "").strip()
    prompts = (
        study.prompts.annotate(image_count=Count("images")).filter(image_count__gte=needed).order_by("id")
    )
    if search:
        prompts = prompts.filter(text__icontains=search)
    page = Paginator(prompts.prefetch_related("images"), 20).get_page(request.GET.get("page"))
    context = {"nav": "studies", "study": study, "of_block": block, "page": page, "search": search}
    return render(request, "studies/gold_prompts.html", context)


@require_POST
@designer_required
def gold_remove(request: HttpRequest, pid: str, gold: str) -> HttpResponse:
    found = Gold.objects.filter(block__study=study_or_404(pid), public_id=gold).first()
    if found is None:
        raise NotFound("There is no such known answer.", mend="Reload the page.")
    golds.remove(gold=found, actor=request.user)
    messages.success(request, "The known answer is taken out.")
    return redirect("study-golds", pid)


@require_POST
@designer_required
def golds_from_panel(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    form = FromPanelForm(request.POST, study=study)
    if not form.is_valid():
        return _page(request, study, form, status=422)
    chosen = form.cleaned_data
    taken = golds.from_panel(
        block=block_or_404(study, chosen["block"]),
        panel=Panel.objects.get(public_id=chosen["panel"]),
        actor=request.user,
        use=chosen["use"],
        least=chosen["least"],
    )
    messages.success(
        request,
        f"{len(taken.golds)} known answers are taken over. On {taken.divided} comparisons the experts are "
        f"too few or disagree, of {taken.without_images} this study lacks the pictures, {taken.present} "
        "were here already.",
    )
    return redirect("study-golds", pid)
