import itertools

import pytest

from annotations.importing.opened import check, opened
from annotations.importing.pictures import Limits
from annotations.importing.problems import Problems
from annotations.importing.table import check_completeness
from tests.pictures import encoded, files_for, folder, picture, rows

LIMITS = Limits(1_000_000, 500_000)


def problems_of(tmp_path, table, files=None, limits=LIMITS):
    with opened(folder(tmp_path, table, files)) as bundle:
        check(bundle, limits, lambda done, total: None)
        return bundle.problems


def told(problems):
    return [(p.row, p.column) for p in problems.errors]


def changed(number, **values):
    table = rows()
    table[number] |= values
    return table


def test_a_sound_table_has_no_problems_and_no_warnings(tmp_path):
    problems = problems_of(tmp_path, rows())
    assert (problems.error_count, problems.warning_count) == (0, 0)


@pytest.mark.parametrize("column", ["prompt_id", "prompt", "generator", "image"])
def test_an_empty_field_is_named(tmp_path, column):
    files = files_for(rows())
    assert (3, column) in told(problems_of(tmp_path, changed(1, **{column: " "}), files))


@pytest.mark.parametrize(
    ("column", "value"),
    [("prompt", "Another text"), ("category", "people")],
)
def test_a_prompt_with_two_meanings_is_named_with_both_rows(tmp_path, column, value):
    problems = problems_of(tmp_path, changed(1, **{column: value}))
    assert told(problems) == [(3, column)]
    assert "in row 2" in problems.errors[0].reason


def test_the_same_row_twice_is_an_error(tmp_path):
    problems = problems_of(tmp_path, [*rows(), rows()[0]])
    assert told(problems) == [(6, "")]
    assert problems.errors[0].reason == "the row repeats row 2"


def test_a_generator_twice_for_a_prompt_and_seed_is_an_error_and_another_seed_is_not(tmp_path):
    again = rows()[0] | {"image": "images/again.png"}
    files = files_for(rows()) | {"images/again.png": encoded(picture("pink"))}
    assert told(problems_of(tmp_path, [*rows(), again], files)) == [(6, "generator")]
    assert told(problems_of(tmp_path, [*rows(), again | {"seed": "8"}], files)) == []


def test_one_file_under_two_generators_is_a_warning(tmp_path):
    files = files_for(rows())
    files["images/model-b_p1.png"] = files["images/model-a_p1.png"]
    problems = problems_of(tmp_path, rows(), files)
    assert not problems.errors
    assert [(w.row, w.column) for w in problems.warnings] == [(3, "image")]
    assert "model-a and model-b" in problems.warnings[0].reason


def test_two_prompt_ids_with_one_text_are_a_warning(tmp_path):
    problems = problems_of(tmp_path, [row | {"prompt": "A cube"} for row in rows()])
    assert [w.column for w in problems.warnings] == ["prompt"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"no picture", "not a picture"),
        (encoded(picture(size=(300, 300)))[:600], "cut short"),
        (encoded(picture(size=(1100, 1000))), "more than the limit"),
        (encoded() + bytes(600_000), "larger than"),
    ],
)
def test_a_bad_file_is_named_by_its_row(tmp_path, data, reason):
    problems = problems_of(tmp_path, rows(), files_for(rows()) | {"images/model-b_p1.png": data})
    assert told(problems) == [(3, "image")]
    assert reason in problems.errors[0].reason


@pytest.mark.parametrize(
    "name", ["/etc/hostname", "../secret.png", "http://host/a.png", "C:\\a.png", "images", "~/a"]
)
def test_a_path_that_leads_elsewhere_is_not_followed(tmp_path, name):
    (tmp_path / "secret.png").write_bytes(encoded())
    base = tmp_path / "in"
    base.mkdir()
    assert told(problems_of(base, changed(1, image=name), files_for(rows()))) == [(3, "image")]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "secret.png").write_bytes(encoded())
    base = tmp_path / "in"
    base.mkdir()
    (base / "link.png").symlink_to(tmp_path / "secret.png")
    problems = problems_of(base, changed(1, image="link.png"), files_for(rows()))
    assert "leads out" in problems.errors[0].reason


def test_backslashes_of_another_system_are_understood(tmp_path):
    table = [row | {"image": row["image"].replace("/", "\\")} for row in rows()]
    assert told(problems_of(tmp_path, table, files_for(rows()))) == []


def test_a_missing_reference_is_named_as_such(tmp_path):
    table = [row | {"reference": "ref.png"} for row in rows()]
    problems = problems_of(tmp_path, table, files_for(rows()))
    assert {column for _, column in told(problems)} == {"reference"}


def test_all_problems_are_told_at_once_and_counted_beyond_the_first_hundred(tmp_path):
    table = rows([f"p{n}" for n in range(80)])
    problems = problems_of(tmp_path, table, {})
    assert problems.error_count == 160
    assert len(problems.first()) == 100
    assert [p["row"] for p in problems.first()[:3]] == [2, 3, 4]


@pytest.mark.parametrize("column", ["prompt", "generator", "prompt_id", "image"])
def test_a_text_that_no_database_keeps_is_refused(tmp_path, column):
    assert (3, column) in told(problems_of(tmp_path, changed(1, **{column: "a\x00b"}), files_for(rows())))


def test_a_text_that_is_too_long_is_refused(tmp_path):
    assert told(problems_of(tmp_path, changed(1, generator="g" * 201))) == [(3, "generator")]


def test_missing_cells_are_named():
    problems = Problems()
    cells = set(itertools.product(["p1", "p2", "p3"], ["a", "b"])) - {("p2", "b")}
    generators, prompts, missing = check_completeness(cells, problems)
    assert (generators, prompts, missing) == (["a", "b"], ["p1", "p2", "p3"], [("p2", "b")])
    assert "1 of 6 cells" in problems.warnings[0].reason
    assert "p2 × b" in problems.warnings[0].reason


def test_a_single_generator_is_warned_about():
    problems = Problems()
    check_completeness({("p1", "a")}, problems)
    assert "one generator only" in problems.warnings[0].reason
