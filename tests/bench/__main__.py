"""What `make bench` runs: every bench_*.py module's `run()`, printed as one table with aims and verdicts.

`make bench BENCH=votes` runs one module. Machines are shared and noisy: quote ratios from one run. On two
quiet cores all of it takes less than 25 minutes; `BENCH_VOTES` (1,000,000) and `STUDIES` (400) make it
smaller, `BENCH_CLOCK=cpu` times the statistics by processor time.
"""

import importlib
import os
import pkgutil
import sys
import time

import tests.bench as package
from tests.bench.rows import show


def main() -> int:
    wanted = os.environ.get("BENCH", "")
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if m.name.startswith("bench_")]
    chosen = [name for name in names if wanted in name]
    if not chosen:
        print(f"No benchmark is called {wanted!r}. There are: {', '.join(n[6:] for n in names)}")
        return 1
    begun, missed = time.monotonic(), []
    for name in chosen:
        started = time.monotonic()
        print(f"\n{name[6:]}", flush=True)
        missed += show(importlib.import_module(f"tests.bench.{name}").run())
        print(f"  ({time.monotonic() - started:.0f} s)", flush=True)
    print(f"\nIn all {(time.monotonic() - begun) / 60:.1f} minutes. ", end="")
    print(f"{len(missed)} aims missed:" if missed else "Every aim holds.")
    for line in missed:
        print(f"  {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
