"""Open what was brought, in any of its shapes, and check it from end to end."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from annotations.importing import manifest, pictures, table
from annotations.importing.problems import Problems, Unreadable
from annotations.importing.rows import Row
from annotations.importing.sources import Folder, Source, Zip


@dataclass
class Bundle:
    """A manifest's rows with the source of their pictures; `problems` holds everything found so far."""

    rows: list[Row]
    source: Source
    problems: Problems


@contextmanager
def opened(manifest_path: Path, images: Path | None = None) -> Iterator[Bundle]:
    """`manifest_path` may be a ZIP that holds both; `images` a folder or a ZIP, by default the manifest's
    folder. Raises Unreadable."""
    problems = Problems()
    with tempfile.TemporaryDirectory(prefix="arena-import-") as scratch:
        both = is_zip(manifest_path)
        source = _source(
            manifest_path if both and images is None else images or manifest_path.parent, problems
        )
        try:
            if both and isinstance(source, Zip):
                manifest_path = _unpack_manifest(source, Path(scratch))
            yield Bundle(manifest.read(manifest_path, problems), source, problems)
        finally:
            source.close()


def check(bundle: Bundle, limits: pictures.Limits, progress: Callable[[int, int], None]) -> None:
    """All checks that need no database; everything that is wrong is told at once."""
    table.check_rows(bundle.rows, bundle.problems)
    pictures.check_pictures(bundle.rows, bundle.source, limits, bundle.problems, progress)
    table.check_contents(bundle.rows, bundle.problems)
    if isinstance(bundle.source, Zip) and not bundle.problems.error_count:
        unused = list(bundle.source.unused())
        if unused:
            bundle.problems.warn(
                None,
                "ZIP",
                f"{len(unused):,} of the files in the ZIP are not named in the manifest and are left out "
                f"(for example {PurePosixPath(unused[0]).name[:60]})",
                "Nothing, unless they should be in the study: then add rows for them.",
            )


def is_zip(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _source(path: Path, problems: Problems) -> Source:
    if path.is_dir():
        return Folder(path)
    if not path.is_file():
        raise Unreadable(
            f"there is no folder or ZIP {path.name}", "Name the folder or the ZIP that holds the images."
        )
    return Zip(path, problems)


def _unpack_manifest(source: Zip, scratch: Path) -> Path:
    name = source.archive.manifest()
    source.beside = "" if "/" not in name else str(PurePosixPath(name).parent)
    source.used.add(name)
    info = source.archive.members[name]
    if info.file_size > manifest.MAX_BYTES:
        raise Unreadable("the manifest is too large", "Split it into several imports.")
    path = scratch / "manifest"
    try:
        with source.archive.open(name) as stream, path.open("wb") as handle:
            shutil.copyfileobj(stream, handle, 1 << 20)
    except Exception as error:  # damaged streams raise whatever their decompressor does
        raise Unreadable("the manifest is damaged inside the ZIP", "Make the ZIP again.") from error
    return path
