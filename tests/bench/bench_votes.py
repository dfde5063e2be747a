"""The vote loop over real HTTP: gunicorn on this machine's cores, clients in a process of their own.

One loop is one POST that stores a vote and brings the next assignments. The first votes warm the connections
up and do not count. Processor time per vote tells what a loop costs even where other work slows the machine.
"""

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil

from tests import servers
from tests.bench.bare_view import bare_view
from tests.bench.lean_clients import summary, vote_loops

CLIENTS = (1, 8, 32)
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
WARM_UP = 1.5
AIM_PER_S, AIM_MS = 500, 100


def run() -> list[dict]:
    rows = engine("SQLite", "")
    with servers.postgres() as url:
        with bare_view(url) as given:
            bare = clients_side({}, given, seconds=SECONDS)
        rows += report("a view with nothing but one INSERT, 32 clients", bare, aimed=False)
        rows += engine("PostgreSQL", url)
    last = next(row["value"] for row in rows if row["name"].endswith("PostgreSQL, 32 clients"))
    share = {"name": "votes for each such INSERT, 32 clients", "value": last / bare["per_s"], "unit": ""}
    return [*rows, share]


def engine(name: str, url: str) -> list[dict]:
    rows = []
    for clients in CLIENTS:
        with servers.arena_environment(database_url=url) as environment:
            # The limits are for people and floods; this is a flood on purpose.
            environment |= {"VOTES_PER_RATER_S": "0", "VOTES_PER_NETWORK_S": "0"}
            # Enough work that nobody runs out: 6,000 comparisons, each wanted 4 times. Nobody looks at them.
            settings = {"raters": clients, "prompts": 1000, "generators": 4, "overlap": 4, "pictures": False}
            made = json.loads(servers.python(environment, "-m", "tests.stage", "make", given=settings))
            # More threads than this only wait for each other: the interpreter runs one at a time.
            with servers.gunicorn(environment, workers=2, threads=4) as address:
                given = {"address": address, **made}
                # Workers import what they need with their first requests; that is no cost of a vote.
                clients_side(environment, given, seconds=2 * WARM_UP)
                web, database = children(), database_processes(url)
                before = [processor_s(web), processor_s(database)]
                found = clients_side(environment, given, seconds=SECONDS)
                web_s, database_s = processor_s(web) - before[0], processor_s(database) - before[1]
        what = f"votes stored and followed, {name}, {clients} client{'s' if clients > 1 else ''}"
        rows += report(what, found, aimed=name == "PostgreSQL" and clients == 32)
        for who, spent in (("web", web_s), ("database", database_s), ("clients", found["clients_s"])):
            if spent:
                value = 1000 * spent / found["votes"]
                rows.append({"name": f"    processor time per vote, {who}", "value": value, "unit": "ms"})
    return rows


def clients_side(environment: dict, given: dict, *, seconds: float) -> dict:
    """In a process of its own."""
    given = given | {"seconds": seconds}
    return json.loads(servers.python(environment, "-m", "tests.bench.bench_votes", given=given))


def report(what: str, found: dict, *, aimed: bool) -> list[dict]:
    return [
        {
            "name": what,
            "value": found["per_s"],
            "unit": "votes/s",
            "target": f"≥ {AIM_PER_S}" if aimed else "–",
        },
        {"name": "    median", "value": found["p50_ms"], "unit": "ms"},
        {
            "name": "    95th percentile",
            "value": found["p95_ms"],
            "unit": "ms",
            "target": f"≤ {AIM_MS}" if aimed else "–",
        },
    ]


def children() -> list[psutil.Process]:
    """The web server's processes: the only ones of ours that last."""
    return psutil.Process().children(recursive=True)


def database_processes(url: str) -> list[psutil.Process]:
    if not url:
        return []
    folder = Path(parse_qs(urlsplit(url).query)["host"][0])
    return [psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))]


def processor_s(processes: list[psutil.Process]) -> float:
    """Of these, of what they have started, and of what of that has ended."""
    total = 0.0
    for one in {one for process in processes for one in (process, *process.children(recursive=True))}:
        with suppress(psutil.NoSuchProcess):
            spent = one.cpu_times()
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def drive(given: dict) -> dict:
    """The clients' side."""
    begun, seconds = time.process_time(), given["seconds"]
    latencies = vote_loops(given, warm_up_s=WARM_UP, seconds=seconds)
    # Votes of the warm-up cost as much as the others, and were as many in their time.
    votes = len(latencies) * (seconds + WARM_UP) / seconds
    return summary(latencies, seconds) | {"votes": votes, "clients_s": time.process_time() - begun}


if __name__ == "__main__":
    print(json.dumps(drive(json.load(sys.stdin))))
