from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from annotations.actions import storage
from annotations.models import Study
from scoring import conf, engine
from scoring.actions import metrics, runs, scores
from scoring.metrics.decode import decode
from scoring.metrics.extractors import open_clip_model
from scoring.metrics.pixels import pixel_statistics
from scoring.models import Score, ScoreState
from tests.scoring.conftest import png


@pytest.fixture
def with_tiny(tiny_model, open_clip_is):
    open_clip_is(f"local-dir:{tiny_model}")


def run(*images):
    metrics.sync()
    scores.request(image_ids=[image.pk for image in images])
    return runs.drain(budget_s=None)


def score(image, name):
    return Score.objects.get(image=image, metric__name=name, metric__active=True)


def rules(image):
    return [finding["rule"] for finding in score(image, "hard_filters").detail["findings"]]


def test_every_image_gets_every_metric(make_image, with_tiny):
    images = [make_image(prompt=f"prompt {i}") for i in range(5)]
    run(*images)
    assert set(Score.objects.values_list("state", flat=True)) == {"done"}
    assert Score.objects.count() == 5 * 8
    assert runs.drain(budget_s=None) == 0


def test_pixel_statistics_are_those_of_the_picture(make_image, with_tiny):
    image = make_image(data := png(3))
    run(image)
    expected = pixel_statistics(decode(data))
    assert score(image, "sharpness").value == expected.sharpness
    assert score(image, "saturation").value == expected.saturation
    assert score(image, "clipping").detail == {
        "shadows": expected.shadows,
        "highlights": expected.highlights,
    }


def test_the_clip_score_is_that_of_picture_and_own_prompt(make_image, with_tiny, tiny_model):
    pictures = [make_image(prompt="a red cup"), make_image(prompt="two blue dogs")]
    run(*pictures)
    spec = open_clip_model(f"local-dir:{tiny_model}")
    network = spec.load(spec.locate(), "fp32", "cpu")
    for image in pictures:
        x = network.images([decode(storage.absolute(image.path)).image])[0]
        t = network.texts([image.prompt.text])[0]
        cosine = float(x @ t / np.linalg.norm(x) / np.linalg.norm(t))
        assert score(image, "clip_score").value == pytest.approx(100 * cosine, abs=1e-3)
        assert score(image, "clip_score").detail == {"extractor": network.key}


def test_features_are_computed_once_and_kept(make_image, with_tiny, settings, monkeypatch):
    image = make_image()
    run(image)
    Score.objects.filter(metric__name="clip_score").delete()
    scores.fill_gaps(thorough=True)
    storage.absolute(image.path).unlink()
    runs.drain(budget_s=None)
    assert score(image, "clip_score").state == ScoreState.DONE


def test_one_missing_file_spoils_only_its_own_scores(make_image, with_tiny):
    good, bad = make_image(), make_image(write=False)
    for _ in range(3):
        run(good, bad)
        Score.objects.filter(claimed_at__isnull=False).update(
            claimed_at=timezone.now() - timedelta(minutes=1)
        )
    assert score(good, "clip_score").state == ScoreState.DONE
    for name in ("clip_score", "sharpness", "hard_filters"):
        row = score(bad, name)
        assert (row.state, row.attempts) == (ScoreState.PARKED, 3)
        assert "cannot be read" in row.error
        assert str(conf.media_root()) not in row.error


def test_a_damaged_picture_fails_the_filters_with_its_reason(make_image, with_tiny):
    image = make_image(png(1)[:200])
    run(image)
    row = score(image, "hard_filters")
    assert (row.state, row.value) == (ScoreState.DONE, 0.0)
    assert rules(image) == ["decodes"]
    assert "damaged" in score(image, "sharpness").error


def test_copies_within_a_study_are_found_whoever_made_them(make_image, with_tiny):
    first = make_image(png(7), generator="a")
    copy = make_image(png(7), generator="b", prompt="another")
    run(first, copy)
    assert rules(first) == []
    assert rules(copy) == ["exact_duplicate"]
    assert score(copy, "hard_filters").value == 0.0


def test_the_same_picture_in_another_study_is_no_copy(make_image, with_tiny):
    first = make_image(png(7))
    other = make_image(png(7), of=Study.objects.create(name="Other"))
    run(first, other)
    assert rules(other) == []


def test_near_copies_count_within_one_generator_only(make_image, with_tiny):
    first = make_image(png(7), generator="a")
    resized = make_image(png(7, (120, 120)), generator="a")
    elsewhere = make_image(png(7, (140, 140)), generator="b")
    run(first, resized, elsewhere)
    assert rules(first) == []
    assert rules(resized) == ["near_duplicate"]
    assert rules(elsewhere) == []
    (finding,) = score(resized, "hard_filters").detail["findings"]
    assert finding["image"] == first.public_id


def test_the_verdict_on_copies_does_not_depend_on_the_order_of_work(make_image, with_tiny):
    first = make_image(png(7), generator="a")
    later = make_image(png(7, (120, 120)), generator="a")
    run(later)
    assert rules(later) == []
    run(first)
    assert rules(first) == []
    assert rules(later) == ["near_duplicate"]
    assert score(later, "hard_filters").value == 0.0


def test_a_spent_budget_leaves_the_rest_to_the_next_message(make_image, with_tiny, monkeypatch):
    sent = []
    monkeypatch.setattr("annotations.actions.wake.send", sent.append)
    metrics.sync()
    image = make_image()
    scores.request(image_ids=[image.pk])
    runs.drain(budget_s=0)
    assert sent == ["scoring.tasks.work"]
    assert score(image, "sharpness").state == ScoreState.DONE
    assert score(image, "clip_score").state == ScoreState.PENDING


def test_weights_that_cannot_be_loaded_are_an_error_of_the_scores(
    make_image, open_clip_is, tiny_model, tmp_path
):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "open_clip_config.json").write_bytes((tiny_model / "open_clip_config.json").read_bytes())
    (folder / "open_clip_model.safetensors").write_bytes(b"no weights at all")
    open_clip_is(f"local-dir:{folder}")
    image = make_image()
    run(image)
    row = score(image, "clip_score")
    assert (row.state, row.attempts, row.value) == (ScoreState.PENDING, 1, None)
    assert row.error
    assert not any(name.startswith("local:broken") for name in engine._loaded)
