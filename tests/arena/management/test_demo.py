"""`make demo` as it is typed: one command from an empty folder to a running arena, and back."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests import servers

pytestmark = pytest.mark.servers


def demo(folder: Path, port: int, log: Path) -> subprocess.Popen:
    environment = {**os.environ, "ARENA_VAR": str(folder)}
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=servers.ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )


def address(log: Path, name: str) -> str:
    line = next(line for line in log.read_text().splitlines() if line.strip().startswith(name))
    return line.split()[-1]


def test_the_demo_prints_links_that_answer_and_ends_all_it_started(tmp_path):
    port, log = servers.free_port(), tmp_path / "demo.log"
    running = demo(tmp_path / "var", port, log)
    try:
        servers.wait_until(lambda: "Log in as" in log.read_text() or running.poll() is not None, "links", 240)
        assert running.poll() is None, log.read_text()
        for name in ("Vote", "Rate", "Results", "API"):
            with urllib.request.urlopen(address(log, name), timeout=30) as answer:
                assert answer.status == 200

        refused = demo(tmp_path / "var", port, tmp_path / "second.log")
        assert refused.wait(60) != 0
        assert f"make demo PORT={port + 1}" in (tmp_path / "second.log").read_text()

        children = psutil.Process(running.pid).children(recursive=True)
        assert len(children) >= 3  # web server, worker, beat
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
        assert not psutil.wait_procs(children, timeout=20)[1]
    finally:
        servers.stop(running)
