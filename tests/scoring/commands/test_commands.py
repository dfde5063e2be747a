import io

import pytest
from django.core.management import CommandError, call_command

from scoring.actions import metrics
from scoring.models import ReferenceSet, Score, ScoreState
from tests.scoring.conftest import png


def run(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_folder_becomes_a_reference_set(db, tmp_path):
    source = tmp_path / "set"
    source.mkdir()
    (source / "a.png").write_bytes(png(1))
    said = run("import_reference_set", "Cups", str(source), "--description", "by hand")
    assert "1 pictures" in said
    assert ReferenceSet.objects.get().description == "by hand"
    (source / "b.png").write_bytes(b"no picture")
    with pytest.raises(CommandError, match=r"b\.png"):
        run("import_reference_set", "Others", str(source))


def test_waiting_scores_are_computed_without_a_worker(make_image, open_clip_is, tmp_path):
    open_clip_is(f"local-dir:{tmp_path / 'absent'}")
    image = make_image()
    said = run("run_scores")
    assert "unavailable" in said
    assert Score.objects.get(image=image, metric__name="sharpness").state == ScoreState.DONE


@pytest.mark.slow
def test_weights_that_cannot_be_fetched_are_an_error_and_change_nothing(
    db, open_clip_is, monkeypatch, tmp_path, capfd
):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    open_clip_is("ViT-B-32", "laion2b_s34b_b79k")
    metrics.sync()
    with pytest.raises(CommandError, match="Nothing has changed"):
        run("fetch_weights")
    assert "127.0.0.1:9/api/models/laion" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["shapes-clip", "local:mine"])
def test_what_lies_here_needs_no_fetching(db, name):
    with pytest.raises(CommandError, match="nothing to fetch"):
        run("fetch_weights", name)
