import csv
import io
import json

import pandas as pd
import pyarrow.parquet as pq

from arena.results.export import writers
from arena.results.export.dictionary import Column

COLUMNS = (Column("name", "text", ""), Column("n", "whole", ""), Column("x", "real", ""))
ROWS = [("plain", 1, 0.5), ("=cmd()", -2, -1.5), ('with "quotes", and\nlines', None, None), (None, 3, 1e-12)]


def whole(fmt, batches):
    return b"".join(writers.stream(fmt, COLUMNS, batches))


def test_all_formats_hold_the_same_rows():
    from_json = [json.loads(line) for line in whole("jsonl", [ROWS]).splitlines()]
    from_parquet = pq.read_table(io.BytesIO(whole("parquet", [ROWS[:2], ROWS[2:]]))).to_pylist()
    assert from_json == from_parquet
    assert [tuple(row.values()) for row in from_json] == ROWS
    table = list(csv.DictReader(io.StringIO(whole("csv", [ROWS]).decode())))
    assert [row["n"] for row in table] == ["1", "-2", "", "3"]
    assert table[2]["name"] == ROWS[2][0]


def test_text_that_a_spreadsheet_would_run_is_kept_text():
    for start in ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"):
        line = whole("csv", [[(start, 1, 0.5)]]).decode()
        assert next(csv.DictReader(io.StringIO(line, newline="")))["name"] == f"'{start}"


def test_numbers_below_zero_stay_numbers():
    table = pd.read_csv(io.BytesIO(whole("csv", [ROWS])))
    assert table["x"].tolist()[:2] == [0.5, -1.5]


def test_no_rows_still_make_a_readable_file():
    assert whole("csv", []) == b"name,n,x\r\n"
    assert whole("jsonl", []) == b""
    assert pq.read_table(io.BytesIO(whole("parquet", []))).column_names == ["name", "n", "x"]


def test_each_batch_is_sent_before_the_next_is_made():
    for fmt in writers.FORMATS:
        made = []

        def batches(made=made):
            for number in range(3):
                made.append(number)
                yield [("x" * 1000, number, 0.5)] * 10

        pieces = iter(writers.stream(fmt, COLUMNS, batches()))
        next(pieces)
        assert made == [0], fmt
