"""Checks of the manifest as a table: before any picture is opened, and across pictures afterwards."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from annotations.importing import columns
from annotations.importing.problems import Problems, short
from annotations.importing.rows import Row

LENGTHS = {
    "prompt_id": 200,
    "prompt": 10_000,
    "category": 100,
    "generator": 200,
    "seed": 40,
    "niche": 100,
    "reference": 1000,
    "source": 200,
    "image": 1000,
}
OF_THE_PROMPT = ("prompt", "category", "niche", "source")
DEFAULT_CATEGORY = "uncategorised"
CELLS_NAMED = 20


def check_rows(rows: list[Row], problems: Problems) -> None:
    """Everything that the table itself can tell."""
    present = {name for row in rows for name in row.values}
    for row in rows:
        _fields(row, present, problems)
    _one_meaning_per_prompt(rows, problems)
    _one_image_per_cell(rows, problems)


def _fields(row: Row, present: set[str], problems: Problems) -> None:
    for column in columns.REQUIRED:
        # A column that is missing altogether has been said once.
        if not row.get(column) and column in present:
            problems.error(row.number, column, "the field is empty", f"Fill in the {column}.")
    for column, value in row.values.items():
        if len(value) > LENGTHS[column]:
            problems.error(
                row.number,
                column,
                f"the text has {len(value):,} characters, more than {LENGTHS[column]:,}",
                "Shorten it.",
            )
        elif not storable(value):
            problems.error(
                row.number,
                column,
                "the text holds characters that cannot be stored",
                "Remove NUL and half characters.",
            )
    if row.metadata and not storable(row.metadata):
        problems.error(
            row.number,
            "",
            "the metadata hold characters that cannot be stored",
            "Remove NUL and half characters.",
        )
    row.values["category"] = row.get("category") or DEFAULT_CATEGORY


def storable(value: Any) -> bool:
    """PostgreSQL keeps no NUL; no encoding keeps half a surrogate pair."""
    if isinstance(value, dict):
        return all(storable(key) and storable(item) for key, item in value.items())
    if isinstance(value, list):
        return all(storable(item) for item in value)
    if not isinstance(value, str):
        return True
    return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _one_meaning_per_prompt(rows: Iterable[Row], problems: Problems) -> None:
    first: dict[str, Row] = {}
    ids_of_text: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        key = row.get("prompt_id")
        if not key:
            continue
        earlier = first.setdefault(key, row)
        ids_of_text[row.get("prompt")].add(key)
        for column in OF_THE_PROMPT:
            if row.get(column) != earlier.get(column):
                problems.error(
                    row.number,
                    column,
                    f"prompt {short(key, 40)} has “{short(row.get(column), 40)}” here and "
                    f"“{short(earlier.get(column), 40)}” in row {earlier.number}",
                    f"Give the prompt one {column}, or another prompt_id.",
                )
    for text, keys in ids_of_text.items():
        if len(keys) > 1 and text:
            some = ", ".join(short(key, 30) for key in sorted(keys)[:3])
            problems.warn(
                None,
                "prompt",
                f"{len(keys)} prompt_ids ({some}) have the same text “{short(text, 40)}”",
                "Give them one prompt_id if they are one prompt.",
            )


def _one_image_per_cell(rows: Iterable[Row], problems: Problems) -> None:
    first: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        key, generator, seed = row.cell
        earlier = first.setdefault(row.cell, row)
        if earlier is row or not key or not generator:
            continue
        if (earlier.values, earlier.metadata) == (row.values, row.metadata):
            problems.error(row.number, "", f"the row repeats row {earlier.number}", "Remove one of the two.")
            continue
        what = f"seed {short(seed)}" if seed else "no seed"
        problems.error(
            row.number,
            "generator",
            f"{short(generator, 40)} has prompt {short(key, 40)} with {what} in row {earlier.number} already",
            "Remove one of the two rows, or give them different seeds.",
        )


def check_contents(rows: Iterable[Row], problems: Problems) -> None:
    """The same file under two names may be a mistake of the table: said, not refused."""
    seen: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row.image is None:
            continue
        earlier = seen.setdefault((row.get("prompt_id"), row.image.sha256), row)
        if earlier is row:
            continue
        both = sorted({row.get("generator"), earlier.get("generator")})
        who = " and ".join(short(name, 40) for name in both)
        problems.warn(
            row.number,
            "image",
            f"the same picture as in row {earlier.number} ({who}, prompt {short(row.get('prompt_id'), 40)})",
            "See whether a file was copied to the wrong name; raters cannot tell the two apart.",
        )


def check_completeness(
    cells: set[tuple[str, str]], problems: Problems
) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Generators, prompts and the missing cells of their table; warnings where raters could not compare."""
    prompts = list(dict.fromkeys(sorted(prompt for prompt, _ in cells)))
    generators = sorted({generator for _, generator in cells})
    missing = [(p, g) for p in prompts for g in generators if (p, g) not in cells]
    if missing:
        named = "; ".join(f"{short(p, 40)} × {short(g, 40)}" for p, g in missing[:CELLS_NAMED])
        more = f" and {len(missing) - CELLS_NAMED:,} more" if len(missing) > CELLS_NAMED else ""
        problems.warn(
            None,
            "image",
            f"{len(missing):,} of {len(prompts) * len(generators):,} cells of the generator × prompt table "
            f"are missing: {named}{more}",
            "Add these images, or leave the table as it is: comparisons use what is there.",
        )
    if len(generators) == 1:
        problems.warn(
            None,
            "generator",
            f"there is one generator only ({short(generators[0])})",
            "Bring in a second one; a comparison needs two.",
        )
    return generators, prompts, missing
