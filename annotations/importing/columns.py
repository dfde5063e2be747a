"""The manifest's columns: which are known, which are missing, which are probably misspelt."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from annotations.importing.problems import Problems, short

REQUIRED = ("prompt_id", "prompt", "generator", "image")
OPTIONAL = ("category", "seed", "niche", "reference", "source")
KNOWN = REQUIRED + OPTIONAL
METADATA_PREFIX = "meta_"
# What other tools call these columns; named in the mend, never taken silently.
OTHER_NAMES = {
    "prompt_id": ("id", "promptid", "prompt_key", "key"),
    "prompt": ("text", "caption", "prompt_text", "description"),
    "generator": ("model", "model_name", "system", "method"),
    "image": ("file", "filename", "file_name", "path", "image_path", "image_file", "img"),
}


@dataclass(frozen=True)
class Columns:
    """For every field of a row, in order: its known column, or its metadata key ("" = unnamed)."""

    known: tuple[str, ...]
    metadata: tuple[str, ...]


def resolve(names: Sequence[str], problems: Problems, row: int | None) -> Columns:
    """Match header names, whatever their case. Unknown columns become metadata."""
    tidy = [name.strip() for name in names]
    lowered = [name.lower() for name in tidy]
    known = ["source" if name == "prompt_source" else name if name in KNOWN else "" for name in lowered]
    seen: set[str] = set()
    for name, low in zip(tidy, known, strict=True):
        key = low or name
        if key and key in seen:
            problems.error(row, short(name), "this column is there twice", "Remove or rename one of the two.")
        seen.add(key)
    _misspelt(tidy, known, problems, row)
    metadata = ["" if low else name for name, low in zip(tidy, known, strict=True)]
    return Columns(tuple(known), tuple(metadata))


def _misspelt(names: list[str], known: list[str], problems: Problems, row: int | None) -> None:
    present = {name for name in known if name}
    unknown = [name for name, low in zip(names, known, strict=True) if name and not low]
    guessed: set[str] = set()
    for name in unknown:
        if len(name) > 100:
            problems.error(
                row, short(name), "this column's name is longer than 100 characters", "Shorten it."
            )
    for name in unknown:
        if name.lower().startswith(METADATA_PREFIX):
            continue
        close = difflib.get_close_matches(name.lower(), KNOWN, n=1, cutoff=0.8)
        if close and close[0] not in present:
            guessed.add(close[0])
            problems.error(
                row,
                short(name),
                f"unknown column; did you mean “{close[0]}”?",
                f"Rename it to {close[0]}, or to {METADATA_PREFIX}{short(name, 40)} if it is something else.",
            )
        elif close:
            problems.warn(
                row,
                short(name),
                f"looks like “{close[0]}”, which is there too; kept as metadata",
                "Check the name.",
            )
    for wanted in REQUIRED:
        if wanted not in present | guessed:
            _missing(wanted, unknown, problems, row)


def _missing(wanted: str, unknown: list[str], problems: Problems, row: int | None) -> None:
    others = [name for name in unknown if name.lower() in OTHER_NAMES[wanted]]
    mend = f"Rename “{short(others[0], 40)}” to {wanted}." if others else f"Add a column {wanted}."
    problems.error(row, wanted, "this required column is missing", mend)
