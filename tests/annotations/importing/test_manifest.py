import json

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.importing import manifest
from annotations.importing.problems import Problems, Unreadable
from tests.pictures import csv_text, rows

CELLS = [row["prompt_id"] + row["generator"] for row in rows()]


def read(tmp_path, content):
    path = tmp_path / "manifest"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = Problems()
    return manifest.read(path, problems), problems


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_every_common_separator_and_a_byte_order_mark_are_understood(tmp_path, delimiter, start):
    found, problems = read(tmp_path, start + csv_text(rows(), delimiter))
    assert [row.get("prompt_id") + row.get("generator") for row in found] == CELLS
    assert not problems.errors


def test_rows_are_numbered_as_in_the_file_blank_lines_included(tmp_path):
    lines = csv_text(rows()).splitlines()
    found, _ = read(tmp_path, "\n".join([lines[0], lines[1], "", *lines[2:]]))
    assert [row.number for row in found] == [2, 4, 5, 6]


def test_unknown_columns_become_metadata(tmp_path):
    found, problems = read(tmp_path, csv_text([row | {"generation_s": "1.5"} for row in rows()]))
    assert found[0].metadata == {"generation_s": "1.5"}
    assert not problems.errors
    assert not problems.warnings


@pytest.mark.parametrize(
    ("typed", "meant"), [("promt", "prompt"), ("generater", "generator"), ("catgory", "category")]
)
def test_a_misspelt_column_is_refused_and_the_right_one_named(tmp_path, typed, meant):
    _, problems = read(tmp_path, csv_text(rows()).replace(meant + ",", typed + ",", 1))
    assert any(typed in p.column and f"did you mean “{meant}”" in p.reason for p in problems.errors)


def test_a_column_that_looks_like_seed_can_be_kept_under_another_name(tmp_path):
    _, problems = read(tmp_path, csv_text(rows()).replace("seed", "speed", 1))
    assert "meta_speed" in problems.errors[0].mend
    found, problems = read(tmp_path, csv_text(rows()).replace("seed", "meta_speed", 1))
    assert not problems.errors
    assert found[0].metadata == {"meta_speed": "7"}


def test_a_missing_column_names_what_other_tools_call_it(tmp_path):
    _, problems = read(tmp_path, csv_text(rows()).replace("generator", "model", 1))
    assert [(p.row, p.column, p.mend) for p in problems.errors] == [
        (1, "generator", "Rename “model” to generator.")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (csv_text(rows()).replace("objects", "objéts").encode("latin-1"), "not UTF-8"),
        (csv_text(rows()).encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04junk", "workbook"),
        (b'[{"prompt_id": 1}]', "one JSON array"),
        (b"PAR1 junk", "Parquet"),
        ((csv_text(rows()) + 'p9,"never closed,x,y,z,1\n').encode(), "cannot be read as CSV"),
        (csv_text([]).encode(), "no rows"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_with_its_reason(tmp_path, content, reason):
    with pytest.raises(Unreadable, match=reason):
        read(tmp_path, content)


def test_a_row_with_too_many_fields_is_named(tmp_path):
    _, problems = read(tmp_path, csv_text(rows()) + "p1,A cube, red,objects,model-c,images/c.png,7\n")
    assert [(p.row, p.reason) for p in problems.errors] == [(6, "the row has 7 fields, the header 6")]


def test_jsonl_keeps_numbers_texts_and_nested_metadata(tmp_path):
    lines = [json.dumps(row | {"seed": 3285054705, "settings": {"steps": [20, 30]}}) for row in rows()]
    found, problems = read(tmp_path, "\n".join(lines))
    assert not problems.errors
    assert found[0].get("seed") == "3285054705"
    assert found[0].metadata == {"settings": {"steps": [20, 30]}}
    assert [row.number for row in found] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "line", ["{", "[1]", "7", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 5000, '{"prompt": {}}']
)
def test_a_line_that_is_no_object_is_named(tmp_path, line):
    _, problems = read(tmp_path, "\n".join(json.dumps(row) for row in rows()) + "\n" + line)
    assert [p.row for p in problems.errors] == [5]


def test_parquet_with_gaps_in_a_column_of_whole_numbers_keeps_the_seeds(tmp_path):
    table = pyarrow.Table.from_pylist(
        [row | {"seed": n} for row, n in zip(rows(), [1.0, None, 3.0, 4.0], strict=True)]
    )
    pyarrow.parquet.write_table(table, tmp_path / "m")
    found, problems = read(tmp_path, (tmp_path / "m").read_bytes())
    assert not problems.errors
    assert [row.get("seed") for row in found] == ["1", "", "3", "4"]


def seeds():
    table = pyarrow.Table.from_pylist(rows())
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink)
    jsonl = "\n".join(json.dumps(row) for row in rows()).encode()
    return [b"", b"{", b"PAR1", csv_text(rows()).encode(), jsonl, sink.getvalue().to_pybytes()]


@given(st.sampled_from(seeds()), st.integers(0, 3000), st.binary(max_size=40), st.booleans())
def test_whatever_the_bytes_the_answer_is_rows_or_a_reason(tmp_path_factory, base, at, junk, cut):
    content = base[:at] + junk + (b"" if cut else base[at + len(junk) :])
    told = []
    try:
        rows_read, problems = read(tmp_path_factory.getbasetemp(), content)
        told = [(p.reason, p.mend) for p in problems.errors]
        assert rows_read or told
    except Unreadable as error:
        told = [(error.reason, error.mend)]
    assert all(reason and mend for reason, mend in told)
