import pytest
from django.db import IntegrityError

from annotations.actions.vote_import import import_votes
from annotations.errors import ImportRefused
from annotations.models import AuditEvent, Comparison, Generator, Prompt, Rater, Study, Vote

pytestmark = pytest.mark.django_db
MAPPING = {"left": "a", "right": "b", "outcome": "won", "rater": "who", "prompt": "p"}
TEXT = "a,b,won,who,p\nx,y,left,kim,1\ny,x,left,lee,1\nx,z,tie,kim,1\nz,x,both_bad,kim,2\n"


def run(folder, text=TEXT, **changes):
    path = folder / "votes.csv"
    path.write_text(text)
    return import_votes(**({"path": path, "name": "Elsewhere", "mapping": MAPPING} | changes))


def test_votes_become_a_closed_study(tmp_path):
    done = run(tmp_path)
    study = done.study
    assert (done.created, done.votes, done.raters, done.generators) == (True, 4, 2, 3)
    assert (study.source, study.state, study.block.protocol) == ("imported", "closed", "pairwise")
    assert study.design["imported"]["votes"] == 4
    assert len(study.design_hash) == 64
    assert {rater.label: rater.voted for rater in study.raters.all()} == {"kim": 3, "lee": 1}
    assert AuditEvent.objects.filter(study=study, verb="votes_imported").count() == 1


def test_sides_are_kept_by_order(tmp_path):
    votes = list(run(tmp_path).study.votes.order_by("id"))
    shown = []
    for vote in votes:
        names = [slot.generator.name for slot in vote.comparison.slots.order_by("index")]
        shown.append("".join(names[int(index)] for index in vote.order) + ":" + vote.answer["overall"])
    assert shown == ["xy:left", "yx:left", "xz:tie", "zx:both_bad"]
    assert votes[0].comparison_id == votes[1].comparison_id


def test_the_same_file_a_second_time_changes_nothing(tmp_path):
    first = run(tmp_path)
    again = run(tmp_path, name="Another name")
    assert again.study == first.study
    assert again.created is False
    assert (again.votes, again.raters, again.generators) == (4, 2, 3)
    assert Vote.objects.count() == 4


def test_the_database_holds_one_study_per_file(tmp_path):
    first = run(tmp_path).study
    with pytest.raises(IntegrityError, match=r"design_hash|study_imported_votes_once"):
        Study.objects.create(name="Copy", source="imported", state="closed", design_hash=first.design_hash)


def test_other_columns_of_the_same_file_make_another_study(tmp_path):
    run(tmp_path)
    assert run(tmp_path, mapping={**MAPPING, "left": "b", "right": "a"}).created is True
    assert Study.objects.count() == 2


def test_one_wrong_row_leaves_nothing_behind(tmp_path):
    with pytest.raises(ImportRefused) as refused:
        run(tmp_path, TEXT + "x,x,left,kim,1\nx,y,maybe,kim,1\n")
    assert [problem["row"] for problem in refused.value.details] == [6, 7]
    for model in (Study, Vote, Rater, Prompt, Comparison, Generator):
        assert not model.objects.exists()


def test_a_failure_half_way_leaves_nothing_behind(tmp_path, monkeypatch):
    def broken(study, frame):
        raise RuntimeError("disk full")

    monkeypatch.setattr("annotations.actions.vote_rows._votes", broken)
    with pytest.raises(RuntimeError):
        run(tmp_path)
    assert not Study.objects.exists()
    assert not Comparison.objects.exists()


def test_a_rater_who_votes_twice_on_a_pair_keeps_both_votes(tmp_path):
    done = run(tmp_path, "a,b,won,who,p\nx,y,left,kim,1\nx,y,right,kim,1\nx,y,left,lee,1\n")
    votes = list(done.study.votes.order_by("id"))
    assert len(votes) == 3
    assert votes[0].comparison_id != votes[1].comparison_id
    assert votes[0].comparison_id == votes[2].comparison_id


def test_votes_without_raters_stand_alone(tmp_path):
    mapping = {key: MAPPING[key] for key in ("left", "right", "outcome")}
    assert run(tmp_path, mapping=mapping).raters == 4


def test_a_study_needs_a_name(tmp_path):
    with pytest.raises(ImportRefused, match="no name"):
        run(tmp_path, name="  ")
