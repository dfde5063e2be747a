"""ZIP archives from strangers: looked through as a whole before any member is opened.

Members are only ever read as streams, never extracted to paths of their own choosing.
"""

import os
import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from annotations.importing.problems import Problems, Unreadable, short

MAX_MEMBERS = 250_000
MAX_DIRECTORY_BYTES = 128_000_000
MAX_PLAIN_BYTES = 64_000_000_000
# Deflate cannot do better than 1,032; pictures are compressed already. Small members may be anything.
MAX_RATIO = 300
RATIO_FROM_BYTES = 10_000_000
MANIFEST_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
AGAIN = "Make the ZIP again from plain files."
MANIFEST_IN_ZIP = "Put one manifest (CSV, JSONL or Parquet) at the top of the ZIP, or send it beside the ZIP."


class DamagedMember(Exception):
    pass


class Archive:
    """`members` maps tidy names to entries. What is wrong with entries goes to `problems`."""

    def __init__(self, path: Path, problems: Problems) -> None:
        _look_at_directory(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:  # BadZipFile, struct.error, UnicodeDecodeError, OverflowError …
            raise Unreadable(f"the ZIP cannot be read ({short(error, 60)})", AGAIN) from error
        self.members: dict[str, zipfile.ZipInfo] = {}
        plain = 0
        for info in self._zip.infolist():
            plain += info.file_size
            if reason := _refusal(info):
                problems.error(None, "ZIP", f"“{short(info.orig_filename)}”: {reason}", AGAIN)
            elif not info.is_dir() and not _litter(info.filename):
                name = str(PurePosixPath(info.filename))
                if name in self.members:
                    problems.error(
                        None, "ZIP", f"“{short(name)}” is in the ZIP twice", "Keep one of the two."
                    )
                self.members[name] = info
        if plain > MAX_PLAIN_BYTES:
            problems.error(
                None, "ZIP", f"it unpacks to {plain / 1e9:,.0f} GB", "Import the images in several parts."
            )

    def manifest(self) -> str:
        """The one manifest nearest to the top; a file called manifest.* wins."""
        found = [name for name in self.members if name.lower().endswith(MANIFEST_ENDINGS)]
        if not found:
            raise Unreadable("the ZIP holds no manifest", MANIFEST_IN_ZIP)
        top = min(name.count("/") for name in found)
        found = [name for name in found if name.count("/") == top]
        called = [name for name in found if PurePosixPath(name).stem.lower() == "manifest"]
        chosen = called if called else found
        if len(chosen) > 1:
            names = ", ".join(short(name, 40) for name in chosen[:3])
            raise Unreadable(
                f"the ZIP holds several manifests ({names})", "Keep one, or call it manifest.csv."
            )
        return chosen[0]

    def read(self, name: str, limit: int) -> bytes | None:
        info = self.members[name]
        if info.file_size > limit:
            return None
        try:
            with self._zip.open(info) as stream:
                data = stream.read(limit + 1)
        except Exception as error:  # a wrong checksum, overlapping entries, broken streams of any method
            raise DamagedMember(f"the file is damaged inside the ZIP ({short(error, 60)})") from error
        return None if len(data) > limit else data

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(self.members[name])

    def close(self) -> None:
        self._zip.close()


def _refusal(info: zipfile.ZipInfo) -> str:
    # ZipInfo.filename has been tidied (cut at NUL, separators changed); what was written is in orig_filename.
    name = info.orig_filename
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    rules = (
        ("\x00" in name or any(ord(c) < 32 for c in name), "its name holds control characters"),
        ("\\" in name, "its name holds a backslash"),
        (name.startswith("/") or (len(name) > 1 and name[1] == ":"), "its path is absolute"),
        (".." in name.split("/"), "its path leads out of the ZIP"),
        (not name.strip("/ ."), "it has no name"),
        (kind == stat.S_IFLNK, "it is a symbolic link"),
        (kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK), "it is not a plain file"),
        (bool(info.flag_bits & 0x1), "it is encrypted"),
        (info.compress_type not in METHODS, "its compression is not supported"),
        (
            info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size),
            f"it unpacks to {info.file_size / 1e6:,.0f} MB from {info.compress_size / 1e3:,.0f} kB",
        ),
    )
    return next((reason for broken, reason in rules if broken), "")


def _litter(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parts[0] == "__MACOSX" or path.name in (".DS_Store", "Thumbs.db", "desktop.ini")


def _look_at_directory(path: Path) -> None:
    """zipfile reads the whole directory into memory; its size and count are looked at first."""
    size = path.stat().st_size
    with path.open("rb") as handle:
        handle.seek(max(0, size - 65_557))
        tail = handle.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < 22:
            raise Unreadable("the file is not a ZIP, or it is cut short", AGAIN)
        count, directory = struct.unpack("<HL", tail[at + 10 : at + 16])
        locator = tail[at - 20 : at] if at >= 20 else b""
        if locator.startswith(b"PK\x06\x07"):
            handle.seek(min(struct.unpack("<Q", locator[8:16])[0], size), os.SEEK_SET)
            record = handle.read(56)
            if len(record) == 56 and record.startswith(b"PK\x06\x06"):
                count, directory = struct.unpack("<QQ", record[32:48])
    if count > MAX_MEMBERS or directory > MAX_DIRECTORY_BYTES:
        raise Unreadable(f"the ZIP holds {count:,} files", "Import the images in several parts.")
