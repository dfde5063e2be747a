"""Lets `import torchvision` work beside the CPU build of torch.

torchvision's compiled extension on PyPI is linked against CUDA libraries. Where those are absent it does not
load, the operators `torchvision::nms` and `torchvision::qnms` stay undeclared, and `import torchvision` fails
with "operator torchvision::nms does not exist", because it describes these two operators unconditionally.
Declaring their schemas beforehand is enough: we use torchvision's image transforms only, never the operators.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}

# torch forgets a declared operator as soon as its Library object is collected, so it lives as long as we do.
_kept_alive: list[torch.library.Library] = []


def ensure() -> None:
    """Make `import torchvision` safe. Call it before importing torchvision, timm or open_clip.

    Does nothing where torchvision is already imported, absent, or able to load its own operators.
    """
    if "torchvision" in sys.modules or _kept_alive or _extension_loads():
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    _kept_alive.append(library)
    for name, schema in _SCHEMAS.items():
        if not _is_declared(name):
            library.define(schema)


def _extension_loads() -> bool:
    """Try the way torchvision itself loads its operators; True also where there is nothing to load."""
    spec = find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True
    for extension in sorted(Path(spec.origin).parent.glob("_C*.so")):
        try:
            torch.ops.load_library(str(extension))
        except OSError:
            return False
    return _is_declared("nms")


def _is_declared(name: str) -> bool:
    return bool(torch._C._dispatch_has_kernel(f"torchvision::{name}"))
