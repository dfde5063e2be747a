"""Registry of extractors: the networks that turn pictures and texts into features.

`available_extractors` lists them. Adding one is one function here, one loader module and one test. Nothing
in this module loads torch: a specification can be read in a web process, only `load` belongs in a worker.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from scoring.metrics.weights import (
    CONFIG_NAME,
    Unavailable,
    Weights,
    weights_file,
    weights_in_folder,
    weights_on_hub,
)

SHAPES_FOLDER = Path(__file__).parent / "shapes" / "weights"
SHAPES_NOTE = "knows coloured shapes only"
Features = npt.NDArray[np.float32]
Precision = Literal["auto", "fp32", "bf16"]


class Extractor(Protocol):
    """A loaded network.

    Attributes
    ----------
    key : str
        Name, version, weights and precision in one word: features with equal keys are comparable.
    precision : str
        ``fp32`` or ``bf16``.
    """

    key: str
    precision: str

    def images(self, pictures: Iterable[Image.Image]) -> Features:
        """Features of RGB pictures, shape (n, d), as the network gives them: not normalised.

        A generator is welcome: each picture is brought to the input size before the next is asked for.
        """
        ...

    def texts(self, texts: Sequence[str]) -> Features:
        """Features of texts, shape (n, d), not normalised."""
        ...


@dataclass(frozen=True)
class ExtractorSpec:
    """What is known about an extractor before it is loaded.

    Attributes
    ----------
    name, version : str
        The version changes with the way features are computed, not with the weights.
    weights_source : str
        Where the weights come from, in words that a report can print.
    licence : str
        Of the weights.
    pinned_sha256 : str
        The only checksum accepted; empty when the file's own is recorded instead.
    input_px, feature_dim : int or None
        Side of the square input and length of a feature vector; None when only the loaded model knows.
    note : str
        What it knows and does not know.
    locate : callable
        Looks for the weights; fast, no network, no torch where `needs_torch_to_locate` is False.
    load : callable
        From located weights to an `Extractor`; loads torch.
    """

    name: str
    version: str
    weights_source: str
    licence: str
    pinned_sha256: str = ""
    input_px: int | None = None
    feature_dim: int | None = None
    note: str = ""
    locate: Callable[[], Weights | Unavailable] = field(repr=False, kw_only=True)
    load: Callable[[Weights, Precision, str], Extractor] = field(repr=False, kw_only=True)


@dataclass(frozen=True)
class _HubModel:
    repository: str
    pinned_sha256: str
    input_px: int
    feature_dim: int


# ViT-B-32: the checksum of open_clip_model.safetensors at revision 1a25a446, as the hub's record of the
# file states it. A file with another one is refused, not silently scored with.
_HUB_MODELS: Mapping[tuple[str, str], _HubModel] = {
    ("ViT-B-32", "laion2b_s34b_b79k"): _HubModel(
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        "ac4f8c4b88af6d963118cbf40ad93176d092abbedfcb752601ae1866352656e6",
        224,
        512,
    ),
    ("ViT-H-14", "laion2b_s32b_b79k"): _HubModel("laion/CLIP-ViT-H-14-laion2B-s32B-b79K", "", 224, 1024),
}
DEFAULT_ON_CPU = ("ViT-B-32", "laion2b_s34b_b79k")
DEFAULT_ON_GPU = ("ViT-H-14", "laion2b_s32b_b79k")


def available_extractors(
    model: str = "", pretrained: str = "", *, pinned_sha256: str = "", has_gpu: bool = False
) -> dict[str, ExtractorSpec]:
    """All extractors by role: ``shapes-clip`` is built in, ``open-clip`` is the configured public model.

    Parameters
    ----------
    model, pretrained : str
        As open_clip names them; empty for the default of this kind of machine.
    pinned_sha256 : str
        Checksum of the configured model's weights, where the operator pins one.
    has_gpu : bool
        Chooses between the defaults.
    """
    if not model:
        model, pretrained = DEFAULT_ON_GPU if has_gpu else DEFAULT_ON_CPU
    return {
        "shapes-clip": shapes_clip(),
        "open-clip": open_clip_model(model, pretrained, pinned_sha256=pinned_sha256),
    }


def shapes_clip(folder: Path = SHAPES_FOLDER) -> ExtractorSpec:
    """The small CLIP model trained by `scoring.metrics.shapes`, part of this repository."""
    config = _read_config(folder)

    def load(weights: Weights, precision: Precision, device: str) -> Extractor:
        from scoring.metrics.openclip import load_model

        # Always fp32: it is small, and its scores are to be the same on every machine.
        return load_model(
            f"local-dir:{folder}", name="shapes-clip", weights=weights, precision="fp32", device=device
        )

    return ExtractorSpec(
        name="shapes-clip",
        version="1",
        weights_source="built in: scoring/metrics/shapes/weights",
        licence="Apache-2.0",
        input_px=_image_size(config),
        feature_dim=config.get("embed_dim"),
        note=SHAPES_NOTE,
        locate=lambda: weights_in_folder(folder, name="shapes-clip"),
        load=load,
    )


def open_clip_model(model: str, pretrained: str = "", *, pinned_sha256: str = "") -> ExtractorSpec:
    """Any open_clip model.

    Parameters
    ----------
    model : str
        A name open_clip knows, ``hf-hub:owner/name`` or ``local-dir:FOLDER``.
    pretrained : str
        A tag open_clip knows, a checkpoint file, or a folder as ``local-dir:`` takes it; unused with a
        prefix in `model`.
    pinned_sha256 : str
        The only checksum accepted.
    """
    if pretrained.startswith("local-dir:") or (pretrained and Path(pretrained).is_dir()):
        model, pretrained = f"local-dir:{pretrained.removeprefix('local-dir:')}", ""
    if ":" in model:
        pretrained = ""
    hub = _HUB_MODELS.get((model, pretrained))
    pinned = pinned_sha256 or (hub.pinned_sha256 if hub else "")
    name = _public_name(model, pretrained)
    config = _model_config(model)

    def load(weights: Weights, precision: Precision, device: str) -> Extractor:
        from scoring.metrics.openclip import load_model

        return load_model(
            model, pretrained=pretrained, name=name, weights=weights, precision=precision, device=device
        )

    return ExtractorSpec(
        name=name,
        version="1",
        weights_source=_source(model, pretrained, hub),
        licence="MIT" if hub else "see the model's own page",
        pinned_sha256=pinned,
        input_px=hub.input_px if hub else _image_size(config),
        feature_dim=hub.feature_dim if hub else config.get("embed_dim"),
        note="a public CLIP model",
        locate=lambda: _locate(model, pretrained, hub, name=name, pinned=pinned),
        load=load,
    )


def hub_repository(model: str, tag: str = "") -> str:
    """``owner/name`` on the hub where it is known without asking open_clip, otherwise empty."""
    hub = _HUB_MODELS.get((model, tag))
    return hub.repository if hub else model.removeprefix("hf-hub:") if model.startswith("hf-hub:") else ""


def default_tag(model: str) -> str:
    """The tag that this registry knows for a model name, or an empty text."""
    return next((tag for name, tag in _HUB_MODELS if name == model), "")


def _public_name(model: str, pretrained: str) -> str:
    """A name without folders: it is stored beside scores and printed in reports."""
    if model.startswith("local-dir:"):
        return f"local:{Path(model.removeprefix('local-dir:')).name}"
    if not pretrained:
        return model
    return f"{model}:{Path(pretrained).name if '/' in pretrained else pretrained}"


def _source(model: str, pretrained: str, hub: _HubModel | None) -> str:
    if hub:
        return f"hf-hub:{hub.repository}"
    if model.startswith("hf-hub:"):
        return model
    if model.startswith("local-dir:") or "/" in pretrained:
        return "a local file"
    return f"open_clip {model}, {pretrained or 'no weights named'}"


def _locate(
    model: str, pretrained: str, hub: _HubModel | None, *, name: str, pinned: str
) -> Weights | Unavailable:
    if model.startswith("local-dir:"):
        return weights_in_folder(Path(model.removeprefix("local-dir:")), name=name, pinned=pinned)
    if model.startswith("hf-hub:"):
        return weights_on_hub(model.removeprefix("hf-hub:"), name=name, pinned=pinned)
    if hub:
        return weights_on_hub(hub.repository, name=name, pinned=pinned)
    if "/" in pretrained or Path(pretrained).is_file():
        return weights_file(Path(pretrained), name=name, pinned=pinned)
    from scoring.metrics.openclip import locate_tag

    return locate_tag(model, pretrained, name=name, pinned=pinned)


def _model_config(model: str) -> dict[str, Any]:
    """The architecture's description, from a folder or from the files of the open_clip package."""
    if model.startswith("local-dir:"):
        return _read_config(Path(model.removeprefix("local-dir:")))
    package = find_spec("open_clip")
    if ":" in model or package is None or package.origin is None:
        return {}
    return _read_json(Path(package.origin).parent / "model_configs" / f"{model.replace('/', '-')}.json")


def _read_config(folder: Path) -> dict[str, Any]:
    config = _read_json(folder / CONFIG_NAME)
    return dict(config.get("model_cfg", config))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}  # `locate` tells why the model cannot be used; a description may simply stay empty.


def _image_size(config: Mapping[str, Any]) -> int | None:
    size = config.get("vision_cfg", {}).get("image_size")
    return size if isinstance(size, int) else None
