import pytest
from django.core.management import call_command
from django.utils import timezone

from annotations.actions import audit, plan_rows, preparation, storage, studies
from annotations.assignment.design import design_hash
from annotations.errors import StudyRefused
from annotations.models import Comparison, Study
from tests.factories import draft_study, launched_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_steps(monkeypatch):
    """Every plan is left to the worker, and written in steps of a few rows."""
    monkeypatch.setattr(studies, "AT_ONCE", 0)
    monkeypatch.setattr(plan_rows, "BATCH", 5)


def launched(**settings):
    study = draft_study(**settings)
    studies.launch(study=study, actor=None)
    return study


def contents(study):
    """What a plan says, without keys of its rows."""
    places = study.places.order_by("rank", "panel_id").values_list(
        "rank", "index", "order", "comparison__prompt__key", "comparison__slots__generator__name"
    )
    checks = study.comparisons.filter(kind="check").values_list("prompt__key", "check_kind", "expected")
    return sorted(places), sorted(map(str, checks))


class Killed(BaseException):
    """Not an error that could be caught and written down: the process is gone."""


def killed_after(monkeypatch, steps):
    """The worker dies before its nth step."""
    left = iter(range(steps))
    renew = preparation.Claim.renew

    def dying(self, *, written=0):
        if next(left, None) is None:
            raise Killed
        renew(self, written=written)

    monkeypatch.setattr(preparation.Claim, "renew", dying)
    return lambda: monkeypatch.setattr(preparation.Claim, "renew", renew)


def test_a_large_plan_is_left_to_the_worker_and_the_same_as_one_written_at_once(monkeypatch):
    at_once = launched_study(name="One", prompts=3, seed=9)
    monkeypatch.setattr(studies, "AT_ONCE", 0)
    study = launched(name="Two", prompts=3, seed=9)
    assert (study.state, study.planned_at, study.comparisons.count()) == ("preparing", None, 0)
    assert study.design_hash == design_hash(study.design)
    assert "counts" not in study.design
    assert preparation.prepare(study=study)
    study.refresh_from_db()
    assert study.state == "running"
    assert contents(study) == contents(at_once)
    assert study.design["counts"] == at_once.design["counts"]


def test_the_final_design_holds_the_frozen_one_and_its_hash(in_steps):
    study = launched(prompts=2)
    frozen = study.design
    preparation.prepare(study=study)
    study.refresh_from_db()
    assert study.design_hash == design_hash(study.design)
    assert study.design["frozen_sha256"] == design_hash(frozen)
    assert {name: study.design[name] for name in frozen if name != "blocks"} == {
        name: value for name, value in frozen.items() if name != "blocks"
    }
    verbs = list(study.audit.order_by("sequence").values_list("verb", flat=True))
    assert verbs[-3:] == ["study_launched", "study_planned", "study_opened"]
    assert audit.verify(study=study) == []


@pytest.mark.parametrize("steps", [1, 5, 12])
def test_a_worker_killed_at_any_step_leaves_no_half_plan(monkeypatch, in_steps, steps):
    whole = launched_study(name="One", prompts=3, overlap=3, seed=4)
    study = launched(name="Two", prompts=3, overlap=3, seed=4)
    revive = killed_after(monkeypatch, steps)
    with pytest.raises(Killed):
        preparation.prepare(study=study)
    revive()
    study.refresh_from_db()
    assert (study.state, study.planned_at) == ("preparing", None)
    assert studies.finish_preparation(study=study).state == "preparing"
    Study.objects.filter(pk=study.pk).update(prepare_claimed_at=timezone.now().replace(year=2001))
    assert preparation.waiting() == [study.pk]
    assert preparation.prepare(study=study)
    assert contents(study) == contents(whole)


def test_a_worker_that_was_taken_over_stops_before_it_writes_again(in_steps):
    study = launched(prompts=3)
    slow = preparation._claim(study)
    Study.objects.filter(pk=study.pk).update(prepare_claimed_at=timezone.now().replace(year=2001))
    assert preparation.prepare(study=study)
    written = Comparison.objects.filter(study=study).count()
    with pytest.raises(preparation.TakenOver):
        preparation._plan(study, slow)
    assert Comparison.objects.filter(study=study).count() == written


def test_progress_counts_towards_the_rows_of_the_plan(in_steps):
    study = launched(prompts=3)
    preparation.prepare(study=study)
    study.refresh_from_db()
    assert study.plan_written == study.plan_total == 9 + 9 + 18


def lose_a_file(study):
    path = storage.absolute(study.images.first().path)
    kept = path.read_bytes()
    path.unlink()
    return lambda: path.write_bytes(kept)


def make_due(study):
    Study.objects.filter(pk=study.pk).update(prepare_after_at=timezone.now())


def test_a_missing_file_is_named_and_tried_again_later():
    study = launched(prompts=1, generators=2)
    find_it_again = lose_a_file(study)
    assert not preparation.prepare(study=study)
    study.refresh_from_db()
    assert study.state == "preparing"
    assert "is missing" in study.prepare_error
    assert "MEDIA_ROOT" in study.prepare_error
    assert study.audit.order_by("sequence").last().data == {"attempt": 1, "error": study.prepare_error}
    # Neither the sweep nor a message that waited in the queue tries again before its time.
    assert preparation.waiting() == []
    find_it_again()
    assert not preparation.prepare(study=study)
    make_due(study)
    assert preparation.waiting() == [study.pk]
    assert preparation.prepare(study=study)
    study.refresh_from_db()
    assert (study.state, study.prepare_error, study.prepare_attempts) == ("running", "", 0)


def test_attempts_come_less_and_less_often_and_end_until_somebody_asks():
    study = launched(prompts=1, generators=2)
    find_it_again = lose_a_file(study)
    waits = []
    for _ in range(preparation.MOST_ATTEMPTS):
        before = timezone.now()
        assert not preparation.prepare(study=study)
        study.refresh_from_db()
        if study.prepare_after_at:
            waits.append(round((study.prepare_after_at - before).total_seconds(), -1))
            make_due(study)
    assert waits == [30, 60, 120, 240, 480, 960, 1920]
    assert preparation.waiting() == []
    find_it_again()
    preparation.retry(study=study, actor=None)
    assert preparation.waiting() == [study.pk]
    assert preparation.prepare(study=study)
    verbs = list(study.audit.order_by("sequence").values_list("verb", flat=True))
    assert verbs[-2:] == ["preparation_retried", "study_opened"]


def test_only_what_has_failed_can_be_tried_again():
    with pytest.raises(StudyRefused):
        preparation.retry(study=launched(prompts=1), actor=None)


def test_the_command_tries_at_once_and_says_what_is_wrong(capsys):
    study = launched(prompts=1, generators=2)
    find_it_again = lose_a_file(study)
    call_command("prepare_studies")
    assert "is missing" in capsys.readouterr().out
    find_it_again()
    call_command("prepare_studies")
    assert "open to raters" in capsys.readouterr().out
