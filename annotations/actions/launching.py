"""What a launch freezes and writes: words and settings at once, then every comparison with its places."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from annotations.actions import blocks, frozen_design, plan_rows
from annotations.actions.planning import StudyPlan
from annotations.assignment import design
from annotations.models import Block, ConsentText, Criterion, Panel, Protocol, Study
from annotations.protocols.failures import DEFAULT_TAXONOMY

DEFAULT_PANEL = "Crowd"
DEFAULT_CONSENT = (
    "You will look at pictures and say which you prefer, or how good they are. We store your answers, how "
    "long they took, and the size of your window. We store no name, no address and nothing that identifies "
    "you. You may stop at any time by closing the page. Some pictures test whether answers are given with "
    "care. The answers are analysed and may be published."
)
POINTS = ["Very poor", "Poor", "Fair", "Good", "Very good"]
DEFAULT_LIKERT_CRITERIA: list[dict[str, Any]] = [
    {
        "key": "fidelity",
        "label": "Fidelity",
        "question": "How free is the picture of visible errors?",
        "anchors": ["Broken", "Many errors", "Some errors", "Few errors", "No errors"],
    },
    {
        "key": "alignment",
        "label": "Alignment",
        "question": "How well does the picture show what the description says?",
        "anchors": ["Not at all", "A little", "Half of it", "Mostly", "Entirely"],
    },
    {
        "key": "aesthetics",
        "label": "Aesthetics",
        "question": "How good does the picture look?",
        "anchors": POINTS,
    },
]
# Around a piece of work that writes so many rows: a transaction, progress, or nothing.
Step = Callable[[int], AbstractContextManager[Any]]


def new_seed() -> int:
    return secrets.randbelow(2**31)


def at_once(rows: int) -> AbstractContextManager[Any]:
    """The whole plan in the caller's transaction."""
    return nullcontext()


def freeze(study: Study) -> None:
    """Complete what the designer left open, and fix words, settings, prompts and images with a hash. What is
    asked, and in which order, follows from them and the seed; `write_plan` adds it to the design."""
    for block in study.blocks.all():
        write_defaults(block)
    if not study.panels.exists():
        Panel.objects.create(study=study, name=DEFAULT_PANEL)
    if not study.consents.exists():
        ConsentText.objects.create(study=study, version=1, text=DEFAULT_CONSENT)
    study.design = frozen_design.describe(study)
    study.design_hash = design.design_hash(study.design)


def write_plan(study: Study, plan: StudyPlan, step: Step = at_once) -> dict[str, Any]:
    """All rows of a plan whose comparisons are chosen. The design with the plan in it."""
    written = plan_rows.write(plan, list(study.panels.all()), step)
    return frozen_design.with_plan(study, plan, written)


def adopt(study: Study, whole: Mapping[str, Any]) -> None:
    """The plan is written: its design becomes the study's. The caller saves."""
    study.design = dict(whole)
    study.design_hash = design.design_hash(whole)


def write_defaults(block: Block) -> None:
    """Criteria and taxonomy as the block's protocol needs them."""
    wanted: Sequence[Mapping[str, Any]] = []
    if block.protocol == Protocol.FAILURE_REVIEW:
        block.criteria.all().delete()  # one answer: the failures seen
        if not block.taxonomy:
            block.taxonomy = DEFAULT_TAXONOMY
            block.save(update_fields=["taxonomy"])
        return
    if block.protocol in (Protocol.BEST_OF_N, Protocol.RANKING):
        block.criteria.exclude(key="overall").delete()
    if not block.criteria.exists():
        likert = block.protocol == Protocol.LIKERT
        overall = {"key": "overall", "label": "Overall", "question": block.question}
        wanted = likert_criteria(block.points) if likert else [overall]
    Criterion.objects.bulk_create(blocks.criterion_rows(block, wanted))


def likert_criteria(points: int) -> list[dict[str, Any]]:
    """The usual ones, their anchors spread over the scale: with seven points, two have a number alone."""
    if points == len(POINTS):
        return DEFAULT_LIKERT_CRITERIA
    named = {0: 0, 1: 1, points // 2: 2, points - 2: 3, points - 1: 4}
    return [
        {
            **criterion,
            "anchors": [criterion["anchors"][named[p]] if p in named else "" for p in range(points)],
        }
        for criterion in DEFAULT_LIKERT_CRITERIA
    ]
