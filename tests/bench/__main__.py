"""What `make bench` runs: every bench_*.py module's `run()`, printed as one table.

`make bench BENCH=votes` runs one module. Machines are shared and noisy: quote ratios from one run.
"""

import importlib
import os
import pkgutil
import sys
import time

import tests.bench as package


def main() -> int:
    wanted = os.environ.get("BENCH", "")
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if m.name.startswith("bench_")]
    chosen = [name for name in names if wanted in name]
    if not chosen:
        print(f"No benchmark is called {wanted!r}. There are: {', '.join(n[6:] for n in names)}")
        return 1
    for name in chosen:
        started = time.monotonic()
        rows = importlib.import_module(f"tests.bench.{name}").run()
        print(f"\n{name[6:]} ({time.monotonic() - started:.0f} s)")
        for row in rows:
            value = row["value"]
            shown = f"{value:,.4g}" if isinstance(value, int | float) else str(value)
            aim = row.get("target") or "–"
            print(f"  {row['name']:<72} {shown:>10} {row['unit']:<10} aim {aim}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
