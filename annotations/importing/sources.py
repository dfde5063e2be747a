"""Where the manifest's images come from: a folder or a ZIP archive. Both refuse to leave their own ground."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Protocol

from annotations.importing import archive
from annotations.importing.problems import Problems, short

KEEP_INSIDE = "Write the path relative to the manifest, without “..” and drive letters."


class NotThere(Exception):
    """The words say why a name leads to no file; `mend` says what to do."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason, self.mend = reason, mend


class Source(Protocol):
    def find(self, name: str) -> str:
        """The entry that a manifest's name means. Raises NotThere."""

    def read(self, entry: str, limit: int) -> bytes | None:
        """Its bytes, or None where there are more than `limit`. Raises NotThere."""

    def close(self) -> None: ...


def outside(name: str) -> str:
    """Why a name must not be followed, or an empty text."""
    if "\x00" in name:
        return "the name holds a NUL character"
    if "://" in name:
        return "this is a web address; only files that come with the manifest are read"
    if name.startswith(("/", "\\", "~")) or (len(name) > 1 and name[1] == ":"):
        return "the path is absolute"
    if ".." in name.replace("\\", "/").split("/"):
        return "the path leads out of its folder"
    return ""


class Folder:
    """Files below `base`; links that lead out of it are not followed."""

    def __init__(self, base: Path) -> None:
        self.base = base.resolve()

    def find(self, name: str) -> str:
        if reason := outside(name):
            raise NotThere(reason, KEEP_INSIDE)
        for spelling in (name, name.replace("\\", "/")):
            try:
                path = (self.base / spelling).resolve()
                if path.is_file():
                    break
            except (OSError, RuntimeError):  # too long a name, a loop of links
                continue
        else:
            raise NotThere(
                "there is no such file", f"Put “{short(name)}” beside the manifest or correct the path."
            )
        if not path.is_relative_to(self.base):
            raise NotThere(
                "the file is a link that leads out of its folder", "Copy the file into the folder."
            )
        return str(path)

    def read(self, entry: str, limit: int) -> bytes | None:
        try:
            with open(entry, "rb") as handle:
                return _bounded(handle.read(limit + 1), limit)
        except OSError as error:
            raise NotThere(
                f"the file cannot be read ({error.strerror})", "Check the file's permissions."
            ) from error

    def close(self) -> None:
        pass


class Zip:
    """Members of an archive, by path from the manifest's folder, from the top, or by their unique end."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self.archive = archive.Archive(path, problems)
        self.beside = ""  # the manifest's folder inside the archive
        self._ends: dict[str, list[str]] = {}
        for name in self.archive.members:
            self._ends.setdefault(PurePosixPath(name).name, []).append(name)
        self.used: set[str] = set()

    def find(self, name: str) -> str:
        if reason := outside(name):
            raise NotThere(reason, KEEP_INSIDE)
        tidy = str(PurePosixPath(name.replace("\\", "/")))
        for spelling in (str(PurePosixPath(self.beside) / tidy), tidy):
            if spelling in self.archive.members:
                self.used.add(spelling)
                return spelling
        ends = [m for m in self._ends.get(PurePosixPath(tidy).name, ()) if m.endswith("/" + tidy)]
        if len(ends) == 1:
            self.used.add(ends[0])
            return ends[0]
        if ends:
            both = " and ".join(short(end, 60) for end in ends[:2])
            raise NotThere(
                f"several files in the ZIP end so ({both})", "Write the whole path inside the ZIP."
            )
        raise NotThere(
            "there is no such file in the ZIP", f"Add “{short(name)}” to the ZIP or correct the path."
        )

    def read(self, entry: str, limit: int) -> bytes | None:
        try:
            return self.archive.read(entry, limit)
        except archive.DamagedMember as error:
            raise NotThere(str(error), "Make the ZIP again.") from error

    def unused(self) -> Iterable[str]:
        return [name for name in self.archive.members if name not in self.used]

    def close(self) -> None:
        self.archive.close()


def _bounded(data: bytes, limit: int) -> bytes | None:
    return None if len(data) > limit else data
