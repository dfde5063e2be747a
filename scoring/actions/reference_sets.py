"""Reference sets from a folder or a ZIP: checked as a whole before anything is stored, and never changed
later, since set scores cite them."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from annotations import blinding
from annotations.actions import storage
from annotations.errors import ImportRefused
from annotations.importing.archive import Archive, DamagedMember
from annotations.importing.problems import Problems, Progress, Unreadable, short
from annotations.models import Image, ReferenceImage
from scoring.actions.set_scores import content_hash
from scoring.errors import ScoringRefused
from scoring.models import ReferenceSet, ReferenceSetPicture

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff")
KEEP = "Remove the file, or save it as PNG or JPEG."


@dataclass
class _Found:
    """Pictures by content, staged as files so that memory does not grow with the set."""

    rows: dict[str, ReferenceSetPicture] = field(default_factory=dict)
    files: int = 0
    ignored: int = 0


@dataclass(frozen=True)
class SetImport:
    """`created` is False where this very set was there already. `repeated` counts files that hold a picture
    twice, `ignored` those that are no pictures by their name."""

    reference_set: ReferenceSet
    created: bool
    pictures: int
    repeated: int
    ignored: int


def create(
    *,
    name: str,
    source: Path,
    description: str = "",
    actor: AbstractBaseUser | None = None,
    progress: Progress | None = None,
) -> SetImport:
    """Make a reference set from all pictures in a folder (with its subfolders) or a ZIP.

    Raises ImportRefused with every problem, or ScoringRefused when the name belongs to other pictures.
    """
    name = name.strip()[:200]
    if not name:
        raise ScoringRefused("The reference set needs a name.", mend="Give it a name.", status=422)
    problems, found = Problems(), _Found()
    with storage.Staging() as staging:
        try:
            for label, data in _files(source, problems, found):
                _look(label, data, staging, problems, found)
                if progress:
                    progress("Checking", found.files, 0)
        except Unreadable as error:
            problems.error(error.row, error.column, error.reason, error.mend)
        if not found.rows and not problems.error_count:
            problems.error(None, "", "there is no picture in it", f"Add files that end {', '.join(ENDINGS)}.")
        if problems.error_count:
            raise ImportRefused(
                f"The reference set was not imported: {problems.error_count} problem(s).",
                mend="Mend the files and import again; nothing was stored.",
                details=problems.first(),
            )
        stored, created = _store(name, description, actor, staging, found)
    return SetImport(stored, created, len(found.rows), found.files - len(found.rows), found.ignored)


def create_from_upload(
    *, name: str, upload: IO[bytes], description: str = "", actor: AbstractBaseUser | None = None
) -> SetImport:
    """A reference set from an uploaded ZIP."""
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".zip") as handle:
        size = 0
        while chunk := upload.read(1 << 20):
            size += len(chunk)
            if size > settings.UPLOAD_MAX_BYTES:
                raise ImportRefused(
                    f"The ZIP is larger than {settings.UPLOAD_MAX_BYTES / 1e9:.1f} GB.",
                    mend="Import it on the server with import_reference_set, or raise UPLOAD_MAX_BYTES.",
                    status=413,
                )
            handle.write(chunk)
        handle.flush()
        return create(name=name, source=Path(handle.name), description=description, actor=actor)


def _files(source: Path, problems: Problems, found: _Found) -> Iterator[tuple[str, bytes | None]]:
    """Label and content of each file that is a picture by its name; None for one that is too large."""
    if source.is_dir():
        yield from _from_folder(source.resolve(), problems, found)
        return
    if not source.is_file():
        raise Unreadable("there is no such folder or ZIP", "Correct the path.")
    archive = Archive(source, problems)
    try:
        for member in sorted(archive.members):
            if not member.lower().endswith(ENDINGS):
                found.ignored += 1
                continue
            try:
                yield member, archive.read(member, settings.IMAGE_MAX_BYTES)
            except DamagedMember as error:
                problems.error(None, member, str(error), "Make the ZIP again.")
    finally:
        archive.close()


def _from_folder(root: Path, problems: Problems, found: _Found) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(root.rglob("*")):
        if path.is_dir() or path.name.startswith("."):
            continue
        label = str(path.relative_to(root))
        if not path.name.lower().endswith(ENDINGS):
            found.ignored += 1
        elif not path.resolve().is_relative_to(root):
            problems.error(None, label, "the file is a link that leads out of the folder", "Copy the file.")
        else:
            try:
                large = path.stat().st_size > settings.IMAGE_MAX_BYTES
                yield label, None if large else path.read_bytes()
            except OSError as error:
                problems.error(None, label, f"it cannot be read ({error.strerror})", "Check its permissions.")


def _look(
    label: str, data: bytes | None, staging: storage.Staging, problems: Problems, found: _Found
) -> None:
    found.files += 1
    if data is None:
        limit = f"{settings.IMAGE_MAX_BYTES / 1e6:,.0f} MB"
        problems.error(None, short(label), f"the file is larger than {limit}", "Save it smaller.")
        return
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 in found.rows:
        return
    try:
        facts = blinding.inspect(data, max_pixels=settings.IMAGE_MAX_PIXELS)
    except blinding.UnreadablePicture as error:
        problems.error(None, short(label), error.reason, error.mend or KEEP)
        return
    staging.write(sha256, data)
    found.rows[sha256] = ReferenceSetPicture(
        sha256=sha256,
        path=storage.original_path(sha256),
        format=facts.format,
        width=facts.width,
        height=facts.height,
        bytes=len(data),
    )


def _store(
    name: str, description: str, actor: AbstractBaseUser | None, staging: storage.Staging, found: _Found
) -> tuple[ReferenceSet, bool]:
    content = content_hash(found.rows)
    there = ReferenceSet.objects.filter(name=name).first()
    if there is not None:
        if there.content_hash == content:
            return there, False
        raise ScoringRefused(
            f"A reference set called “{name}” holds other pictures.",
            mend="Choose another name: set scores cite the pictures that a set was made of.",
        )
    staging.publish()
    try:
        with transaction.atomic():
            stored = ReferenceSet.objects.create(
                name=name, description=description, content_hash=content, created_by=actor
            )
            for row in found.rows.values():
                row.reference_set = stored
            ReferenceSetPicture.objects.bulk_create(found.rows.values(), batch_size=500)
    except BaseException as error:
        staging.withdraw(_in_use(staging.published))
        if not isinstance(error, IntegrityError):
            raise
        raise ScoringRefused(
            f"A reference set called “{name}” was made at this very moment.", mend="Look at it, then decide."
        ) from error
    return stored, True


def _in_use(contents: list[str]) -> set[str]:
    """Those of the contents that some row names."""
    used: set[str] = set()
    for start in range(0, len(contents), 500):
        some = contents[start : start + 500]
        for model in (Image, ReferenceImage, ReferenceSetPicture):
            used.update(model.objects.filter(sha256__in=some).values_list("sha256", flat=True))
    return used
