"""The one thing that a designer should do next, in words and with its link."""

from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.urls import reverse

from annotations.actions import studies
from annotations.models import PanelEntry, Study, StudyState
from annotations.selectors import study_overview
from annotations.selectors.study_overview import Coverage, Progress


@dataclass(frozen=True)
class Link:
    label: str
    href: str


@dataclass(frozen=True)
class NextStep:
    title: str
    text: str
    label: str = ""
    href: str = ""
    post: bool = False
    copy: str = ""  # selector of the field that the button copies
    problems: list[dict[str, Any]] = field(default_factory=list)
    others: list[Link] = field(default_factory=list)


def next_step(study: Study, coverage: Coverage, progress: Progress) -> NextStep:
    if study.state == StudyState.DRAFT:
        return _draft(study, coverage)
    if study.state == StudyState.PREPARING:
        return _preparing(study, progress)
    results = reverse("results", args=[study.public_id])
    if study.state == StudyState.PAUSED:
        return NextStep(
            "Paused",
            "Raters see a page that says so. Their progress is kept.",
            "Resume",
            reverse("study-resume", args=[study.public_id]),
            post=True,
            others=[Link("See results", results)],
        )
    if study.state == StudyState.CLOSED:
        return NextStep(
            "Closed", "No more votes are taken. All that came in is in the results.", "See results", results
        )
    return _running(study, progress, results)


def _preparing(study: Study, progress: Progress) -> NextStep:
    if progress.phase == "failed":
        return NextStep(
            "The preparation has failed",
            "The design stays frozen as it is; no rater has seen anything yet.",
            "Try again now",
            reverse("study-prepare", args=[study.public_id]),
            post=True,
            others=[Link("See the history", reverse("study-audit", args=[study.public_id]))],
        )
    if progress.phase == "planning":
        return NextStep("Writing the plan", "Then the pictures are prepared, and the study opens by itself.")
    return NextStep("Preparing the pictures", "The study opens to raters by itself when all are ready.")


def _draft(study: Study, coverage: Coverage) -> NextStep:
    if importing := study_overview.open_import(study):
        return NextStep(
            "Images are on their way",
            "When the import is done, choose the design.",
            "See the import",
            reverse("import", args=[importing.public_id]),
        )
    if not coverage.images:
        return NextStep(
            "Bring images in",
            "This study has no images yet. Upload a manifest with its pictures, or post them by the API.",
            "Upload images",
            reverse("study-images-add", args=[study.public_id]),
            others=[Link("How the API works", reverse("api-docs"))],
        )
    design = reverse("study-design", args=[study.public_id])
    images = Link("See the images", reverse("study-images", args=[study.public_id]))
    if not study_overview.is_designed(study):
        return NextStep(
            "Choose the design",
            "Say what raters are asked, how they answer, and how many of them answer the same question.",
            "Choose the design",
            design,
            others=[images],
        )
    if problems := _problems(study):
        return NextStep(
            "Not ready for launch",
            "Launching would be refused for these reasons:",
            "Change the design",
            design,
            problems=problems,
            others=[images],
        )
    return NextStep(
        "Launch",
        "Images and design are ready. You will see the plan once more before anything is frozen.",
        "Launch…",
        reverse("study-launch", args=[study.public_id]),
        others=[Link("Change the design", design)],
    )


def _problems(study: Study) -> list[dict[str, Any]]:
    """Planning ten thousand images takes a second. The answer holds until the study changes, and every
    change to its images or design leaves an audit row."""
    state = study.audit.order_by("-sequence").values_list("sequence", flat=True).first()
    key = f"launchable/{study.public_id}/{state}/{study.images.count()}"
    return cache.get_or_set(key, lambda: studies.check_launchable(study), timeout=3600)


def _running(study: Study, progress: Progress, results: str) -> NextStep:
    if not progress.votes:
        panels = list(study.panels.all())
        # A link that is no use to anybody is not offered for copying.
        by_link = (PanelEntry.LINK, PanelEntry.PROLIFIC, PanelEntry.MTURK)
        one = panels[0] if len(panels) == 1 and panels[0].entry in by_link else None
        return NextStep(
            "Send the link to raters",
            "The study is open. The first vote will show up here by itself.",
            "Copy the link" if one else "Go to the links",
            "#panels",
            copy=f"#link-{one.public_id}" if one else "",
            others=[Link("See results", results)],
        )
    if progress.wanted and progress.votes >= progress.wanted:
        return NextStep(
            "All wanted votes are in",
            "Read the results. Close the study when you don't want to keep it open.",
            "See results",
            results,
        )
    return NextStep(
        "Votes are coming in",
        "Results are computed from the votes as they are, with intervals that say how sure they are.",
        "See results",
        results,
        others=[Link("Links for raters", "#panels")],
    )
