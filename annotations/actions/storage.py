"""Files under MEDIA_ROOT. A file is whole or absent: temporary name, fsync, atomic rename, then the row.

Originals are addressed by their content, renditions by a random key. Imports stage their files first, so
that an import that is refused, cancelled or killed leaves nothing among the originals.
"""

import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.conf import settings

from annotations.errors import NotFound

STALE_S = 24 * 3600


def original_path(sha256: str) -> str:
    return f"originals/{sha256[:2]}/{sha256}"


def rendition_path(key: str) -> str:
    return f"renditions/{key[:2]}/{key}"


def absolute(path: str) -> Path:
    """Where a stored path lies. Paths come from our own rows, and still never lead out of MEDIA_ROOT."""
    root = Path(settings.MEDIA_ROOT).resolve()
    full = (root / path).resolve()
    if not path or not full.is_relative_to(root):
        raise NotFound("There is no such file.", mend="Import or prepare the picture again.")
    return full


def open_stored(path: str) -> BinaryIO:
    try:
        return absolute(path).open("rb")
    except FileNotFoundError as error:
        raise NotFound(
            "The picture's file is missing from the server's storage.",
            mend="Restore MEDIA_ROOT from a backup, or import the picture again.",
        ) from error


def write_atomic(path: str, data: bytes) -> None:
    """The whole file under its final name, safely on disk, or nothing."""
    full = absolute(path)
    full.parent.mkdir(parents=True, exist_ok=True)
    temporary = full.with_name(f".{uuid4().hex}.part")
    try:
        _write(temporary, data)
        os.replace(temporary, full)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class Staging:
    """A folder of one import's new originals: `publish` moves them into place, leaving removes the rest."""

    def __init__(self) -> None:
        self.root = Path(settings.MEDIA_ROOT).resolve()
        self.folder = self.root / "incoming" / uuid4().hex
        self._moved: list[tuple[Path, int]] = []

    def __enter__(self) -> "Staging":
        _remove_stale(self.folder.parent)
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, sha256: str, data: bytes) -> None:
        _write(self.folder / sha256, data)

    def publish(self) -> None:
        """Rename everything into place. A file that is there already is the same file: it is touched, so that
        another import that fails at this moment does not take it for its own."""
        shards: set[Path] = set()
        for staged in sorted(self.folder.iterdir()):
            target = self.root / original_path(staged.name)
            if target.exists():
                os.utime(target)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged, target)
            self._moved.append((target, target.stat().st_mtime_ns))
            shards.add(target.parent)
        for shard in shards:
            _sync_folder(shard)

    def withdraw(self, still_used: set[str]) -> None:
        """After a failed transaction: remove what was published and no row names."""
        for target, modified in self._moved:
            if target.name not in still_used and target.exists() and target.stat().st_mtime_ns == modified:
                target.unlink(missing_ok=True)

    @property
    def published(self) -> list[str]:
        return [target.name for target, _ in self._moved]


def missing(hashes: set[str]) -> list[str]:
    """Those of the contents whose file is not there."""
    root = Path(settings.MEDIA_ROOT).resolve()
    return [sha256 for sha256 in sorted(hashes) if not (root / original_path(sha256)).is_file()]


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _remove_stale(incoming: Path) -> None:
    """What killed imports have left behind; a running import is never a day old."""
    if not incoming.is_dir():
        return
    for folder in incoming.iterdir():
        if folder.stat().st_mtime < time.time() - STALE_S:
            shutil.rmtree(folder, ignore_errors=True)
