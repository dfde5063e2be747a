import pytest
from django.core.management import call_command

from annotations import tasks
from annotations.actions import assignments, studies
from annotations.models import Assignment, Place
from tests.factories import draft_study, planned_study, rater_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def eager(settings):
    """Messages run at once, in this process: what they carry is tested here, the broker elsewhere."""
    from celery import current_app

    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


def test_the_sweep_prepares_a_study_whose_message_was_lost():
    study = draft_study(prompts=1, generators=2)
    studies.launch(study=study, actor=None)
    tasks.sweep()
    study.refresh_from_db()
    assert study.state == "running"


def test_the_sweep_frees_leases_that_ran_out():
    assignments.next_for(rater=rater_in(planned_study(check_every=0)))
    past = Assignment.objects.first().served_at.replace(year=2001)
    Assignment.objects.update(expires_at=past)
    Place.objects.filter(state="leased").update(lease_expires_at=past)
    tasks.sweep()
    assert not Place.objects.filter(state="leased").exists()
    assert set(Assignment.objects.values_list("state", flat=True)) == {"expired"}


def test_a_message_for_a_study_that_is_gone_does_nothing():
    tasks.prepare_study(0)
    tasks.run_import(0)


def test_studies_can_be_prepared_without_a_worker(capsys):
    study = draft_study(prompts=1, generators=2)
    studies.launch(study=study, actor=None)
    call_command("prepare_studies")
    study.refresh_from_db()
    assert study.state == "running"
    assert "open to raters" in capsys.readouterr().out
