"""Raters as programs: keep-alive HTTP against a real server, with a ledger of what it said it stored."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TRIES = 60
CSRF = "c" * 32  # the double-submit check compares cookie and header


@dataclass
class Ledger:
    stored: dict[str, dict] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    refused: list[tuple[int, str]] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


class RaterClient:
    def __init__(self, address: str, token: str, cookie: str, secret: str) -> None:
        self.host = urlsplit(address).netloc
        self.token = token
        self.headers = {
            "Cookie": f"{cookie}={secret}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Content-Type": "application/json",
        }
        self.connection = http.client.HTTPConnection(self.host, timeout=60)
        self.ledger = Ledger()

    def request(self, method: str, name: str, body: Any = None) -> tuple[int, dict]:
        path = f"/api/v1/rater/{self.token}/{name}"
        data = None if body is None else json.dumps(body)
        started = time.perf_counter()
        for attempt in range(TRIES):
            try:
                self.connection.request(method, path, data, self.headers)
                reply = self.connection.getresponse()
                said = reply.read()
                break
            except (http.client.HTTPException, OSError):
                # A reply that got lost: the same request again, as the page does, until the server is back.
                self.connection.close()
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.02 * attempt)
        self.ledger.latencies.append(time.perf_counter() - started)
        return reply.status, json.loads(said) if said else {}

    def next(self) -> dict:
        status, said = self.request("GET", "next")
        assert status == 200, (status, said)
        return said

    def vote(self, nonce: str, answer: dict) -> tuple[int, dict]:
        evidence = {"decoded_ms": 300, "answer_ms": 1200, "zoomed": False}
        status, said = self.request("POST", "votes", {"nonce": nonce, "answer": answer, "evidence": evidence})
        if status in (200, 201):
            self.ledger.stored[nonce] = answer
        else:
            self.ledger.refused.append((status, said.get("code", "")))
        return status, said


def work(
    client: RaterClient,
    rng: random.Random,
    *,
    most: int = 10_000,
    again: float = 0.0,
    undo: float = 0.0,
    patience: int = 40,
) -> None:
    """Answer until the server says that nothing is left; now and then send a vote twice or undo one."""
    try:
        _work(client, rng, most, again, undo, patience)
    finally:
        client.connection.close()


def _work(
    client: RaterClient, rng: random.Random, most: int, again: float, undo: float, patience: int
) -> None:
    said = client.next()
    given = 0
    while given < most:
        if not said["assignments"]:
            if said["state"] != "waiting" or not patience:
                return
            patience -= 1
            time.sleep(0.25)
            said = client.next()
            continue
        nonce = said["assignments"][0]["nonce"]
        answer = {"overall": rng.choice(["left", "right", "tie", "both_bad"])}
        status, reply = client.vote(nonce, answer)
        if status not in (200, 201):
            said = client.next()
            continue
        given += 1
        said = reply["next"]
        if rng.random() < again:
            status, _ = client.vote(nonce, answer)
            assert status == 200, status
        if said["can_undo"] and rng.random() < undo:
            status, reply = client.request("POST", "undo", {})
            assert status == 200, (status, reply)
            client.ledger.undone.add(nonce)
            said = reply["next"]


def together(jobs: list) -> None:
    """Run callables in threads of their own; the first failure is raised."""
    failures: list[BaseException] = []

    def run(job: Any) -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
