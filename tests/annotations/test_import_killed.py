"""An import whose process is killed with -9 leaves nothing, and completes at the next attempt: with real
processes, as only these can be killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import rows, zip_with_manifest
from tests.servers import ROOT, arena_environment, postgres

pytestmark = pytest.mark.servers

SETUP = """
import json, os, signal
import django
django.setup()
from datetime import timedelta
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from annotations import signals
from annotations.actions import imports, studies
from annotations.models import Image, ImportJob
signals.images_stored.send = lambda *args, **options: None
def found():
    originals = settings.MEDIA_ROOT / "originals"
    return {
        "state": ImportJob.objects.get().state,
        "images": Image.objects.count(),
        "files": sum(path.is_file() for path in originals.rglob("*")),
        "named": Image.objects.values("sha256").distinct().count(),
    }
"""
START = """
if os.environ["DATABASE_URL"].startswith("postgres"):
    call_command("migrate", verbosity=0)
with open(os.environ["UPLOAD"], "rb") as file:
    upload = SimpleUploadedFile("all.zip", file.read())
job = imports.start(study=studies.create(name="Cubes"), actor=None, manifest_file=upload)
def die(phase, done, total):
    if (phase, done) == (os.environ["PHASE"], total // 2):
        os.kill(os.getpid(), signal.SIGKILL)
if os.environ["PHASE"] == "published":
    imports.store.__globals__["_insert"] = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
imports.run(job=job, progress=die)
"""
GO_ON = """
before = found()
ImportJob.objects.update(claimed_at=timezone.now() - timedelta(seconds=61))
for pk in imports.recover():
    imports.run(job=ImportJob.objects.get(pk=pk))
print(json.dumps([before, found()]))
"""


def python(script, environment, **extra):
    command = [sys.executable, "-c", SETUP + script]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, **extra},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def migrated():
    """An SQLite database with all tables, to be copied."""
    with arena_environment() as environment:
        yield Path(environment["ARENA_VAR"]) / "arena.sqlite3"


@pytest.mark.parametrize(
    ("phase", "database"),
    [("checking", "sqlite"), ("storing", "sqlite"), ("published", "sqlite"), ("published", "postgresql")],
)
def test_a_killed_import_leaves_nothing_and_completes_at_the_next_attempt(
    tmp_path, migrated, phase, database
):
    path = zip_with_manifest(tmp_path / "all.zip", rows([f"p{n}" for n in range(10)]))
    environment = {
        "ARENA_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "arena.settings",
        "BROKER_URL": "memory://",
        "UPLOAD": str(path),
        "PHASE": phase,
    }
    if database == "sqlite":
        shutil.copy(migrated, tmp_path)
        environment["DATABASE_URL"] = f"sqlite:///{tmp_path}/arena.sqlite3"
        before, after = killed_and_continued(environment)
    else:
        with postgres(tmp_path) as url:
            before, after = killed_and_continued(environment | {"DATABASE_URL": url})
    assert before["images"] == 0
    assert before["state"] in ("checking", "storing")
    assert after == {"state": "done", "images": 20, "files": after["named"], "named": after["named"]}


def killed_and_continued(environment):
    assert python(START, environment).returncode == -signal.SIGKILL
    answer = python(GO_ON, environment)
    assert answer.returncode == 0
    return json.loads(answer.stdout.splitlines()[-1])
