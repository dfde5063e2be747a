"""The model folder: what open_clip needs to build, fill and feed the model, written and read in one place."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import save_file

from scoring.metrics import torchvision_shim
from scoring.metrics.shapes.batches import INPUT_SIZE
from scoring.metrics.shapes.caption import domain_words
from scoring.metrics.shapes.vocabulary import (
    read_merges,
    truncated_merges,
    vocabulary_size,
    write_merges,
)

NAME = "shapes-clip"
VERSION = "1"
CONTEXT_LENGTH = 20
WEIGHTS_FOLDER = Path(__file__).parent / "weights"
CONFIG_FILE = "open_clip_config.json"
WEIGHTS_FILE = "open_clip_model.safetensors"
VOCABULARY_FILE = "bpe_vocab.txt.gz"
RECORD_FILE = "training.json"
MEAN = STD = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class ShapesClip:
    """The model with the only preparation and tokenizer that fit it."""

    model: torch.nn.Module
    prepare: Callable[[Image.Image], torch.Tensor]
    tokenize: Callable[[list[str]], torch.Tensor]


def open_clip() -> Any:
    """open_clip, imported late and after the shim, without which it cannot be imported beside CPU torch."""
    torchvision_shim.ensure()
    import open_clip as module

    return module


def load(folder: Path = WEIGHTS_FOLDER) -> ShapesClip:
    """The trained model from its folder, in evaluation mode. Raises when weights are missing."""
    library = open_clip()
    # This call requires weights. `create_model_and_transforms` only warns when they are missing, and goes on
    # with random ones.
    model, prepare = library.create_model_from_pretrained(f"local-dir:{folder}")
    return ShapesClip(model.eval(), prepare, load_tokenizer(folder))


def load_tokenizer(folder: Path = WEIGHTS_FOLDER) -> Callable[[list[str]], torch.Tensor]:
    """The folder's own tokenizer: the default one would give token numbers that the model does not have."""
    tokenizer: Callable[[list[str]], torch.Tensor] = open_clip().get_tokenizer(
        f"local-dir:{folder}", bpe_path=str(folder / VOCABULARY_FILE)
    )
    return tokenizer


def build_untrained(folder: Path) -> torch.nn.Module:
    """Write configuration and vocabulary into the folder; return the model they describe, at random."""
    library = open_clip()
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(library.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
    merges = truncated_merges(read_merges(source), domain_words())
    write_merges(folder / VOCABULARY_FILE, merges)
    config = configuration(vocabulary_size(merges))
    (folder / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    settings = config["model_cfg"]
    model: torch.nn.Module = library.model.CLIP(
        settings["embed_dim"],
        library.CLIPVisionCfg(**settings["vision_cfg"]),
        library.CLIPTextCfg(**settings["text_cfg"]),
    )
    return model


def configuration(vocabulary: int) -> dict[str, Any]:
    """What open_clip reads from a local folder."""
    return {
        "model_cfg": {
            "embed_dim": 128,
            "vision_cfg": {
                "image_size": INPUT_SIZE,
                "layers": [1, 1, 1, 1],
                "width": 16,
                "head_width": 32,
            },
            "text_cfg": {
                "context_length": CONTEXT_LENGTH,
                "vocab_size": vocabulary,
                "width": 128,
                "heads": 4,
                "layers": 3,
            },
        },
        # Squashing keeps every object of a picture that is not square; cropping would lose some.
        "preprocess_cfg": {
            "mean": list(MEAN),
            "std": list(STD),
            "interpolation": "bicubic",
            "resize_mode": "squash",
        },
    }


def save_weights(model: torch.nn.Module, folder: Path) -> None:
    """The weights in half precision, as open_clip looks for them in a local folder."""
    state = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in model.state_dict().items()
    }
    save_file(state, folder / WEIGHTS_FILE)
    (folder / WEIGHTS_FILE).chmod(0o644)  # safetensors leaves it readable by its owner only


def weights_sha256(folder: Path = WEIGHTS_FOLDER) -> str:
    """The checksum that the model card and every result carry."""
    return hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
