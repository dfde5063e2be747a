import pytest

from scoring.actions import metrics, runs, scores
from scoring.metrics.registry import METRICS
from scoring.models import Metric, Score, ScoreState
from tests.scoring.tiny import make_tiny_model


@pytest.fixture
def folder(tmp_path, tiny_model, open_clip_is):
    """A model folder that can be filled and emptied."""
    folder = tmp_path / "my-clip"
    open_clip_is(f"local-dir:{folder}")
    return folder


def fill(folder, tiny_model):
    folder.mkdir(exist_ok=True)
    for path in tiny_model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())


def clip():
    return Metric.objects.get(name="clip_score", active=True)


def test_every_metric_of_the_registry_gets_one_active_row(db, folder):
    metrics.sync()
    metrics.sync()
    assert set(Metric.objects.filter(active=True).values_list("name", flat=True)) == set(METRICS)
    assert Metric.objects.count() == len(METRICS)


def test_absent_weights_are_a_state_that_names_its_mend(make_image, open_clip_is, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    open_clip_is("ViT-B-32", "laion2b_s34b_b79k")
    scores.request(image_ids=[make_image().pk])
    metrics.sync()
    row = clip()
    assert row.unavailable_command == "python manage.py fetch_weights ViT-B-32:laion2b_s34b_b79k"
    score = Score.objects.get(metric=row)
    assert (score.state, score.value) == (ScoreState.UNAVAILABLE, None)
    assert "not on this machine" in score.error


def test_waiting_scores_complete_by_themselves_once_weights_exist(make_image, folder, tiny_model):
    scores.request(image_ids=[make_image().pk])
    metrics.sync()
    runs.drain(budget_s=None)
    assert Score.objects.get(metric=clip()).state == ScoreState.UNAVAILABLE
    assert Score.objects.get(metric__name="sharpness").state == ScoreState.DONE
    fill(folder, tiny_model)
    assert metrics.sync().released == 1
    runs.drain(budget_s=None)
    score = Score.objects.get(metric=clip())
    assert (score.state, score.error) == (ScoreState.DONE, "")
    assert -100 <= score.value <= 100
    assert clip().unavailable_reason == ""


def test_the_first_weights_are_noted_on_the_row_that_waited_for_them(db, folder, tiny_model):
    metrics.sync()
    waiting = clip()
    fill(folder, tiny_model)
    metrics.sync()
    assert clip().pk == waiting.pk
    assert len(clip().weights_sha256) == 64


def test_other_weights_are_another_metric_and_old_scores_keep_theirs(make_image, folder, tiny_model):
    fill(folder, tiny_model)
    metrics.sync()
    scores.request(image_ids=[make_image().pk])
    runs.drain(budget_s=None)
    old = clip()
    other = make_tiny_model(folder.parent / "other", seed=1)
    fill(folder, other)
    assert "clip_score" in metrics.sync().added
    assert clip().pk != old.pk
    scores.fill_gaps(thorough=True)
    runs.drain(budget_s=None)
    values = dict(Score.objects.filter(metric__name="clip_score").values_list("metric_id", "value"))
    assert values.keys() == {old.pk, clip().pk}
    assert values[old.pk] != values[clip().pk]


def test_going_back_to_earlier_weights_finds_the_earlier_row(db, folder, tiny_model):
    fill(folder, tiny_model)
    metrics.sync()
    old = clip()
    fill(folder, make_tiny_model(folder.parent / "other", seed=1))
    metrics.sync()
    fill(folder, tiny_model)
    metrics.sync()
    assert clip().pk == old.pk
    assert Metric.objects.filter(name="clip_score").count() == 2


def test_weights_that_vanish_do_not_make_another_metric(make_image, folder, tiny_model):
    fill(folder, tiny_model)
    metrics.sync()
    before = clip()
    (folder / "open_clip_model.safetensors").unlink()
    metrics.sync()
    assert clip().pk == before.pk
    assert "no checkpoint" in clip().unavailable_reason
    scores.request(image_ids=[make_image().pk])
    assert Score.objects.get(metric=before).state == ScoreState.UNAVAILABLE


def test_a_web_process_makes_rows_without_looking_at_weights(db, folder, tiny_model):
    fill(folder, tiny_model)
    metrics.ensure()
    assert clip().weights_sha256 == ""
    metrics.sync()
    metrics.ensure()
    assert len(clip().weights_sha256) == 64


def test_a_metric_that_left_the_registry_is_retired_with_its_waiting_work(make_image, db):
    metrics.sync()
    gone = Metric.objects.create(name="gone", version="1", kind="image", label="Gone")
    image, other = make_image(), make_image()
    Score.objects.create(image=image, metric=gone)
    done = Score.objects.create(
        image=other, metric=gone, state="done", value=1, computed_at="2026-01-01T00:00Z"
    )
    metrics.sync()
    assert list(Score.objects.filter(metric=gone)) == [done]
    gone.refresh_from_db()
    assert not gone.active
