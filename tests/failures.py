"""What `make test` adds to pytest: a test that hangs fails, and what failed is written, by node id with its
words, where ARENA_FAILURES says."""

import json
import os
import signal
from pathlib import Path

import pytest

HANGING_S = int(os.environ.get("ARENA_HANGING_S", 600))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    def end(*_):
        pytest.fail(f"has not ended after {HANGING_S} s")

    signal.signal(signal.SIGALRM, end)
    signal.alarm(HANGING_S)
    try:
        return (yield)
    finally:
        signal.alarm(0)


def pytest_terminal_summary(terminalreporter):
    reports = [each for kind in ("failed", "error") for each in terminalreporter.stats.get(kind, [])]
    found = {report.nodeid: report.longreprtext for report in reversed(reports)}
    if path := os.environ.get("ARENA_FAILURES"):
        Path(path).write_text(json.dumps(found))
