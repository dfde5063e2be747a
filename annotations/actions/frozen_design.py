"""What a launch freezes, in one document: settings and words as they stand, long lists by their hash."""

from collections.abc import Iterator, Sequence
from typing import Any

from annotations.assignment.design import digest
from annotations.assignment.pairs import Planned
from annotations.models import Block, ComparisonKind, ConsentText, Criterion, Panel, Study

VERSION = 2
SETTINGS = (
    "name", "instructions", "box_px", "encoding", "check_every", "first_check_within", "lease_s",
    "max_votes_per_rater", "repeat_share", "prompt_gap", "break_after_min", "rules", "ask_demographics",
    "privacy_text", "language", "translations", "seed",
)  # fmt: skip
BLOCK_SETTINGS = (
    "key", "title", "protocol", "question", "show_reference", "allow_tie", "allow_both_bad",
    "allow_cannot_judge", "graded", "points", "pages", "size", "pick", "taxonomy", "allow_marks",
    "allow_note", "reasons", "design", "comparisons_per_prompt", "baseline", "samples_per_generator",
    "translations",
)  # fmt: skip
PANEL_SETTINGS = (
    "name", "kind", "entry", "overlap", "max_raters", "practice", "quiz_pass_mark", "quiz_attempts", "verify",
)  # fmt: skip
Rows = Iterator[tuple[Any, ...]]


def describe(
    study: Study,
    *,
    generators: list[str],
    comparisons: Sequence[Planned],
    blocks: Sequence[tuple[Block, Sequence[Criterion]]],
    panels: Sequence[Panel],
    consent: ConsentText,
    counts: dict[str, int],
) -> dict[str, Any]:
    """The design of a study whose plan is written."""
    return {
        "version": VERSION,
        "settings": {name: getattr(study, name) for name in SETTINGS},
        "blocks": [
            {
                **{name: getattr(block, name) for name in BLOCK_SETTINGS},
                "criteria": [
                    {"key": c.key, "label": c.label, "question": c.question, "anchors": c.anchors}
                    for c in criteria
                ],
            }
            for block, criteria in blocks
        ],
        "panels": [
            {"id": panel.public_id, **{name: getattr(panel, name) for name in PANEL_SETTINGS}}
            for panel in panels
        ],
        "consent": {"version": consent.version, "sha256": digest([consent.text])},
        "generators": generators,
        "prompts_sha256": digest(_prompts(study)),
        "images_sha256": digest(_images(study)),
        "comparisons_sha256": digest(
            [planned.prompt, [item.image for item in planned.items]] for planned in comparisons
        ),
        "places_sha256": digest(_places(study)),
        "checks_sha256": digest(_checks(study)),
        "counts": counts,
    }


def _prompts(study: Study) -> Rows:
    return study.prompts.order_by("id").values_list("key", "text", "category").iterator()


def _images(study: Study) -> Rows:
    fields = ("prompt__key", "generator__name", "seed", "sha256")
    return study.images.order_by("id").values_list(*fields).iterator()


def _places(study: Study) -> Rows:
    """Who is asked how often, with which sides and in which order."""
    fields = ("panel__public_id", "comparison_id", "index", "order", "rank")
    return study.places.order_by("id").values_list(*fields).iterator()


def _checks(study: Study) -> Rows:
    """What each attention check shows, and which answer passes."""
    checks = study.comparisons.filter(kind=ComparisonKind.CHECK).order_by("id", "slots__index")
    fields = ("prompt_id", "check_kind", "expected", "slots__image_id", "slots__rendition__instruction")
    return checks.values_list(*fields).iterator()
