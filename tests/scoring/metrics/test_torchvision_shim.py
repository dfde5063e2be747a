"""The shim is about a fresh interpreter, so each test starts one."""

import subprocess
import sys

import pytest

from scoring.metrics import torchvision_shim

pytestmark = pytest.mark.slow


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_torchvision_imports_after_the_shim_and_its_transforms_work():
    printed = run_python(
        "from scoring.metrics import torchvision_shim; torchvision_shim.ensure(); torchvision_shim.ensure()\n"
        "import gc; gc.collect()\n"
        "import torch, torchvision.transforms as t\n"
        "print(tuple(t.Resize(8)(torch.zeros(3, 16, 16)).shape), hasattr(torch.ops.torchvision, 'nms'))"
    )
    assert printed == "(3, 8, 8) True"


@pytest.mark.slow
def test_the_shim_declares_nothing_where_the_operators_are_already_there():
    printed = run_python(
        "import torch\n"
        "kept = torch.library.Library('torchvision', 'DEF')\n"
        "for name in ('nms', 'qnms'): kept.define(name + '(Tensor a, Tensor b, float c) -> Tensor')\n"
        "import torchvision\n"
        "from scoring.metrics import torchvision_shim; torchvision_shim.ensure()\n"
        "print(torchvision_shim._kept_alive)"
    )
    assert printed == "[]"


def test_the_shim_keeps_what_it_declared_and_declares_it_once():
    torchvision_shim.ensure()
    before = list(torchvision_shim._kept_alive)
    torchvision_shim.ensure()
    assert torchvision_shim._kept_alive == before
