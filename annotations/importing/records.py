"""Manifests whose rows are objects: JSONL and Parquet."""

import json
import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from annotations.importing import columns
from annotations.importing.problems import Problems, Unreadable, short
from annotations.importing.rows import Row

MAX_DEPTH = 20


def jsonl_rows(path: Path, problems: Problems) -> Iterator[Row]:
    seen: dict[tuple[str, ...], columns.Columns] = {}
    names = _all_names(path)
    columns.resolve(names, problems, None)
    for number, line in _lines(path):
        try:
            record = json.loads(line, parse_constant=_no_constant, object_pairs_hook=_unique_keys)
        except (ValueError, RecursionError) as error:
            problems.error(
                number, "", f"not a JSON object ({short(error, 60)})", "Write one JSON object per line."
            )
            continue
        if not isinstance(record, dict):
            problems.error(number, "", "not a JSON object", "Write one JSON object per line.")
            continue
        keys = tuple(record)
        if keys not in seen:
            seen[keys] = columns.resolve(keys, Problems(), None)
        yield row_of(number, list(record.values()), seen[keys], problems)


def parquet_rows(path: Path, problems: Problems, max_rows: int, max_bytes: int) -> Iterator[Row]:
    import pyarrow.parquet as parquet  # 50 MB of library that CSV imports need not load

    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            described = file.metadata
            plain = sum(described.row_group(i).total_byte_size for i in range(described.num_row_groups))
            if described.num_rows > max_rows or plain > max_bytes:
                raise Unreadable("the manifest is too large", "Split it into several imports.")
            header = columns.resolve(file.schema_arrow.names, problems, None)
            for batch in file.iter_batches(batch_size=1000):
                for record in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield row_of(number, list(record), header, problems)
    except Unreadable:
        raise
    except Exception as error:  # pyarrow raises many kinds on damaged files
        raise Unreadable(
            f"the manifest cannot be read as Parquet ({short(error, 60)})",
            "Write the file again, or use CSV.",
        ) from error


def row_of(number: int, values: list[Any], header: columns.Columns, problems: Problems) -> Row:
    row = Row(number, {})
    for value, known, key in zip(values, header.known, header.metadata, strict=True):
        if known:
            row.values[known] = _text(value, number, known, problems)
        elif key and value is not None:
            row.metadata[key] = _plain(value)
    return row


def _text(value: Any, number: int, column: str, problems: Problems) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a column of whole numbers with gaps arrives as floats
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    problems.error(
        number, column, f"a text is wanted, not {type(value).__name__}", "Write the value as a text."
    )
    return ""


def _plain(value: Any, depth: int = 0) -> Any:
    """What JSON can hold; databases refuse infinities."""
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth < MAX_DEPTH:
        if isinstance(value, dict):
            return {str(key): _plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [_plain(item, depth + 1) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta):
        return str(value)
    return short(value, 200)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as handle:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise Unreadable(
            f"the manifest is not UTF-8 text (byte 0x{byte:02x})", "Write the file again as UTF-8."
        ) from error


def _all_names(path: Path) -> list[str]:
    """Every key that any line uses, in order: a column is missing only where no line has it."""
    names: dict[str, None] = {}
    for _, line in _lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            names.update(dict.fromkeys(record))
        if len(names) > 1000:
            raise Unreadable(
                "the objects use more than 1,000 different keys", "Give all lines the same keys."
            )
    return list(names)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a key is there twice")
    return record
