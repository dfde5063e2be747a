import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arena.demo.processes import PortTaken, ProcessDied, Processes, check_port

PATIENCE_S = 120


def test_a_taken_port_is_named_with_the_mend() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} .* make demo PORT={port + 1}"):
            check_port(port)


def test_a_number_that_is_no_port_is_refused_in_words() -> None:
    with pytest.raises(PortTaken, match="70000 is no port number"):
        check_port(70000)


def test_a_process_that_dies_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Processes(tmp_path, {}) as running:
        running.start("worker", sys.executable, "-c", "print('no broker here'); raise SystemExit(3)")
        running.running["worker"].wait(PATIENCE_S)
        with pytest.raises(ProcessDied, match=r"(?s)worker ended with status 3.*no broker here"):
            running.check()


def test_leaving_ends_every_process(tmp_path: Path) -> None:
    with Processes(tmp_path, {}) as running:
        running.start("sleeper", sys.executable, "-c", "import time; time.sleep(600)")
        sleeper = running.running["sleeper"]
        assert sleeper.poll() is None
    assert sleeper.poll() is not None


def test_children_end_when_their_parent_is_killed_outright(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from arena.demo.processes import Processes\n"
        "running = Processes(Path(sys.argv[1]), {})\n"
        "running.start('sleeper', sys.executable, '-c', 'import time; time.sleep(600)')\n"
        "print(running.running['sleeper'].pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and is_running(child):
        time.sleep(0.02)
    assert not is_running(child)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
