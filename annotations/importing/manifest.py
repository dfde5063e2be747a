"""Manifests as rows: CSV (comma, semicolon, tab or bar), JSONL, Parquet, told apart by their content."""

import csv
from collections.abc import Iterator
from pathlib import Path

from annotations.importing import columns, records
from annotations.importing.problems import Problems, Unreadable, short
from annotations.importing.rows import Row

MAX_BYTES = 256_000_000
MAX_ROWS = 200_000
ZIP_MAGIC = b"PK\x03\x04"
PARQUET_MAGIC = b"PAR1"
SAVE_UTF8 = "Save the file as “CSV UTF-8” (spreadsheets offer it when saving)."


def read(path: Path, problems: Problems) -> list[Row]:
    """All rows. What is wrong with single rows goes to `problems`; Unreadable is raised for the rest."""
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("the manifest is empty", "Write a header and one row per image.")
    if size > MAX_BYTES:
        raise Unreadable(
            f"the manifest is larger than {MAX_BYTES // 1_000_000} MB", "Split it into several imports."
        )
    rows: list[Row] = []
    for row in _rows(path, problems):
        if len(rows) >= MAX_ROWS:
            raise Unreadable(
                f"the manifest has more than {MAX_ROWS:,} rows", "Split it into several imports."
            )
        rows.append(row)
    if not rows and not problems.error_count:
        raise Unreadable("the manifest has no rows", "Write one row per image below the header.")
    return rows


def _rows(path: Path, problems: Problems) -> Iterator[Row]:
    with path.open("rb") as handle:
        start = handle.read(4096)
    if start.startswith(PARQUET_MAGIC):
        return records.parquet_rows(path, problems, MAX_ROWS, MAX_BYTES)
    if start.startswith(ZIP_MAGIC):
        raise Unreadable(
            "the manifest is a ZIP archive or a workbook (.xlsx)",
            "Save the table as CSV; a ZIP with the images goes into the other field.",
        )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or start[:200].count(0) > 20:
        raise Unreadable("the manifest is not UTF-8 text (it looks like UTF-16)", SAVE_UTF8)
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first == b"{":
        return records.jsonl_rows(path, problems)
    if first == b"[":
        raise Unreadable("the manifest is one JSON array", "Write one JSON object per line (JSONL).")
    return _csv_rows(path, problems)


def _csv_rows(path: Path, problems: Problems) -> Iterator[Row]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            delimiter = _delimiter(handle.read(65_536))
            handle.seek(0)
            header: columns.Columns | None = None
            # strict: a quote that is never closed swallows rows silently otherwise.
            for number, fields in enumerate(csv.reader(handle, delimiter=delimiter, strict=True), start=1):
                if not any(value.strip() for value in fields):
                    continue
                if header is None:
                    header = columns.resolve(fields, problems, number)
                    continue
                if row := _csv_row(number, fields, header, problems):
                    yield row
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise Unreadable(f"the manifest is not UTF-8 text (byte 0x{byte:02x})", SAVE_UTF8) from error
    except csv.Error as error:
        raise Unreadable(
            f"row {number + 1} cannot be read as CSV ({short(error)})",
            "Look for a quote that is not closed; a quote inside a quoted field is written twice.",
            row=number + 1,
        ) from error


def _delimiter(start: str) -> str:
    """The sign that finds most known columns in the header; commas when none does."""

    def found(delimiter: str) -> int:
        try:
            fields = next(csv.reader(start.splitlines(keepends=True), delimiter=delimiter), [])
        except csv.Error:
            return 0
        return sum(name.strip().lower() in columns.KNOWN for name in fields)

    return max(",;\t|", key=found)


def _csv_row(number: int, fields: list[str], header: columns.Columns, problems: Problems) -> Row | None:
    extra = [value for value in fields[len(header.known) :] if value.strip()]
    if extra:
        problems.error(
            number,
            "",
            f"the row has {len(fields)} fields, the header {len(header.known)}",
            "Put quotes around texts that hold the separator.",
        )
        return None
    row = Row(number, {})
    for value, known, key in zip(fields, header.known, header.metadata, strict=False):
        if known:
            row.values[known] = value.strip()
        elif key and value.strip():
            row.metadata[key] = value.strip()
        elif not key and value.strip():
            problems.error(
                number, "", f"“{short(value, 40)}” stands in a column without a name", "Name the column."
            )
    return row
