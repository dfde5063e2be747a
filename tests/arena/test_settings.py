"""Settings are read once per process, so each rule is tried in a process of its own."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "deploy" / "production.env.example"
GOOD_KEY = secrets.token_urlsafe(64)
ASSIGNMENT = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
# Read by programs beside Django: gunicorn's configuration and compose.
READ_ELSEWHERE = {"WEB_WORKERS", "WEB_THREADS", "POSTGRES_PASSWORD"}


def example() -> dict[str, str]:
    """The variables that the example sets; commented ones show defaults."""
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def start(tmp_path: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    plain = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME", "LANG", "LD_LIBRARY_PATH"}
    }
    environment = {**plain, "ARENA_VAR": str(tmp_path), **variables}
    arguments = command or ("-c", "import arena.settings as s; print(s.SECRET_KEY)")
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "key",
    ["", "short", "a" * 80, "change-me-" + GOOD_KEY, "django-insecure-" + GOOD_KEY],
    ids=["missing", "short", "one character", "the example", "Django's own example"],
)
def test_production_refuses_a_key_that_protects_nothing(tmp_path, key):
    run = start(tmp_path, ARENA_ENV="production", SECRET_KEY=key)
    assert run.returncode != 0
    assert "SECRET_KEY is missing, short or still the example" in run.stderr


def test_production_starts_with_a_good_key_and_keeps_it_out_of_var(tmp_path):
    run = start(tmp_path, ARENA_ENV="production", SECRET_KEY=GOOD_KEY)
    assert run.stdout.strip() == GOOD_KEY
    assert not (tmp_path / "secret_key").exists()


def test_development_makes_a_key_once_and_only_its_owner_reads_it(tmp_path):
    first, second = start(tmp_path), start(tmp_path)
    assert len(first.stdout.strip()) >= 50
    assert first.stdout == second.stdout
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_example_as_it_stands_does_not_start(tmp_path):
    run = start(tmp_path, **{**example(), "ARENA_VAR": str(tmp_path)})
    assert "SECRET_KEY" in run.stderr
    assert run.returncode != 0


@pytest.mark.slow
def test_the_filled_in_example_passes_the_deployment_check(tmp_path):
    values = {**example(), "SECRET_KEY": GOOD_KEY, "ARENA_VAR": str(tmp_path)}
    run = start(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **values)
    assert run.returncode == 0, run.stderr
    assert "no issues (0 silenced)" in run.stdout


def test_the_example_names_every_variable_and_no_other():
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', (ROOT / "arena" / "settings.py").read_text()))
    development_only = {"DEBUG", "STATIC_MANIFEST", "SQLITE_SYNCHRONOUS"}
    named = {name for name, _ in ASSIGNMENT.findall(EXAMPLE.read_text())}
    assert read - development_only - named == set()
    assert named - read - READ_ELSEWHERE == set()


def test_production_trusts_no_host_until_told(tmp_path):
    run = start(
        tmp_path, "-c", "import arena.settings as s; print(s.ALLOWED_HOSTS, s.DEBUG)",
        ARENA_ENV="production", SECRET_KEY=GOOD_KEY,
    )  # fmt: skip
    assert run.stdout.strip() == "[] False"


def test_a_file_of_settings_is_read_and_a_missing_one_refused(tmp_path):
    file = tmp_path / "production.env"
    run = start(tmp_path, ARENA_ENV_FILE=str(file))
    assert run.returncode != 0
    assert "ARENA_ENV_FILE names" in run.stderr
    file.write_text(f"ARENA_ENV=production\nSECRET_KEY={GOOD_KEY}\n")
    assert start(tmp_path, ARENA_ENV_FILE=str(file)).stdout.strip() == GOOD_KEY


def test_a_misspelt_environment_is_refused_not_taken_for_development(tmp_path):
    run = start(tmp_path, ARENA_ENV="Production", SECRET_KEY=GOOD_KEY)
    assert run.returncode != 0
    assert "Write development or production" in run.stderr


@pytest.mark.slow
def test_sqlite_takes_its_write_lock_at_the_start_of_a_transaction(tmp_path):
    code = (
        "import django; django.setup()\n"
        "from django.db import connection as c\n"
        "mode = c.cursor().execute('PRAGMA journal_mode').fetchone()[0]\n"
        "print(mode, c.settings_dict['OPTIONS']['transaction_mode'])"
    )
    run = start(tmp_path, "-c", code, DJANGO_SETTINGS_MODULE="arena.settings")
    assert run.stdout.split() == ["wal", "IMMEDIATE"], run.stderr
