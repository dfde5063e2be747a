"""What the benchmarks share: rows of a table with aims, how they print, and the best of a few runs."""

import os
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

# On a machine that others keep busy, BENCH_CLOCK=cpu counts processor time, of two threads that of both.
clock = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter
# "≤ 0.3", "≥ 0.9", "0.93-0.97"; anything else is no aim that could be checked.
_RANGE = re.compile(r"^([\d.]+)-([\d.]+)$")


def row(name: str, value: float | str, unit: str, target: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": target}


def best_of(action: Callable[[], Any], times: int = 3) -> float:
    """Seconds of the fastest run: machines are shared, and others only ever make it slower."""
    taken = []
    for _ in range(times):
        start = clock()
        action()
        taken.append(clock() - start)
    return min(taken)


def show(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Prints rows of name, value, unit and target as they come; the names of those that miss their aim."""
    missed = []
    for row in rows:
        value, aim = row["value"], str(row.get("target") or "")
        shown = f"{value:,.4g}" if isinstance(value, int | float) else str(value)
        held = holds(value, aim)
        verdict = {True: "holds", False: "MISSED", None: ""}[held]
        print(f"  {row['name']:<76} {shown:>10} {row['unit']:<8} aim {aim or '–':<10} {verdict}", flush=True)
        if held is False:
            missed.append(str(row["name"]).strip())
    return missed


def holds(value: object, aim: str) -> bool | None:
    """Whether a number is within its aim; nothing where there is none to check."""
    if not isinstance(value, int | float) or not aim:
        return None
    if between := _RANGE.match(aim):
        return float(between[1]) <= value <= float(between[2])
    sign, _, limit = aim.partition(" ")
    try:
        bound = float(limit)
    except ValueError:
        return None
    return {"≤": value <= bound, "≥": value >= bound, "<": value < bound}.get(sign)
