import pytest

from annotations.signals import images_stored
from scoring.actions import metrics, scores, sweeps, work
from scoring.models import Metric, Score, ScoreState


@pytest.fixture
def sent(monkeypatch):
    names = []
    monkeypatch.setattr("annotations.actions.wake.send", names.append)
    return names


def test_a_stored_image_is_queued_and_a_worker_woken(make_image, sent, django_capture_on_commit_callbacks):
    image = make_image()
    with django_capture_on_commit_callbacks(execute=True):
        images_stored.send(None, study_id=image.study_id, image_ids=[image.pk])
    assert Score.objects.filter(image=image).count() == Metric.objects.filter(kind="image").count()
    assert sent == ["scoring.tasks.work"]


def test_a_broker_that_is_away_does_not_fail_the_import(
    make_image, settings, django_capture_on_commit_callbacks
):
    from celery import current_app

    image = make_image()
    before = current_app.conf.broker_url
    current_app.conf.broker_url = "sqla+sqlite:////nowhere/at/all.sqlite3"
    current_app._after_fork()  # forgets its pools; a closed one stays closed for every test
    try:
        with django_capture_on_commit_callbacks(execute=True):
            images_stored.send(None, study_id=image.study_id, image_ids=[image.pk])
    finally:
        current_app.conf.broker_url = before
        current_app._after_fork()
    assert Score.objects.filter(image=image, state=ScoreState.PENDING).exists()


def test_an_image_whose_message_was_lost_is_found_by_the_sweep(make_image, sent):
    image = make_image()
    sweeps.sweep()
    assert Score.objects.filter(image=image).exists()
    assert sent == ["scoring.tasks.work"]


def test_a_sweep_wakes_nobody_where_nothing_waits(db, sent):
    sweeps.sweep()
    assert sent == []


def test_only_a_thorough_look_reaches_the_oldest_images(make_image):
    metrics.sync()
    images = [make_image() for _ in range(4)]
    scores.fill_gaps(limit=2)
    assert set(Score.objects.values_list("image_id", flat=True)) == {image.pk for image in images[2:]}
    scores.fill_gaps(thorough=True)
    assert set(Score.objects.values_list("image_id", flat=True)) == {image.pk for image in images}


def test_a_metric_that_is_new_reaches_all_images(make_image, sent):
    image = make_image()
    sweeps.sweep()
    Score.objects.filter(metric__name="contrast").delete()
    Metric.objects.get(name="contrast").delete()
    sweeps.sweep()
    assert Score.objects.filter(image=image, metric__name="contrast").exists()


def test_the_sweep_frees_what_dead_workers_held(make_image, sent):
    scores.request(image_ids=[make_image().pk])
    claim = work.claim(Score, metrics=[Metric.objects.get(name="contrast").pk], limit=1)
    Score.objects.filter(claim=claim.token).update(claim=f"{work._host()}.99999999.1.ab")
    sweeps.sweep()
    assert Score.objects.get(pk=claim.rows[0].pk).state == ScoreState.PENDING


def test_tasks_do_what_their_actions_do(make_image, sent):
    from scoring import tasks

    image = make_image()
    tasks.sweep()
    assert tasks.work() > 0
    assert Score.objects.get(image=image, metric__name="contrast").state == ScoreState.DONE
