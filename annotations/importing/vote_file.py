"""Reading tables of votes made elsewhere: CSV, JSONL or Parquet as tidy text, row by row as in the file."""

import csv
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from annotations.importing.problems import Problems, Unreadable, short

if TYPE_CHECKING:
    from pyarrow import Table
    from pyarrow.parquet import ParquetFile

MAX_BYTES = 2_000_000_000
PAGES_BYTES = 1 << 16
SAVE_UTF8 = "Save the file as “CSV UTF-8” (spreadsheets offer it when saving)."


# How many rows were read, as they are read.
Heard = Callable[[int], None]
CSV, JSONL, PARQUET = "csv", "jsonl", "parquet"
HEARD_EVERY = 5_000


def read_table(
    path: Path,
    columns: list[str],
    problems: Problems,
    *,
    limit: int | None = None,
    heard: Heard | None = None,
) -> pd.DataFrame:
    """The columns asked for, indexed by the row's number in the file (a CSV's header is row 1). With a
    `limit`, no more rows than that."""
    kind = kind_of_file(path)
    if kind == PARQUET:
        return _parquet(path, columns, limit)
    if kind == JSONL:
        return _jsonl(path, columns, limit)
    return _csv(path, columns, problems, limit, heard or _silent)


def kind_of_file(path: Path) -> str:
    """By content; raises Unreadable for what is no table that we know."""
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("the file is empty", "Write a header and one row per vote.")
    if size > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES // 10**9} GB", "Split it into several studies.")
    with path.open("rb") as handle:
        start = handle.read(4096)
    if start.startswith(b"PAR1"):
        return PARQUET
    if start.startswith(b"PK\x03\x04"):
        raise Unreadable("the file is a ZIP archive or a workbook (.xlsx)", "Save the table as CSV.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("the file is not UTF-8 text (it looks like UTF-16)", SAVE_UTF8)
    return JSONL if start.lstrip().startswith(b"{") else CSV


def peek(path: Path, rows: int) -> tuple[list[str], list[list[str]]]:
    """Names of the columns and the first rows as text, for somebody to say which column is what."""
    kind = kind_of_file(path)
    try:
        if kind == PARQUET:
            with _in_pages(path) as source:
                names = list(source.schema_arrow.names)
                batch = next(source.iter_batches(batch_size=rows), None)
            found = batch.to_pylist() if batch is not None else []
            return names, [[_shown(row[name]) for name in names] for row in found]
        with path.open(encoding="utf-8-sig", newline="") as handle:
            if kind == CSV:
                reader = csv.reader(handle, strict=True)
                names = [name.strip() for name in next(reader, [])]
                return names, [row for row in islice(reader, rows) if len(row) == len(names)]
            objects = [json.loads(line) for line in islice(filter(str.strip, handle), rows)]
        names = list(dict.fromkeys(name for found in objects for name in found))
        return names, [[_shown(row.get(name)) for name in names] for row in objects]
    except (OSError, ValueError, AttributeError, TypeError, csv.Error) as error:
        raise Unreadable(f"the file cannot be read ({short(error)})", SAVE_UTF8) from error


def count_rows(path: Path) -> int:
    """As a Parquet file states it; about the number of a text file, told quickly."""
    if kind_of_file(path) == PARQUET:
        return parquet_rows(path)
    with path.open("rb") as handle:
        return sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b""))


def parquet_rows(path: Path) -> int:
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, ValueError) as error:
        raise _broken(error) from error


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _silent(done: int) -> None:
    pass


def _parquet(path: Path, columns: list[str], limit: int | None) -> pd.DataFrame:
    import pyarrow.parquet as pq

    try:
        with _in_pages(path) as source:
            _require(columns, source.schema_arrow.names)
            table = _first(source, columns, limit) if limit else pq.read_table(path, columns=columns)
            # What pandas noted would take the column of its index away.
            frame = table.to_pandas(ignore_metadata=True)
    except (OSError, ValueError) as error:
        raise _broken(error) from error
    return frame.set_axis(np.arange(1, len(frame) + 1), axis=0)


def _in_pages(path: Path) -> "ParquetFile":
    """Read as far as it is asked for: otherwise a single row costs the columns of a whole row group, and
    that may be all of the file."""
    import pyarrow.parquet as pq

    return pq.ParquetFile(path, buffer_size=PAGES_BYTES, pre_buffer=False)


def _first(source: "ParquetFile", columns: list[str], limit: int) -> "Table":
    import pyarrow as pa

    batches, missing = [], limit
    for batch in source.iter_batches(batch_size=limit, columns=columns):
        batches.append(batch.slice(0, missing))
        missing -= len(batches[-1])
        if not missing:
            break
    return pa.Table.from_batches(batches) if batches else source.read(columns=columns)


def _broken(error: Exception) -> Unreadable:
    return Unreadable(f"the Parquet file cannot be read ({short(error)})", "Write it again.")


def _jsonl(path: Path, columns: list[str], limit: int | None) -> pd.DataFrame:
    try:
        frame = pd.read_json(path, lines=True, dtype=False, nrows=limit)
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable(f"the JSONL cannot be read ({short(error)})", "One JSON object per line.") from error
    _require(columns, [str(name) for name in frame.columns])
    return frame[columns].set_axis(np.arange(1, len(frame) + 1), axis=0)


def _csv(path: Path, columns: list[str], problems: Problems, limit: int | None, heard: Heard) -> pd.DataFrame:
    """Rows are counted as a spreadsheet does: the header is row 1. Blank lines are no votes."""
    number, rows, numbers = 0, [], []
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            # strict: a quote that is never closed swallows rows silently otherwise.
            reader = csv.reader(handle, strict=True)
            names = [name.strip() for name in next(reader, [])]
            _require(columns, names)
            wanted = [names.index(column) for column in columns]
            for number, fields in enumerate(islice(reader, limit), start=2):
                if number % HEARD_EVERY == 0:
                    heard(number)
                if len(fields) == len(names):
                    rows.append([fields[place] for place in wanted])
                    numbers.append(number)
                elif any(field.strip() for field in fields):
                    reason = f"the row has {len(fields)} fields, the header {len(names)}"
                    problems.error(number, "", reason, "Put quotes around texts that hold a comma.")
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8 text", SAVE_UTF8) from error
    except csv.Error as error:
        raise Unreadable(
            f"row {number + 1} cannot be read as CSV ({short(error)})",
            "Look for a quote that is not closed; a quote inside a quoted field is written twice.",
            row=number + 1,
        ) from error
    frame = pd.DataFrame(rows, columns=columns, index=numbers, dtype=object)
    return frame[(frame != "").any(axis=1)]


def _require(columns: list[str], names: list[str]) -> None:
    for name in columns:
        if names.count(name) == 0:
            raise Unreadable(
                f"the file has no column “{short(name, 60)}”",
                f"Its columns are: {', '.join(short(n, 40) for n in names[:30])}.",
                column=name,
            )
        if names.count(name) > 1:
            raise Unreadable(f"column “{short(name, 60)}” is there twice", "Rename one.", column=name)


def text_of(values: pd.Series) -> pd.Series:
    """Every cell as tidy text; what is absent becomes empty."""
    absent = values.isna()
    if pd.api.types.is_float_dtype(values):
        whole = (values[~absent] % 1 == 0).all()
        values = values.astype("Int64") if whole else values
    return values.astype(object).where(~absent, "").astype(str).str.strip()
