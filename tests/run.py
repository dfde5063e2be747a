"""What `make test` runs: every stage, on private servers with their data in a temporary folder.

Each stage is one pytest run; a stage that finds no test fails. Where browsers and servers are real, a few
tests that failed run once more, alone: one that then passes is named as unsteady, which neither fails the run
nor goes unseen. System packages are installed when this process may, otherwise it stops with the line to
type.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import postgres

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PACKAGES = {"chromium": "chromium", "redis-server": "redis-server", "nginx": "nginx"}
# The stages that touch the database run a second time on PostgreSQL.
DATABASE_TESTS = ["tests/annotations", "tests/scoring", "tests/arena"]
# Bytecode is: each of the many processes of a stage would compile all of the project otherwise.
KEPT = {"PYTHONDONTWRITEBYTECODE": ""}
# More than so many at once are no bad luck.
MOST_AGAIN = 3
TESTS_FAILED = 1  # the exit code of pytest when it ran to its end and tests failed
LINES_SHOWN = 60
# A worker of pytest-xdist that died; its file runs again in another one, and after a few such nothing does.
CRASH = r"node down: |worker 'gw\d+' crashed|maximum crashed workers"
# A test that hangs fails after ten minutes; where nothing reaches it any more, its process ends.
HANGING = ["-o", "faulthandler_timeout=700", "-o", "faulthandler_exit_on_timeout=true"]
HANGING += ["--max-worker-restart", "1"]
PURE = [
    "--ignore=tests/arena/analytics",
    "--ignore=tests/scoring/metrics",
    "--ignore=tests/annotations/assignment",
]


def find(command: str) -> str | None:
    return shutil.which(command, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin:/sbin")


def install_system_packages() -> None:
    missing = [package for command, package in SYSTEM_PACKAGES.items() if not find(command)]
    if not missing:
        return
    line = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if find("apt-get") and os.geteuid() == 0:
        print(f"Installing {', '.join(missing)} with apt …", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=True, env=environment, stdout=subprocess.DEVNULL)
        subprocess.run(line, check=True, env=environment, stdout=subprocess.DEVNULL)
        return
    sys.exit(f"The tests need {', '.join(missing)}. Type:\n  sudo {' '.join(line)}")


@dataclass
class Run:
    """One run of pytest."""

    code: int
    passed: int
    failed: int
    failures: dict[str, str] = field(default_factory=dict)  # node id: what pytest says of it
    whole: bool = True  # no worker crashed: after that, tests are left out that nobody names


@dataclass
class Result:
    """What a stage has come to. A test that failed and then passed alone is unsteady."""

    passed: int
    failed: int
    unsteady: dict[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return self.passed > 0 and not self.failed


def judged(first: Run, again: Callable[[list[str]], Run] | None) -> Result:
    """A few tests that failed are run once more, where `again` says how; whatever else went wrong is red."""
    red = Result(first.passed, first.failed or int(first.code != 0 or not first.passed))
    few = first.whole and 0 < first.failed == len(first.failures) <= MOST_AGAIN
    if again is None or first.code != TESTS_FAILED or not few:
        return red
    second = again(list(first.failures))
    if second.code or second.passed != len(first.failures):
        return red
    return Result(first.passed + second.passed, 0, first.failures)


def stage(
    name: str, marks: str, *paths: str, workers: int = 0, again: bool = False, **environment: str
) -> Result:
    print(f"\n── {name} " + "─" * max(0, 70 - len(name)), flush=True)
    started = time.monotonic()

    def alone(tests: list[str]) -> Run:
        print(f"   {name}: {len(tests)} failed, once more and alone:", flush=True)
        return pytest(marks, *tests, workers=0, environment=environment)

    result = judged(pytest(marks, *paths, workers=workers, environment=environment), alone if again else None)
    said = "" if result.good else " — NOT GOOD"
    said += f", {len(result.unsteady)} UNSTEADY" if result.unsteady else ""
    print(f"   {name}: {result.passed} passed in {time.monotonic() - started:.0f} s{said}", flush=True)
    return result


def pytest(marks: str, *arguments: str, workers: int, environment: dict[str, str]) -> Run:
    with tempfile.TemporaryDirectory(prefix="arena-run-") as folder:
        failures = Path(folder) / "failures.json"
        command = [sys.executable, "-m", "pytest", "-m", marks, "-n", str(workers)]
        command += ["--dist", "loadfile"]  # what the tests of a file share is made once
        command += ["-p", "no:cacheprovider", "-p", "tests.failures", *HANGING, *arguments]
        tail, whole = "", True
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **KEPT, "ARENA_FAILURES": str(failures), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as run:
            assert run.stdout is not None
            for text in run.stdout:
                print(text, end="", flush=True)
                tail = (tail + text)[-4000:]
                whole = whole and not re.search(CRASH, text)
        code = run.returncode
        found = json.loads(failures.read_text()) if failures.exists() else {}
        return Run(code, count(tail, "passed"), count(tail, "failed") + count(tail, "error"), found, whole)


def count(text: str, word: str) -> int:
    found = re.findall(rf"(\d+) {word}s?\b", text)
    return int(found[-1]) if found else 0


def told(results: list[Result]) -> str:
    """What was unsteady, with its first failure, and the line that counts everything."""
    lines = []
    unsteady = {test: words for result in results for test, words in result.unsteady.items()}
    for test, words in unsteady.items():
        lines += ["", f"UNSTEADY: {test} failed, and passed when it ran once more alone. Its first failure:"]
        lines += [f"    {line}" for line in words.splitlines()[-LINES_SHOWN:]]
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    lines += ["", f"{passed} passed, {failed} failed" + (f", {len(unsteady)} unsteady" if unsteady else "")]
    return "\n".join(lines)


def main() -> int:
    install_system_packages()
    fast = "not slow and not browser and not servers"
    results = [stage("Fast tests, SQLite", fast, workers=2)]
    with tempfile.TemporaryDirectory(prefix="arena-test-") as folder, postgres(Path(folder)) as url:
        results.append(
            stage(
                "Fast tests, PostgreSQL, tables by migrations",
                fast,
                "--migrations",
                *DATABASE_TESTS,
                *PURE,
                workers=2,
                DATABASE_URL=url,
            )
        )
    slow = "(slow or servers) and not browser"
    results.append(stage("Slow tests and real servers", slow, workers=2, again=True))
    browser = {"again": True, "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    results.append(stage("Browser", "browser and not timed", "tests/browser", workers=2, **browser))
    results.append(stage("Browser, against the clock", "browser and timed", "tests/browser", **browser))
    print(told(results), flush=True)
    return 0 if all(result.good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
