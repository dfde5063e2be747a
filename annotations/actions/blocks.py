"""Blocks of a draft: each protocol a study asks about, with its question, criteria and design."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.errors import StudyRefused
from annotations.models import Block, Criterion, Study, StudyState

SETTINGS = frozenset({
    "key", "title", "protocol", "question", "show_reference", "allow_tie", "allow_both_bad",
    "allow_cannot_judge", "graded", "points", "pages", "size", "pick", "taxonomy", "allow_marks",
    "allow_note", "reasons", "design", "comparisons_per_prompt", "baseline", "samples_per_generator",
    "quotas", "translations",
})  # fmt: skip
CRITERION_FIELDS = ("key", "label", "question", "anchors")


@transaction.atomic
def add(
    *, study: Study, actor: Actor, criteria: Sequence[Mapping[str, Any]] | None = None, **settings: Any
) -> Block:
    """A further block at the end of a draft."""
    locked = _draft(study)
    block = first(locked) if not locked.blocks.exists() else _new(locked)
    write(block, settings, criteria)
    audit.record(study=locked, actor=actor, verb="block_added", subject=f"block {block.key}")
    return block


@transaction.atomic
def update(
    *, block: Block, actor: Actor, criteria: Sequence[Mapping[str, Any]] | None = None, **settings: Any
) -> Block:
    locked = _draft(block.study)
    changed = write(block, settings, criteria)
    audit.record(
        study=locked,
        actor=actor,
        verb="block_updated",
        subject=f"block {block.key}",
        data={"changed": changed + (["criteria"] if criteria is not None else [])},
    )
    return block


@transaction.atomic
def remove(*, block: Block, actor: Actor) -> None:
    """Take a block out of a draft; one stays."""
    locked = _draft(block.study)
    if locked.blocks.count() == 1:
        raise StudyRefused("A study has at least one block.", mend="Change this one, or add another first.")
    audit.record(study=locked, actor=actor, verb="block_removed", subject=f"block {block.key}")
    block.delete()


@transaction.atomic
def move(*, block: Block, actor: Actor, by: int) -> None:
    """Bring a block so many places forward (negative) or back; positions are counted anew."""
    locked = _draft(block.study)
    rows = list(locked.blocks.all())
    old = next(place for place, row in enumerate(rows) if row.pk == block.pk)
    new = min(max(old + by, 0), len(rows) - 1)
    if new == old:
        return
    rows.insert(new, rows.pop(old))
    for place, row in enumerate(rows):
        row.position = place
    Block.objects.bulk_update(rows, ["position"])
    block.position = new
    audit.record(
        study=locked, actor=actor, verb="block_moved", subject=f"block {block.key}", data={"to": new}
    )


def first(study: Study) -> Block:
    """The block that every new study has."""
    return Block(study=study, key="main", position=0)


def _new(study: Study) -> Block:
    last = study.blocks.order_by("-position")[0]
    taken = set(study.blocks.values_list("key", flat=True))
    number = last.position + 2
    while f"block-{number}" in taken:
        number += 1
    return Block(study=study, key=f"block-{number}", position=last.position + 1)


def write(
    block: Block, settings: Mapping[str, Any], criteria: Sequence[Mapping[str, Any]] | None
) -> list[str]:
    """Set, check and save, inside the caller's transaction. The names of what changed."""
    if unknown := set(settings) - SETTINGS:
        raise StudyRefused(f"A block has no setting {', '.join(sorted(unknown))}.", code="unknown_setting")
    changed = sorted(name for name, value in settings.items() if getattr(block, name) != value)
    for name, value in settings.items():
        setattr(block, name, value)
    check(block, exclude=["study", "public_id"])
    block.save()
    if "protocol" in changed and criteria is None:
        block.criteria.all().delete()  # those of the other protocol; launch writes defaults
    if criteria is not None:
        block.criteria.all().delete()
        Criterion.objects.bulk_create(criterion_rows(block, criteria))
    return changed


def criterion_rows(block: Block, criteria: Sequence[Mapping[str, Any]]) -> list[Criterion]:
    return [
        Criterion(block=block, position=number, **{name: c[name] for name in CRITERION_FIELDS if name in c})
        for number, c in enumerate(criteria)
    ]


def check(row: models.Model, *, exclude: list[str]) -> None:
    """Refuse values that the row's fields do not take, all of them at once."""
    try:
        row.full_clean(exclude=exclude, validate_unique=False)
    except ValidationError as error:
        details = [
            {"field": field, "message": " ".join(words), "mend": "Change this setting."}
            for field, words in error.message_dict.items()
        ]
        raise StudyRefused(
            "These settings do not work: " + " ".join(problem["message"] for problem in details),
            mend="Change them and save again.",
            code="invalid_settings",
            details=details,
            status=400,
        ) from error


def _draft(study: Study) -> Study:
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.state != StudyState.DRAFT:
        raise StudyRefused(
            f"“{locked.name}” is launched; its blocks are part of the frozen design.",
            mend="Change blocks before launch, or start a new study.",
        )
    return locked
