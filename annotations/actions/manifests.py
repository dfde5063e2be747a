"""From a manifest with its pictures to rows of a study: everything is checked, then everything stored.

`checked` writes nothing. `store` writes files, then all rows in one short transaction, so that voters on
SQLite hardly notice. `import_folder` is both.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from annotations import signals
from annotations.actions import audit
from annotations.actions.storage import Staging, missing, original_path
from annotations.errors import ImportRefused
from annotations.importing import opened, pictures, table
from annotations.importing.opened import Bundle
from annotations.importing.parallel import in_order
from annotations.importing.problems import Problems, Progress, Unreadable, short
from annotations.importing.rows import Checked, Row
from annotations.importing.sources import NotThere
from annotations.models import Generator, Image, Prompt, ReferenceImage, Study, StudyState

BATCH = 500
DISK_THREADS = 4


@dataclass
class Plan:
    """A manifest that has passed: what is new for the study and what is there already."""

    bundle: Bundle
    new: list[Row] = field(default_factory=list)
    already_there: int = 0
    generators: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    missing_cells: list[tuple[str, str]] = field(default_factory=list)

    @property
    def problems(self) -> Problems:
        return self.bundle.problems

    @property
    def categories(self) -> dict[str, int]:
        """Prompts per category."""
        of = {row.get("prompt_id"): row.get("category") for row in self.bundle.rows}
        return {name: list(of.values()).count(name) for name in sorted(set(of.values()))}


@dataclass(frozen=True)
class ImportResult:
    new: int
    already_there: int
    image_ids: list[int]
    warnings: list[dict[str, Any]]

    @property
    def words(self) -> str:
        return f"{self.new:,} new, {self.already_there:,} already there"


def import_folder(
    *,
    study: Study,
    manifest_path: Path,
    base: Path | None = None,
    actor: AbstractBaseUser | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Import all of a manifest or nothing. Raises ImportRefused with every problem found."""
    with checked(study=study, manifest_path=manifest_path, base=base, progress=progress) as plan:
        return store(study=study, plan=plan, actor=actor, progress=progress)


@contextmanager
def checked(
    *,
    study: Study | None,
    manifest_path: Path,
    base: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Plan]:
    """The plan of an import, its source still open. `study` is None where it is made afterwards."""
    problems = Problems()
    try:
        with opened.opened(manifest_path, base) as bundle:
            problems = bundle.problems
            yield _plan(bundle, study, progress or _silent)
    except Unreadable as error:
        problems.error(error.row, error.column, error.reason, error.mend)
        raise refusal(problems) from error


def refusal(problems: Problems) -> ImportRefused:
    count = problems.error_count
    refused = ImportRefused(
        f"Nothing was imported: {count:,} problem{'s' if count != 1 else ''} found.",
        mend="Mend what the table names and import again.",
        details=problems.first(),
    )
    refused.problems = problems
    return refused


def store(
    *,
    study: Study,
    plan: Plan,
    actor: AbstractBaseUser | None = None,
    progress: Progress | None = None,
    before_commit: Callable[[], None] | None = None,
) -> ImportResult:
    """Files first, then the rows. `before_commit` runs inside the transaction and may refuse by raising."""
    warnings = plan.problems.first_warnings()
    if not plan.new:
        if before_commit:
            with transaction.atomic():
                before_commit()
        return ImportResult(0, plan.already_there, [], warnings)
    with Staging() as staging:
        _stage(staging, plan, progress or _silent)
        staging.publish()
        try:
            ids = _insert(study, plan, actor, before_commit)
        except BaseException:
            staging.withdraw(_in_use(staging.published))
            raise
    return ImportResult(len(ids), plan.already_there, ids, warnings)


def _plan(bundle: Bundle, study: Study | None, progress: Progress) -> Plan:
    limits = pictures.Limits(settings.IMAGE_MAX_PIXELS, settings.IMAGE_MAX_BYTES)
    opened.check(bundle, limits, lambda done, total: progress("checking", done, total))
    plan = Plan(bundle)
    cells = {(row.get("prompt_id"), row.get("generator")) for row in bundle.rows}
    if study is not None and study.pk:
        _compare_with_study(plan, study)
        there = Image.objects.filter(study=study).values_list("prompt__key", "generator__name")
        cells |= set(there.iterator())
    else:
        plan.new = list(bundle.rows)
    if bundle.problems.error_count:
        raise refusal(bundle.problems)
    plan.generators, plan.prompts, plan.missing_cells = table.check_completeness(cells, bundle.problems)
    return plan


def _compare_with_study(plan: Plan, study: Study) -> None:
    """A row that is there already is left alone; one that contradicts what is there is a problem."""
    problems = plan.problems
    prompts = {prompt.key: prompt for prompt in Prompt.objects.filter(study=study)}
    there = Image.objects.filter(study=study).values_list("prompt__key", "generator__name", "seed", "sha256")
    hashes = {(key, generator, seed): sha256 for key, generator, seed, sha256 in there.iterator()}
    for row in plan.bundle.rows:
        if known := prompts.get(row.get("prompt_id")):
            _same_prompt(row, known, problems)
        stored = hashes.get(row.cell)
        if stored is None:
            plan.new.append(row)
        elif row.image is None or row.image.sha256 == stored:
            plan.already_there += 1
        else:
            problems.error(
                row.number,
                "image",
                "the study has another picture for this prompt, generator and seed",
                "Give this one a seed of its own, or start a new study.",
            )
    if plan.new and study.state != StudyState.DRAFT:
        problems.error(
            None,
            "",
            f"the study is {study.get_state_display().lower()}; its images are frozen since its launch",
            "Start a new study for these images.",
        )


