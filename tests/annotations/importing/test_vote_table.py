import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotations.importing import vote_file, vote_table
from annotations.importing.problems import Problems, Unreadable

PLAIN = {"left": "left", "right": "right", "outcome": "outcome"}


def read(folder, text, mapping=None, outcomes=None, name="votes.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = Problems()
    frame = vote_table.read(path, mapping or PLAIN, outcomes or {}, problems)
    return frame, problems.first()


def test_columns_are_mapped_to_our_words(tmp_path):
    frame, problems = read(
        tmp_path,
        "who,a,b,verdict\nkim,x,y,A\nlee,y,x,draw\n",
        {"left": "a", "right": "b", "outcome": "verdict", "rater": "who"},
        {"left": "a", "tie": "draw"},
    )
    assert problems == []
    assert frame.to_dict("list") == {
        "left": ["x", "y"],
        "right": ["y", "x"],
        "outcome": ["left", "tie"],
        "rater": ["kim", "lee"],
    }


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("a,b,lef", "outcome", "“lef” is not known"),
        ("a,b,", "outcome", "blank"),
        ("a,,left", "right", "blank"),
        ("a,b,left,tie", "", "4 fields, the header 3"),
        ("a,a,left", "right", "compared with itself"),
        ("a," + "b" * 201 + ",left", "right", "more than 200"),
    ],
)
def test_a_wrong_row_is_named_with_column_reason_and_mend(tmp_path, line, column, words):
    _, problems = read(tmp_path, f"left,right,outcome\na,b,tie\n{line}\n")
    assert [(problem["row"], problem["column"]) for problem in problems] == [(3, column)]
    assert words in problems[0]["reason"]
    assert problems[0]["mend"]


def test_all_wrong_rows_are_named_at_once(tmp_path):
    _, problems = read(tmp_path, "left,right,outcome\na,b,x\na,b,left\na,a,left\n,b,y\n")
    assert sorted({problem["row"] for problem in problems}) == [2, 4, 5]


def test_an_outcome_called_otherwise_no_longer_goes_by_its_own_name(tmp_path):
    _, problems = read(tmp_path, "left,right,outcome\na,b,left\n", outcomes={"left": "A"})
    assert "“left” is not known" in problems[0]["reason"]


def test_a_generator_called_none_is_a_generator(tmp_path):
    frame, problems = read(tmp_path, "left,right,outcome\nNone,NA,left\n")
    assert problems == []
    assert frame["left"].tolist() == ["None"]


def test_a_prompt_cannot_have_two_categories(tmp_path):
    mapping = PLAIN | {"prompt": "prompt", "category": "category"}
    text = "left,right,outcome,prompt,category\na,b,left,p1,x\na,b,left,p1,y\n"
    _, problems = read(tmp_path, text, mapping)
    assert problems[0]["row"] == 3
    assert "another category" in problems[0]["reason"]


def test_a_time_that_is_no_number_is_named(tmp_path):
    text = "left,right,outcome,ms\na,b,left,1200\na,b,left,fast\n"
    _, problems = read(tmp_path, text, PLAIN | {"answer_ms": "ms"})
    assert (problems[0]["row"], problems[0]["column"]) == (3, "ms")


@pytest.mark.parametrize(
    ("text", "mapping", "words"),
    [
        (b"", PLAIN, "empty"),
        (b"left,right,outcome\n", PLAIN, "no votes"),
        (b"left,right\na,b\n", PLAIN, "no column “outcome”"),
        (b"left,left,right,outcome\na,b,c,left\n", PLAIN, "twice"),
        (b'left,right,outcome\na,"b,left\n', PLAIN, "cannot be read"),
        (b"left,right,outcome\n\xff\xfea,b,left\n", PLAIN, "not UTF-8"),
        (b"PK\x03\x04 rest", PLAIN, "ZIP"),
        (b"left,right,outcome\na,b,left\n", {"left": "left"}, "no column is named for right, outcome"),
        (b"left,right,outcome\na,b,left\n", PLAIN | {"colour": "c"}, "not a field of a vote"),
    ],
)
def test_an_unreadable_file_or_mapping_is_refused_in_words(tmp_path, text, mapping, words):
    with pytest.raises(Unreadable) as refused:
        read(tmp_path, text, mapping)
    assert words in refused.value.reason
    assert refused.value.mend


