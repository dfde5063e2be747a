"""The stand-alone recount: same rows, same numbers, from any of three kinds of file."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from arena.analytics import rank
from arena.analytics.errors import MissingColumnError, OptionError
from arena.analytics.recount import main, read_votes, recount, select_votes

from .builders import simulate

FRAME = simulate(strengths=[0.9, 0.2, -0.8], raters=12, per_rater=40)


@pytest.fixture
def export():
    """As the platform exports: votes that count, and rows that must not."""
    frame = FRAME.rename(columns={"left": "shown_left", "right": "shown_right", "prompt": "prompt_id"})
    frame = frame.assign(protocol="pairwise", kind="regular", criterion="overall", excluded="", study="s")
    noise = frame.head(60).assign(outcome="right")
    extra = [
        noise.head(20).assign(kind="check", shown_right=noise.shown_left),
        noise.iloc[20:40].assign(kind="repeat"),
        noise.iloc[40:].assign(excluded="failed checks"),
        noise.head(10).assign(protocol="likert", outcome="", shown_right=""),
    ]
    return pd.concat([frame, *extra], ignore_index=True)


def save(frame, path):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_recount_agrees_with_the_page_to_nine_digits(export, tmp_path, kind):
    path = save(export, tmp_path / f"votes.{kind}")
    page, again = rank(FRAME), recount(read_votes(path))
    assert again.n_votes == page.n_votes == 480
    for a, b in zip(page.rows, again.rows, strict=True):
        assert a.generator == b.generator
        for name in ("points", "low", "high", "se", "prob_best"):
            assert getattr(a, name) == pytest.approx(getattr(b, name), abs=1e-9)
        assert (a.rank_low, a.rank_high, a.groups) == (b.rank_low, b.rank_high, b.groups)


@pytest.mark.slow
def test_the_command_prints_every_number_as_json(export, tmp_path):
    path = save(export, tmp_path / "votes.csv")
    command = [sys.executable, "-m", "arena.analytics.recount", str(path), "--json", "--method", "half_win"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == rank(FRAME, method="half_win").to_dict()


def test_the_table_reads_well(export, tmp_path, capsys):
    assert main([str(save(export, tmp_path / "votes.csv"))]) == 0
    shown = capsys.readouterr().out
    assert "480 votes by 12 raters" in shown
    assert "clustered by rater" in shown
    assert shown.index("g0") < shown.index("g1") < shown.index("g2")


def test_votes_made_elsewhere_come_in_through_a_mapping(tmp_path, capsys):
    foreign = FRAME.rename(
        columns={"left": "model_a", "right": "model_b", "outcome": "winner", "rater": "who"}
    )
    foreign["left"] = "something else"
    path = save(foreign, tmp_path / "votes.csv")
    mapping = "left=model_a,right=model_b,outcome=winner,rater=who"
    assert main([str(path), "--columns", mapping, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == rank(FRAME).to_dict()


def test_where_takes_a_part(export):
    part = recount(export, where={"prompt_id": "p3"})
    assert part.n_votes == (FRAME.prompt == "p3").sum()
    with pytest.raises(MissingColumnError, match="no column colour"):
        recount(export, where={"colour": "red"})


def test_votes_of_several_criteria_are_not_mixed(export):
    mixed = export.assign(criterion=["fidelity", "overall"] * (len(export) // 2))
    with pytest.raises(OptionError, match="--where criterion"):
        select_votes(mixed)
    assert select_votes(mixed, where={"criterion": "fidelity"}).criterion.unique().tolist() == ["fidelity"]


def test_a_generator_may_be_called_none(tmp_path):
    frame = FRAME.replace({"g0": "None", "g1": "NA"})
    result = recount(read_votes(save(frame, tmp_path / "votes.csv")))
    assert {row.generator for row in result.rows} == {"None", "NA", "g2"}


def test_bad_input_leaves_with_code_two_and_words(tmp_path, capsys):
    assert main([str(tmp_path / "absent.csv")]) == 2
    assert "no file absent.csv" in capsys.readouterr().err
    save(FRAME, tmp_path / "votes.csv").rename(tmp_path / "votes.txt")
    assert main([str(tmp_path / "votes.txt")]) == 2
    assert "CSV, JSONL or Parquet" in capsys.readouterr().err
    wrong = save(FRAME.replace({"tie": "draw"}), tmp_path / "wrong.csv")
    assert main([str(wrong)]) == 2
    assert "outcome 'draw'" in capsys.readouterr().err
    assert main([str(wrong), "--columns", "left=nowhere"]) == 2
    with pytest.raises(SystemExit):
        main([str(wrong), "--where", "nonsense"])


def test_a_value_may_hold_a_comma(export, tmp_path, capsys):
    path = save(export.assign(panel="Experts, and others"), tmp_path / "votes.csv")
    assert main([str(path), "--where", "panel=Experts, and others", "--where", "study=s"]) == 0
    assert "480 votes" in capsys.readouterr().out


def test_days_are_those_of_utc_both_inside(export):
    at = ["2026-03-01T23:59:59+00:00", "2026-03-02T00:30:00+02:00", "2026-03-02T00:00:00+00:00"]
    dated = export.assign(created_at=[at[number % 3] for number in range(len(export))])
    assert len(select_votes(dated, until="2026-03-01")) == 320
    assert len(select_votes(dated, since="2026-03-02")) == 160
    with pytest.raises(OptionError, match="is not a day"):
        select_votes(dated, since="yesterday")
    with pytest.raises(MissingColumnError, match="created_at"):
        select_votes(export, since="2026-03-01")


def test_whose_votes_do_not_count_is_for_the_reader_to_choose(export):
    by = export.assign(excluded_by=export.excluded.map(lambda said: "hand" if said else ""))
    counted = {name: len(select_votes(by, exclusions=name)) for name in ("on", "rules", "manual", "off")}
    assert counted == {"on": 480, "rules": 500, "manual": 480, "off": 500}
    with pytest.raises(MissingColumnError, match="excluded_by"):
        select_votes(export, exclusions="rules")


def test_blocks_of_several_protocols_are_not_mixed(export, tmp_path, capsys):
    others = [export.head(4).assign(protocol=name) for name in ("likert", "ranking")]
    path = save(pd.concat(others), tmp_path / "votes.csv")
    assert main([str(path)]) == 2
    assert "Choose a block" in capsys.readouterr().err
