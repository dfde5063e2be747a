"""The vote loop over real HTTP: gunicorn on this machine's cores, clients in a process of their own.

One loop is one POST that stores a vote and brings the next assignments. The first votes warm the connections
up and do not count.
"""

import json
import random
import sys
import threading
import time
from functools import partial

from tests import servers
from tests.crowd import RaterClient, together

CLIENTS = (1, 8, 32)
SECONDS = 6.0
WARM_UP = 1.0
RATERS = max(CLIENTS)
AIM_PER_S, AIM_MS = 300, 150


def run() -> list[dict]:
    rows = engine("SQLite", "")
    with servers.postgres() as url:
        rows += engine("PostgreSQL", url)
    return rows


def engine(name: str, url: str) -> list[dict]:
    rows = []
    for clients in CLIENTS:
        with servers.arena_environment(database_url=url) as environment:
            # The limits are for people and floods; this is a flood on purpose.
            environment |= {"VOTES_PER_RATER_S": "0", "VOTES_PER_NETWORK_S": "0"}
            # Enough work that nobody runs out: 4,800 comparisons, each wanted 4 times. Nobody looks at them.
            settings = {"raters": clients, "prompts": 800, "generators": 4, "overlap": 4, "pictures": False}
            made = json.loads(servers.python(environment, "-m", "tests.stage", "make", given=settings))
            # More threads than this only wait for each other: the interpreter runs one at a time.
            with servers.gunicorn(environment, workers=2, threads=4) as address:
                given = {"address": address, "clients": clients, **made}
                found = json.loads(servers.python(environment, "-m", "tests.bench.bench_votes", given=given))
        many = f"{clients} client{'s' if clients > 1 else ''}"
        aimed = name == "PostgreSQL" and clients == 32
        rows += [
            {
                "name": f"votes stored and followed, {name}, {many}",
                "value": found["per_s"],
                "unit": "votes/s",
                "target": f"{AIM_PER_S}" if aimed else "–",
            },
            {
                "name": f"… 95th percentile, {name}, {many}",
                "value": found["p95_ms"],
                "unit": "ms",
                "target": f"{AIM_MS}" if aimed else "–",
            },
        ]
    return rows


def drive(given: dict) -> dict:
    """The clients' side. Latencies of all clients between the end of the warm-up and the deadline."""
    latencies: list[float] = []
    lock = threading.Lock()
    begin = time.perf_counter() + WARM_UP
    seconds = given.get("seconds", SECONDS)
    deadline = begin + seconds

    def client(number: int) -> None:
        rater = RaterClient(given["address"], given["token"], given["cookie"], given["secrets"][number])
        rng = random.Random(number)
        said = rater.next()
        mine = []
        while said["assignments"] and time.perf_counter() < deadline:
            started = time.perf_counter()
            answer = {"overall": rng.choice(["left", "right", "tie"])}
            status, reply = rater.vote(said["assignments"][0]["nonce"], answer)
            assert status == 201, (status, reply)
            said = reply["next"]
            if started > begin:
                mine.append(time.perf_counter() - started)
        rater.connection.close()
        with lock:
            latencies.extend(mine)

    together([partial(client, number) for number in range(given["clients"])])
    latencies.sort()
    return {
        "per_s": len(latencies) / seconds,
        "p95_ms": 1000 * latencies[int(0.95 * (len(latencies) - 1))],
    }


if __name__ == "__main__":
    print(json.dumps(drive(json.load(sys.stdin))))
