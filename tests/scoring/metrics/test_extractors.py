import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from scoring.metrics.clip_score import clip_scores
from scoring.metrics.extractors import available_extractors, open_clip_model, shapes_clip
from scoring.metrics.shapes.caption import caption
from scoring.metrics.shapes.draw import draw
from scoring.metrics.shapes.scene import sample_scene
from scoring.metrics.weights import Unavailable, Weights


def noise(seed=0, size=48):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8))


def loaded(spec, precision="fp32"):
    return spec.load(spec.locate(), precision, "cpu")


def test_a_model_folder_is_described_before_it_is_loaded(tiny_model_folder):
    spec = open_clip_model(f"local-dir:{tiny_model_folder}")
    assert (spec.name, spec.input_px, spec.feature_dim) == ("local:tiny-clip", 32, 8)
    assert isinstance(spec.locate(), Weights)
    assert str(tiny_model_folder.parent) not in f"{spec}"


def test_a_folder_may_also_stand_in_place_of_the_tag(tiny_model_folder):
    assert open_clip_model("ViT-B-32", str(tiny_model_folder)).name == "local:tiny-clip"


@pytest.mark.long
def test_a_loaded_model_makes_features_of_pictures_and_texts(tiny_model_folder):
    extractor = loaded(open_clip_model(f"local-dir:{tiny_model_folder}"))
    images, texts = extractor.images([noise(0), noise(1), noise(2)]), extractor.texts(["a cat", "two dogs"])
    assert images.shape == (3, 8)
    assert texts.shape == (2, 8)
    assert images.dtype == np.float32
    np.testing.assert_allclose(extractor.images([noise(1)])[0], images[1], atol=1e-5)
    assert extractor.images([]).shape == (0, 0)


@pytest.mark.long
def test_the_key_names_weights_and_precision(tiny_model_folder):
    spec = open_clip_model(f"local-dir:{tiny_model_folder}")
    fp32, bf16 = loaded(spec), loaded(spec, "bf16")
    assert spec.locate().sha256[:16] in fp32.key
    assert fp32.key.endswith("-fp32")
    assert bf16.key.endswith("-bf16")
    assert "/" not in fp32.key
    np.testing.assert_allclose(bf16.images([noise()]), fp32.images([noise()]), atol=0.05)
    assert bf16.texts(["a cat"]).dtype == np.float32


def test_small_models_stay_in_full_precision_when_left_to_measure(tiny_model_folder):
    assert loaded(open_clip_model(f"local-dir:{tiny_model_folder}"), "auto").precision == "fp32"


def test_a_folder_without_weights_is_unavailable_and_never_random(tiny_model_folder, tmp_path):
    (tmp_path / "open_clip_config.json").write_bytes(
        (tiny_model_folder / "open_clip_config.json").read_bytes()
    )
    spec = open_clip_model(f"local-dir:{tmp_path}")
    assert isinstance(spec.locate(), Unavailable)
    with pytest.raises(RuntimeError, match="pretrained"):
        spec.load(Weights(tmp_path / "absent", "0" * 64), "fp32", "cpu")


def test_a_checksum_other_than_the_pinned_one_is_refused(tiny_model_folder):
    found = open_clip_model(f"local-dir:{tiny_model_folder}", pinned_sha256="0" * 64).locate()
    assert isinstance(found, Unavailable)
    assert "not 0000" in found.reason


def test_a_pickled_checkpoint_needs_a_pinned_checksum(tmp_path):
    path = tmp_path / "weights.pt"
    path.write_bytes(b"anything")
    found = open_clip_model("ViT-B-32", str(path)).locate()
    assert isinstance(found, Unavailable)
    assert "OPENCLIP_SHA256=" in found.reason
    pinned = found.reason.rsplit("OPENCLIP_SHA256=", 1)[1]
    assert open_clip_model("ViT-B-32", str(path), pinned_sha256=pinned).locate() == Weights(path, pinned)


@pytest.mark.parametrize(
    ("has_gpu", "name", "dim"),
    [(False, "ViT-B-32:laion2b_s34b_b79k", 512), (True, "ViT-H-14:laion2b_s32b_b79k", 1024)],
)
def test_the_default_public_model_follows_the_machine(has_gpu, name, dim, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    spec = available_extractors(has_gpu=has_gpu)["open-clip"]
    assert (spec.name, spec.input_px, spec.feature_dim, spec.licence) == (name, 224, dim, "MIT")
    found = spec.locate()
    assert isinstance(found, Unavailable)
    assert found.command == f"python manage.py fetch_weights {name}"


def test_tags_are_looked_up_with_open_clip_itself(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    absent = open_clip_model("ViT-B-32", "datacomp_xl_s13b_b90k").locate()
    assert "fetch_weights ViT-B-32:datacomp_xl_s13b_b90k" in absent.command
    by_url = open_clip_model("RN50", "openai").locate()
    assert isinstance(by_url, Unavailable)
    unknown = open_clip_model("ViT-B-32", "no_such_tag").locate()
    assert "laion2b_s34b_b79k" in unknown.reason
    assert unknown.command == ""


@pytest.mark.slow
def test_the_built_in_model_is_here_and_finds_the_caption_of_a_picture():
    spec = shapes_clip()
    assert (spec.input_px, spec.feature_dim) == (96, 128)
    network = loaded(spec, "auto")
    assert network.precision == "fp32"
    scenes = [sample_scene(np.random.default_rng(seed)) for seed in range(20)]
    images = network.images(draw(scene, 192) for scene in scenes)
    texts = network.texts([caption(scene) for scene in scenes])
    found = [clip_scores(np.repeat(image[None], 20, axis=0), texts).argmax() for image in images]
    assert np.mean(found == np.arange(20)) >= 0.9


def test_the_built_in_model_says_what_it_knows():
    spec = shapes_clip()
    assert spec.name == "shapes-clip"
    assert spec.note == "knows coloured shapes only"


@pytest.mark.slow
def test_describing_extractors_and_metrics_loads_no_torch():
    code = (
        "import sys; from scoring.metrics import registry, extractors; "
        "[s.locate() for s in extractors.available_extractors().values()]; "
        "sys.exit('torch' in sys.modules or 'django' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "HF_HUB_OFFLINE": "1"}, check=False
    )
    assert result.returncode == 0