def _same_prompt(row: Row, known: Prompt, problems: Problems) -> None:
    have = {"prompt": known.text, "category": known.category, "niche": known.niche, "source": known.source}
    for column, value in have.items():
        if row.get(column) != value:
            problems.error(
                row.number,
                column,
                f"the study's prompt {short(known.key, 40)} has “{short(value, 40)}”",
                "Use the study's wording, or another prompt_id.",
            )


def _stage(staging: Staging, plan: Plan, progress: Progress) -> None:
    """Copy each content once, read again and compared with what was checked."""
    wanted: dict[str, tuple[Row, str, Checked]] = {}
    for row in plan.new:
        for column, picture in (("image", row.image), ("reference", row.reference)):
            if picture:
                wanted.setdefault(picture.sha256, (row, column, picture))

    def copy(job: tuple[Row, str, Checked]) -> None:
        staging.write(job[2].sha256, _read_again(plan, *job))

    # Several at a time: each copy waits for the disk to say that it is safe.
    for number, _ in enumerate(in_order(wanted.values(), copy, DISK_THREADS), start=1):
        progress("storing", number, len(wanted))


def _read_again(plan: Plan, row: Row, column: str, picture: Checked) -> bytes:
    try:
        data = plan.bundle.source.read(picture.entry, settings.IMAGE_MAX_BYTES)
    except NotThere:
        data = None
    if data is None or hashlib.sha256(data).hexdigest() != picture.sha256:
        plan.problems.error(
            row.number,
            column,
            "the file has changed since it was checked",
            "Import again when it is at rest.",
        )
        raise refusal(plan.problems)
    return data


def _insert(
    study: Study, plan: Plan, actor: AbstractBaseUser | None, before_commit: Callable[[], None] | None
) -> list[int]:
    """All rows in one transaction. What can be made ready before is ready, so that it is short."""
    names = {row.get("generator") for row in plan.new}
    images = [_image(study, row) for row in plan.new]
    with transaction.atomic():
        locked = Study.objects.select_for_update().get(pk=study.pk)
        if before_commit:
            before_commit()
        if locked.state != StudyState.DRAFT:
            plan.problems.error(None, "", "the study was launched meanwhile", "Start a new study.")
            raise refusal(plan.problems)
        Generator.objects.bulk_create([Generator(name=name) for name in sorted(names)], ignore_conflicts=True)
        generators = dict(Generator.objects.filter(name__in=names).values_list("name", "pk"))
        prompts = _insert_prompts(locked, plan)
        for image, row in zip(images, plan.new, strict=True):
            image.prompt_id = prompts[row.get("prompt_id")]
            image.generator_id = generators[row.get("generator")]
        Image.objects.bulk_create(images, batch_size=BATCH)
        _insert_references(plan, prompts)
        ids = [image.pk for image in images]
        lost = missing({image.sha256 for image in images})
        if lost:  # another import that failed has taken a shared file back; the next attempt writes it anew
            raise FileNotFoundError(f"{len(lost)} originals vanished before they were committed")
        audit.record(
            study=locked,
            actor=actor,
            verb="images_imported",
            subject=f"study {locked.public_id}",
            data={"images": len(ids), "generators": len(names), "already_there": plan.already_there},
        )
        transaction.on_commit(lambda: signals.images_stored.send(None, study_id=study.pk, image_ids=ids))
    return ids


def _insert_prompts(study: Study, plan: Plan) -> dict[str, int]:
    prompts = dict(Prompt.objects.filter(study=study).values_list("key", "pk"))
    fresh: dict[str, Prompt] = {}
    for row in plan.new:
        key = row.get("prompt_id")
        if key not in prompts and key not in fresh:
            fresh[key] = Prompt(
                study=study,
                key=key,
                text=row.get("prompt"),
                category=row.get("category"),
                source=row.get("source"),
                niche=row.get("niche"),
            )
    made = Prompt.objects.bulk_create(fresh.values(), batch_size=BATCH)
    return prompts | {prompt.key: prompt.pk for prompt in made}


def _insert_references(plan: Plan, prompts: dict[str, int]) -> None:
    wanted = {(prompts[r.get("prompt_id")], r.reference.sha256): r.reference for r in plan.new if r.reference}
    ReferenceImage.objects.bulk_create(
        [
            ReferenceImage(prompt_id=prompt, **_file_columns(picture))
            for (prompt, _), picture in wanted.items()
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def _image(study: Study, row: Row) -> Image:
    assert row.image is not None
    return Image(study=study, seed=row.get("seed"), metadata=row.metadata, **_file_columns(row.image))


def _file_columns(picture: Checked) -> dict[str, Any]:
    return {
        "sha256": picture.sha256,
        "path": original_path(picture.sha256),
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.bytes,
    }


def _in_use(hashes: list[str]) -> set[str]:
    used: set[str] = set()
    for start in range(0, len(hashes), BATCH):
        some = hashes[start : start + BATCH]
        for model in (Image, ReferenceImage):
            used.update(model.objects.filter(sha256__in=some).values_list("sha256", flat=True))
    return used


def _silent(phase: str, done: int, total: int) -> None:
    pass
