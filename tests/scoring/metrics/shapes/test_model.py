"""The weights that lie in the repository: they load offline, they are small, and they know their shapes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from scoring.metrics.shapes import model as shapes
from scoring.metrics.shapes.caption import caption, domain_words
from scoring.metrics.shapes.card import CARD_FILE
from scoring.metrics.shapes.draw import draw
from scoring.metrics.shapes.evaluate import encode_captions, encode_pictures
from scoring.metrics.shapes.figures import EVALUATION_FILE
from scoring.metrics.shapes.flaws import FLAWS
from scoring.metrics.shapes.scene import Group, Scene, pick, sample_scene

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _quiet_machine():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def clip() -> shapes.ShapesClip:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        return shapes.load()


def test_open_clip_loads_the_folder_as_a_local_model_with_its_own_preparation(clip, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model, _, prepare = shapes.open_clip().create_model_and_transforms(f"local-dir:{shapes.WEIGHTS_FOLDER}")
    prepared = prepare(draw(Scene((Group("star", "red"),)), 300).crop((0, 0, 300, 200)))
    assert prepared.shape == (3, 96, 96)
    assert prepared.min() >= -1
    assert prepared.max() <= 1
    for name, tensor in clip.model.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name


def test_a_folder_without_weights_is_refused_rather_than_filled_at_random(tmp_path: Path):
    (tmp_path / shapes.CONFIG_FILE).write_bytes((shapes.WEIGHTS_FOLDER / shapes.CONFIG_FILE).read_bytes())
    with pytest.raises(RuntimeError, match="could not be loaded"):
        shapes.load(tmp_path)


def test_the_weights_are_half_precision_and_weigh_under_five_megabytes():
    path = shapes.WEIGHTS_FOLDER / shapes.WEIGHTS_FILE
    assert path.stat().st_size < 5_000_000
    with safe_open(path, "pt") as file:
        kinds = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
    assert kinds <= {"F16", "I64"}
    assert "F16" in kinds


def test_the_card_names_the_checksum_of_the_weights_and_the_figures_beside_them():
    card = (shapes.WEIGHTS_FOLDER / CARD_FILE).read_text(encoding="utf-8")
    figures = json.loads((shapes.WEIGHTS_FOLDER / EVALUATION_FILE).read_text(encoding="utf-8"))
    assert shapes.weights_sha256() in card
    assert f"{figures['recall']['picture to caption']['share']:.1%}" in card
    assert "coloured shapes only" in card


def test_every_word_of_the_domain_is_one_token_and_no_caption_is_cut():
    tokenize = shapes.load_tokenizer()
    for word in domain_words():
        assert int((tokenize([word]) != 0).sum()) == 3, word
    rng = np.random.default_rng(0)
    captions = [caption(sample_scene(rng), rng, flaw=pick(rng, (None, *FLAWS))) for _ in range(500)]
    lengths = [len(words.split()) + 2 for words in captions]
    assert (tokenize(captions) != 0).sum(dim=1).tolist() == lengths


def test_the_vocabulary_still_reads_any_text():
    tokens = shapes.load_tokenizer()(["Ein Käfer, naïvely — 東京!"])
    size = json.loads((shapes.WEIGHTS_FOLDER / shapes.CONFIG_FILE).read_text())["model_cfg"]["text_cfg"][
        "vocab_size"
    ]
    assert int(tokens.max()) < size


def test_untrained_folders_are_written_alike_and_match_the_one_in_the_repository(tmp_path: Path):
    shapes.build_untrained(tmp_path)
    for name in (shapes.CONFIG_FILE, shapes.VOCABULARY_FILE):
        assert (tmp_path / name).read_bytes() == (shapes.WEIGHTS_FOLDER / name).read_bytes()


def test_features_have_unit_length_and_repeat(clip):
    rng = np.random.default_rng(1)
    pictures = [draw(sample_scene(rng), 96) for _ in range(8)]
    features = encode_pictures(clip, pictures)
    assert np.linalg.norm(features, axis=1) == pytest.approx(np.ones(8), abs=1e-5)
    assert encode_pictures(clip, pictures[:3]) == pytest.approx(features[:3], abs=1e-5)
    assert encode_captions(clip, ["a red star"]).shape == (1, 128)
