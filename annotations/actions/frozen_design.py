"""What a launch freezes, in one document: settings and words as they stand, long lists by their hash."""

from collections.abc import Iterator
from typing import Any

from annotations.actions.plan_rows import Written
from annotations.actions.planning import StudyPlan, slots_of
from annotations.assignment.design import design_hash, digest
from annotations.models import ComparisonKind, Gold, ReferenceImage, Study

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
    "quotas", "translations",
)  # fmt: skip
PANEL_SETTINGS = (
    "name", "kind", "entry", "overlap", "max_raters", "practice", "quiz_pass_mark", "quiz_attempts", "verify",
)  # fmt: skip
Rows = Iterator[tuple[Any, ...]]


def describe(study: Study) -> dict[str, Any]:
    """Words, settings and material as they stand at launch. The plan follows from them and the seed."""
    consent = study.consents.all()[0]
    return {
        "version": VERSION,
        "settings": {name: getattr(study, name) for name in SETTINGS},
        "blocks": [
            {
                **{name: getattr(block, name) for name in BLOCK_SETTINGS},
                "slots": slots_of(block),
                "criteria": list(block.criteria.values("key", "label", "question", "anchors")),
            }
            for block in study.blocks.all()
        ],
        "panels": [
            {
                "id": panel.public_id,
                **{name: getattr(panel, name) for name in PANEL_SETTINGS},
                "quotas": list(panel.quotas.values("cell", "most_raters")),
            }
            for panel in study.panels.all()
        ],
        "consent": {
            "version": consent.version,
            "sha256": digest(
                [consent.text, consent.translations] if consent.translations else [consent.text]
            ),
        },
        "generators": sorted(set(study.images.order_by().values_list("generator__name", flat=True))),
        "prompts_sha256": digest(_prompts(study)),
        "images_sha256": digest(_images(study)),
        "references_sha256": digest(_references(study)),
        "golds_sha256": digest(_golds(study)),
    }


def with_plan(study: Study, plan: StudyPlan, written: Written) -> dict[str, Any]:
    """The same with what its plan asks of raters, once that is written."""
    frozen = study.design or {}
    per_block = [
        {
            "comparisons": part.wanted,
            "places": written.places[number],
            "checks": written.checks[number],
            **{use: written.golds[number].get(use, 0) for use in ("practice", "quiz")},
            **({"batches": part.batches} if part.batch else {}),
        }
        for number, part in enumerate(plan.blocks)
    ]
    asked = [planned for part in plan.blocks for planned in part.comparisons]
    return {
        **frozen,
        "frozen_sha256": design_hash(frozen),
        "blocks": [
            {**block, "counts": counts} for block, counts in zip(frozen["blocks"], per_block, strict=True)
        ],
        # Of adaptive blocks all candidates, and the places of the first batch; each later one is audited.
        "comparisons_sha256": digest(
            [planned.prompt, [item.image for item in planned.items]] for planned in asked
        ),
        "places_sha256": digest(_places(study)),
        "checks_sha256": digest(_checks(study)),
        "counts": {
            "generators": len(plan.generators),
            "prompts": len({planned.prompt for planned in asked}),
            "images": len(written.renditions),
            **{
                name: sum(counts[name] for counts in per_block)
                for name in ("comparisons", "places", "checks")
            },
        },
    }


def _prompts(study: Study) -> Rows:
    return study.prompts.order_by("id").values_list("key", "text", "category").iterator()


def _images(study: Study) -> Rows:
    fields = ("prompt__key", "generator__name", "seed", "sha256")
    return study.images.order_by("id").values_list(*fields).iterator()


def _references(study: Study) -> Rows:
    references = ReferenceImage.objects.filter(prompt__study=study).order_by("id")
    return references.values_list("prompt__key", "sha256").iterator()


def _golds(study: Study) -> Rows:
    golds = Gold.objects.filter(block__study=study).order_by("block__position", "block_id", "position", "id")
    return golds.values_list("block__key", "use", "images", "expected", "explanation", "source").iterator()


def _places(study: Study) -> Rows:
    """Who is asked how often, with which sides and in which order."""
    fields = ("panel__public_id", "comparison_id", "index", "order", "rank")
    return study.places.order_by("id").values_list(*fields).iterator()


def _checks(study: Study) -> Rows:
    """What each comparison with a known answer shows, and which answer passes."""
    checks = study.comparisons.exclude(kind=ComparisonKind.REGULAR).order_by("id", "slots__index")
    fields = ("prompt_id", "check_kind", "expected", "slots__image_id", "slots__rendition__instruction")
    return checks.values_list(*fields).iterator()
