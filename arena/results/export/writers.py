"""Rows out as CSV, JSONL or Parquet, piece by piece: memory holds one batch, whatever the length."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from arena.results.export.dictionary import REAL, TEXT, WHOLE, Column

Row = Sequence[Any]
Batches = Iterable[list[Row]]
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
FORMATS = tuple(CONTENT_TYPES)
# What makes a spreadsheet read a cell as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def stream(fmt: str, columns: Sequence[Column], batches: Batches) -> Iterator[bytes]:
    writers: dict[str, Callable[[Sequence[Column], Batches], Iterator[bytes]]] = {
        "csv": csv_bytes,
        "jsonl": jsonl_bytes,
        "parquet": parquet_bytes,
    }
    return writers[fmt](columns, batches)


def csv_bytes(columns: Sequence[Column], batches: Batches) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    text = [column.kind == TEXT for column in columns]
    writer.writerow([column.name for column in columns])
    for batch in batches:
        writer.writerows(_harmless(batch, text))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def _harmless(batch: list[Row], text: list[bool]) -> Iterable[Row]:
    """A generator called "=1+1" must not run in somebody's spreadsheet; an apostrophe makes it text there.
    Few columns hold such cells, if any, so whole columns are looked through at once."""
    columns: list[Sequence[Any]] = list(zip(*batch, strict=True))
    harmless = True
    for place, (column, is_text) in enumerate(zip(columns, text, strict=False)):
        if is_text and any(value and value[0] in FORMULA for value in set(column)):
            harmless = False
            columns[place] = [f"'{value}" if value and value[0] in FORMULA else value for value in column]
    return batch if harmless else zip(*columns, strict=True)


def jsonl_bytes(columns: Sequence[Column], batches: Batches) -> Iterator[bytes]:
    names = [column.name for column in columns]
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for batch in batches:
        lines = [encode(dict(zip(names, row, strict=True))) for row in batch]
        yield "".join(f"{line}\n" for line in lines).encode()


class _Sink(io.RawIOBase):
    """A file that only collects what was written since it was last emptied."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def parquet_bytes(columns: Sequence[Column], batches: Batches) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {TEXT: pa.string(), WHOLE: pa.int64(), REAL: pa.float64()}
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in batches:
            if batch:
                arrays = [
                    pa.array(values, type=field.type)
                    for values, field in zip(zip(*batch, strict=True), schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                yield sink.take()
    yield sink.take()


def tidy(value: Any, column: Column) -> Any:
    """A value as the column wants it; what is absent or not finite becomes None."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if column.kind == WHOLE:
        return int(value)
    return float(value) if column.kind == REAL else str(value)
