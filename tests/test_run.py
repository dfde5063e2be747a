"""What `make test` makes of tests that failed, and passed when they ran once more."""

import pytest

from tests import run
from tests.run import Result, Run, judged, told


def failing(*tests: str, code: int = 1, passed: int = 9) -> Run:
    return Run(code, passed, len(tests), {test: f"AssertionError in {test}" for test in tests})


def test_a_stage_without_failures_is_good_and_runs_nothing_again():
    assert judged(Run(0, 9, 0), None) == Result(9, 0)
    assert judged(Run(0, 9, 0), lambda tests: pytest.fail("ran again")).good


def test_a_test_that_passes_alone_is_unsteady_and_its_stage_good():
    asked = []
    found = judged(failing("a", "b"), lambda tests: asked.append(tests) or Run(0, len(tests), 0))
    assert asked == [["a", "b"]]
    assert found.good
    assert (found.passed, found.failed, list(found.unsteady)) == (11, 0, ["a", "b"])


@pytest.mark.parametrize(
    "second",
    [failing("a", passed=1), Run(0, 1, 0), Run(5, 0, 0), Run(-9, 2, 0)],
    ids=["one fails again", "one is not found", "none is found", "killed"],
)
def test_what_does_not_pass_alone_is_red(second):
    found = judged(failing("a", "b"), lambda tests: second)
    assert not found.good
    assert found == Result(9, 2)


@pytest.mark.parametrize(
    "first",
    [
        failing("a", "b", "c", "d"),
        failing("a", code=2),
        Run(1, 9, 0),
        Run(5, 0, 0),
        Run(0, 0, 0),
        Run(-9, 9, 0),
        Run(1, 9, 2, {"a": "crashed twice"}),
        Run(1, 9, 1, {"a": "crashed"}, whole=False),
    ],
    ids=[
        *("many failed", "not collected", "hung", "no tests", "no passed", "killed", "some without a name"),
        "a worker died",
    ],
)
def test_anything_else_that_went_wrong_is_red_at_once(first):
    assert not judged(first, lambda tests: pytest.fail("ran again")).good


def test_a_fast_stage_runs_nothing_again():
    assert judged(failing("a"), None) == Result(9, 1)


def test_the_last_line_counts_what_was_unsteady_and_the_rest_names_it_with_its_first_failure():
    steady = Result(4000, 0)
    assert told([steady]).splitlines()[-1] == "4000 passed, 0 failed"
    lines = told([steady, Result(731, 0, {"tests/x.py::test_y": "E  first words"})]).splitlines()
    assert lines[-1] == "4731 passed, 0 failed, 1 unsteady"
    assert any("UNSTEADY: tests/x.py::test_y" in line for line in lines)
    assert "    E  first words" in lines
    assert told([Result(3, 2)]).splitlines()[-1] == "3 passed, 2 failed"


# No more of pytest than a stage needs, so that it starts at once.
BARE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin", "PYTHONPATH": str(run.ROOT)}
UNSTEADY = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("given", ["with a space - and a dash", "[brackets]"])
def test_steady(given):
    pass

@pytest.mark.parametrize("given", ["with a space - and a dash"])
def test_unsteady(given):
    been = Path({been!r})
    was = been.exists()
    been.touch()
    assert was, "the first time"
"""


HANGING = """
import time

def test_hanging():
    time.sleep(100)

def test_next():
    pass
"""


@pytest.mark.slow
def test_a_test_that_hangs_fails_and_the_next_one_runs(tmp_path, monkeypatch):
    (tmp_path / "test_it.py").write_text(HANGING)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    found = run.stage("Servers", "", "test_it.py", workers=2, ARENA_HANGING_S="1", **BARE)
    assert (found.passed, found.failed) == (1, 1)


@pytest.mark.slow
def test_a_real_stage_finds_what_failed_and_runs_that_alone(tmp_path, capfd, monkeypatch):
    (tmp_path / "test_it.py").write_text(UNSTEADY.format(been=str(tmp_path / "been")))
    monkeypatch.setattr(run, "ROOT", tmp_path)
    found = run.stage("Browser", "", "test_it.py", again=True, **BARE)
    assert (found.passed, found.failed) == (3, 0)
    [(test, words)] = found.unsteady.items()
    assert test == "test_it.py::test_unsteady[with a space - and a dash]"
    assert "the first time" in words
    assert "1 UNSTEADY" in capfd.readouterr().out
    assert not run.stage("Browser", "not_there", "test_it.py", again=True, **BARE).good
