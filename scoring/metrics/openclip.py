"""open_clip models as extractors. Importing this module loads torch: workers only."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from scoring.metrics.extractors import Features, Precision
from scoring.metrics.weights import Unavailable, Weights, fetch_command, weights_file, weights_on_hub

VERSION = "1"
# Below this many parameters a forward pass is too short for half precision to be worth its rounding.
_BF16_FROM_PARAMETERS = 20_000_000


class OpenClipExtractor:
    """An open_clip model with its own preprocessing and tokenizer.

    Parameters
    ----------
    model : torch.nn.Module
        In evaluation mode, on `device`, in the dtype that `precision` says.
    preprocess, tokenizer : callable
        As open_clip gives them for this model.
    key, precision, device : str
        See `Extractor`.
    """

    def __init__(
        self, model: Any, preprocess: Any, tokenizer: Any, *, key: str, precision: str, device: str
    ) -> None:
        self.key = key
        self.precision = precision
        self._model = model
        self._preprocess = preprocess
        self._tokenizer = tokenizer
        self._device = torch.device(device)
        self._dtype = torch.bfloat16 if precision == "bf16" else torch.float32

    def images(self, pictures: Iterable[Image.Image]) -> Features:
        """Features of RGB pictures, shape (n, d), float32, not normalised."""
        inputs = [self._preprocess(picture) for picture in pictures]
        if not inputs:
            return np.empty((0, 0), dtype=np.float32)
        batch = torch.stack(inputs)
        # No autocast: under inference_mode it casts the weights again in every call.
        with torch.inference_mode():
            found = self._model.encode_image(batch.to(self._device, self._dtype))
        return np.asarray(found.float().cpu().numpy(), dtype=np.float32)

    def texts(self, texts: Sequence[str]) -> Features:
        """Features of texts, shape (n, d), float32, not normalised; longer texts are cut at the model's
        context."""
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        with torch.inference_mode():
            found = self._model.encode_text(self._tokenizer(list(texts)).to(self._device))
        return np.asarray(found.float().cpu().numpy(), dtype=np.float32)


def load_model(
    model: str, *, pretrained: str = "", name: str, weights: Weights, precision: Precision, device: str
) -> OpenClipExtractor:
    """Load an open_clip model with exactly the weights that `locate` found.

    Parameters
    ----------
    model, pretrained : str
        As open_clip takes them.
    name : str
        Of the extractor; part of its key.
    weights : Weights
        What was located and checked.
    precision : {"auto", "fp32", "bf16"}
        ``auto`` measures bf16 where the machine has it and takes the faster.
    device : str
        ``cpu``, ``cuda``, …

    Raises
    ------
    RuntimeError
        When open_clip would have to start from random weights, or the checkpoint does not fit the model.
    """
    open_clip = import_open_clip()
    network, _, preprocess = open_clip.create_model_and_transforms(
        model,
        pretrained=pretrained or None,
        device=device,
        # Without it open_clip warns and goes on with random weights: scores that mean nothing.
        require_pretrained=True,
        weights_only=True,
    )
    network.eval()
    tokenizer = open_clip.get_tokenizer(model, **_tokenizer_options(model))
    chosen = choose_precision(network, preprocess, precision=precision, device=device)
    if chosen == "bf16":
        network.bfloat16()
    key = f"{name}-{VERSION}-{weights.sha256[:16]}-{chosen}".replace("/", "_").replace(":", "_")
    return OpenClipExtractor(network, preprocess, tokenizer, key=key, precision=chosen, device=device)


def import_open_clip() -> Any:
    """open_clip, imported so that torchvision loads beside a CPU build of torch too."""
    from scoring.metrics import torchvision_shim

    torchvision_shim.ensure()
    import open_clip

    return open_clip


def locate_tag(model: str, tag: str, *, name: str, pinned: str = "") -> Weights | Unavailable:
    """Look for the weights of a tag that open_clip knows, in the places where it keeps them; no network.

    Parameters
    ----------
    model, tag : str
        As open_clip takes them.
    name, pinned : str
        As `weights.weights_file`.
    """
    open_clip = import_open_clip()
    config = open_clip.pretrained.get_pretrained_cfg(model.replace("/", "-"), tag)
    if not config:
        known = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
        return Unavailable(f"open_clip knows no weights {tag!r} for {model}; it knows: {known}")
    if config.get("hf_hub"):
        return weights_on_hub(config["hf_hub"].rsplit("/", 1)[0], name=name, pinned=pinned)
    path = Path.home() / ".cache" / "clip" / Path(config["url"]).name
    if not path.is_file():
        return Unavailable(f"the weights of {name} are not on this machine", fetch_command(name))
    return weights_file(path, name=name, pinned=pinned)


def choose_precision(network: Any, preprocess: Any, *, precision: Precision, device: str) -> str:
    """Pick the dtype of the weights: bf16 where it was measured faster, fp32 otherwise.

    Parameters
    ----------
    network : torch.nn.Module
        In fp32 on `device`; unchanged afterwards.
    preprocess : callable
        Tells the input size.
    precision : {"auto", "fp32", "bf16"}
        Anything but ``auto`` is taken as it is.
    device : str

    Returns
    -------
    str
        ``fp32`` or ``bf16``.
    """
    if precision != "auto":
        return precision
    if sum(p.numel() for p in network.parameters()) < _BF16_FROM_PARAMETERS or not has_bf16(device):
        return "fp32"
    import copy

    side = Image.new("RGB", (64, 64))
    batch = torch.stack([preprocess(side)] * 8).to(device)
    slow = _seconds(network, batch)
    half = copy.deepcopy(network.visual).bfloat16()
    fast = _seconds(_Visual(half), batch.bfloat16())
    return "bf16" if fast < 0.9 * slow else "fp32"


def has_bf16(device: str) -> bool:
    """Whether the device multiplies bf16 in hardware."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


class _Visual:
    """The image side of a model, so that measuring it does not copy the text side."""

    def __init__(self, visual: Any) -> None:
        self.encode_image = visual


def _seconds(network: Any, batch: torch.Tensor) -> float:
    times = []
    with torch.inference_mode():
        for _ in range(3):
            start = time.perf_counter()
            network.encode_image(batch).float().sum().item()  # .item() waits for the device
            times.append(time.perf_counter() - start)
    return min(times)


def _tokenizer_options(model: str) -> dict[str, str]:
    """A model folder may bring its own vocabulary; open_clip would take its built-in one."""
    if not model.startswith("local-dir:"):
        return {}
    found = sorted(Path(model.removeprefix("local-dir:")).glob("*bpe*.txt.gz"))
    return {"bpe_path": str(found[0])} if found else {}