def test_jsonl_and_parquet_say_the_same_as_csv(tmp_path):
    table = pd.DataFrame(
        {"left": ["a", "b"], "right": ["b", "a"], "outcome": ["left", "tie"], "rater": [1, 2]}
    )
    mapping = PLAIN | {"rater": "rater"}
    from_csv, _ = read(tmp_path, table.to_csv(index=False), mapping)
    from_jsonl, _ = read(tmp_path, table.to_json(orient="records", lines=True), mapping, name="v.jsonl")
    table.to_parquet(tmp_path / "v.parquet")
    from_parquet = vote_table.read(tmp_path / "v.parquet", mapping, {}, Problems())
    assert from_csv.to_dict("list") == from_jsonl.to_dict("list") == from_parquet.to_dict("list")
    assert from_csv["rater"].tolist() == ["1", "2"]


def test_the_first_rows_of_a_parquet_file_are_read_without_the_rest(tmp_path):
    path = tmp_path / "votes.parquet"
    rows = {"left": list("abcdef"), "right": list("bcdefg"), "outcome": ["left"] * 6}
    pq.write_table(pa.table(rows), path, row_group_size=2)
    assert vote_file.parquet_rows(path) == vote_file.count_rows(path) == 6
    rest = pq.read_metadata(path).row_group(2).column(0).dictionary_page_offset
    data = bytearray(path.read_bytes())
    data[rest : rest + 16] = b"\xff" * 16
    path.write_bytes(data)
    first = vote_table.read(path, PLAIN, {}, Problems(), limit=3)
    assert (first["left"].tolist(), first.index.tolist()) == (["a", "b", "c"], [1, 2, 3])
    with pytest.raises(Unreadable, match="cannot be read"):
        vote_table.read(path, PLAIN, {}, Problems())


@pytest.mark.parametrize("limit", [None, 1])
def test_the_index_of_a_parquet_file_is_a_column_as_any_other(tmp_path, limit):
    table = pd.DataFrame({"left": ["a", "b"], "right": ["b", "a"], "outcome": "left", "rater": ["x", "y"]})
    table.set_index("rater").to_parquet(tmp_path / "votes.parquet")
    mapping = PLAIN | {"rater": "rater"}
    frame = vote_table.read(tmp_path / "votes.parquet", mapping, {}, Problems(), limit=limit)
    assert frame["rater"].tolist() == ["x", "y"][:limit]


@pytest.mark.parametrize(("limit", "found"), [(3, 0), (None, 1)])
def test_a_ballot_may_go_on_below_the_rows_looked_at(tmp_path, limit, found):
    path = tmp_path / "votes.csv"
    path.write_text("trial,model,place\n1,a,1\n2,a,1\n1,b,2\n2,b,2\n3,a,1\n")
    mapping = {"ballot": "trial", "generator": "model", "rank": "place"}
    problems = Problems()
    frame = vote_table.read(path, mapping, {}, problems, limit=limit)
    assert frame["ballot"].tolist() == ["1", "2", "1", "2", "3"][:limit]
    assert [problem["row"] for problem in problems.first()] == [6] * found


def test_more_than_nine_on_a_ballot_are_too_many_even_among_the_first_rows(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("trial,model,place\n" + "".join(f"1,m{place},{place}\n" for place in range(1, 12)))
    problems = Problems()
    vote_table.read(path, {"ballot": "trial", "generator": "model", "rank": "place"}, {}, problems, limit=10)
    assert "more than nine" in problems.first()[0]["reason"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_every_kind_of_file_says_how_far_it_is_read(tmp_path, suffix):
    table = pd.DataFrame({"left": ["a", "b"], "right": ["b", "a"], "outcome": "left"})
    path = tmp_path / f"votes.{suffix}"
    if suffix == "parquet":
        table.to_parquet(path)
    else:
        text = table.to_csv(index=False) if suffix == "csv" else table.to_json(orient="records", lines=True)
        path.write_text(text)
    heard = []
    vote_table.read(path, PLAIN, {}, Problems(), heard=heard.append)
    assert heard == [2]


@pytest.mark.parametrize("text", ["left", "left=", "=a", "left=a,left=b"])
def test_a_mapping_that_cannot_be_read_is_refused(text):
    with pytest.raises(Unreadable):
        vote_table.parse_pairs(text)


def test_a_mapping_is_read():
    assert vote_table.parse_pairs("left=model a, right = b") == {"left": "model a", "right": "b"}
