"""What import-linter cannot see: modules that are loaded on the way. Each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def loaded_after(code: str, tmp_path: Path) -> set[str]:
    """Top-level packages that are loaded once `code` has run."""
    program = f"{code}\nimport sys\nprint('\\n'.join({{name.partition('.')[0] for name in sys.modules}}))"
    environment = {**os.environ, "ARENA_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "arena.settings"}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_web_processes_never_load_torch(tmp_path):
    found = loaded_after("import django; django.setup(); import arena.urls, arena.wsgi", tmp_path)
    assert "django" in found
    assert not found & {"torch", "torchvision", "open_clip", "timm"}


def test_analytics_stands_without_django(tmp_path):
    code = (
        "import importlib, pkgutil, arena.analytics as a\n"
        "for module in pkgutil.walk_packages(a.__path__, 'arena.analytics.'):\n"
        "    importlib.import_module(module.name)"
    )
    found = loaded_after(code, tmp_path)
    assert "numpy" in found
    assert not found & {"django", "celery", "torch", "rest_framework", "annotations", "scoring"}


def test_assignment_stands_without_django(tmp_path):
    code = (
        "import importlib, pkgutil, annotations.assignment as a\n"
        "for module in pkgutil.walk_packages(a.__path__, 'annotations.assignment.'):\n"
        "    importlib.import_module(module.name)"
    )
    assert not loaded_after(code, tmp_path) & {"django", "celery", "torch", "rest_framework"}


def test_the_package_arena_is_empty():
    assert (ROOT / "arena" / "__init__.py").read_bytes() == b""
