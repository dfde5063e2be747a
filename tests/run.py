"""What `make test` runs: every stage, on private servers with their data in a temporary folder.

Each stage is one pytest run; a stage that finds no test fails. System packages are installed when this
process may, otherwise it stops with the line to type.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.servers import postgres

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PACKAGES = {"chromium": "chromium", "redis-server": "redis-server", "nginx": "nginx"}
# The stages that touch the database run a second time on PostgreSQL.
DATABASE_TESTS = ["tests/annotations", "tests/scoring", "tests/arena"]
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


def stage(name: str, marks: str, *paths: str, workers: int = 0, **environment: str) -> tuple[int, int, bool]:
    print(f"\n── {name} " + "─" * max(0, 70 - len(name)), flush=True)
    started = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        marks,
        "-n",
        str(workers),
        "--dist",
        "loadfile",  # what the tests of a file share is made once
        "-p",
        "no:cacheprovider",
        *paths,
    ]
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        # Bytecode is kept: each of the many processes of a stage would compile all of the project otherwise.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    tail = ""
    assert run.stdout is not None
    for text in run.stdout:
        print(text, end="", flush=True)
        tail = (tail + text)[-4000:]
    code = run.wait()
    passed, failed = count(tail, "passed"), count(tail, "failed") + count(tail, "error")
    good = code == 0 and passed > 0
    print(
        f"   {name}: {passed} passed in {time.monotonic() - started:.0f} s" + ("" if good else " — NOT GOOD"),
        flush=True,
    )
    return passed, failed if good or failed else 1, good


def count(text: str, word: str) -> int:
    found = re.findall(rf"(\d+) {word}s?\b", text)
    return int(found[-1]) if found else 0


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
    results.append(stage("Slow tests and real servers", "(slow or servers) and not browser", workers=2))
    browser = {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    results.append(stage("Browser", "browser and not timed", "tests/browser", workers=2, **browser))
    results.append(stage("Browser, against the clock", "browser and timed", "tests/browser", **browser))
    passed, failed = sum(r[0] for r in results), sum(r[1] for r in results)
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 0 if all(r[2] for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
