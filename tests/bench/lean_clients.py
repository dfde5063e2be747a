"""Many raters in one thread: keep-alive sockets and a selector, no library in between. Clients share the
machine with the server in a benchmark, and a comfortable one costs as much as the server it measures."""

import random
import re
import selectors
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CSRF = "c" * 32
NONCE = re.compile(rb'"nonce": "([\w-]+)"')
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
ANSWERS = (b"left", b"right", b"tie")


@dataclass
class Client:
    address: tuple[str, int]
    head: bytes
    path: str
    sock: socket.socket = field(init=False)
    got: bytearray = field(default_factory=bytearray)
    sent_at: float = 0.0

    def connect(self) -> None:
        self.sock = socket.create_connection(self.address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> None:
        self._send(f"GET {self.path}/next HTTP/1.1\r\n".encode(), b"")

    def vote(self, nonce: bytes) -> None:
        answer = random.choice(ANSWERS)
        body = b'{"nonce": "%b", "answer": {"overall": "%b"}, "evidence": ' % (nonce, answer)
        body += b'{"decoded_ms": 300, "answer_ms": 1200, "zoomed": false}}'
        self._send(f"POST {self.path}/votes HTTP/1.1\r\n".encode(), body)

    def _send(self, line: bytes, body: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.sock.sendall(b"%b%bContent-Length: %d\r\n\r\n%b" % (line, self.head, len(body), body))

    def reply(self) -> tuple[int, bytes] | None:
        """Status and body, once all of it is here."""
        piece = self.sock.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.got += piece
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = LENGTH.search(self.got, 0, end)
        assert length is not None
        whole = end + 4 + int(length[1])
        if len(self.got) < whole:
            return None
        status, body = int(self.got[9:12]), bytes(self.got[end + 4 : whole])
        del self.got[:whole]
        return status, body


def vote_loops(given: dict, *, warm_up_s: float, seconds: float) -> list[float]:
    """All clients vote as fast as they are answered; the latencies of a loop, after the warm-up, in order."""
    place = urlsplit(given["address"])
    ready = selectors.DefaultSelector()

    def join(secret: str) -> None:
        head = f"Host: {place.netloc}\r\nCookie: {given['cookie']}={secret}; csrftoken={CSRF}\r\n"
        head += f"X-CSRFToken: {CSRF}\r\nContent-Type: application/json\r\n"
        client = Client((place.hostname, place.port), head.encode(), f"/api/v1/rater/{given['token']}")
        client.connect()
        ready.register(client.sock, selectors.EVENT_READ, client)
        client.ask()

    # One after the other, as raters come: of connections in one moment a single server process takes all.
    waiting, began = list(given["secrets"]), time.perf_counter()
    step = warm_up_s / 2 / len(waiting)
    begin = began + warm_up_s
    deadline, latencies, busy = begin + seconds, [], len(waiting)
    joined = 0
    while busy:
        while joined < len(waiting) and time.perf_counter() >= began + joined * step:
            join(waiting[joined])
            joined += 1
        for key, _ in ready.select(timeout=30 if joined == len(waiting) else step):
            client = key.data
            if (reply := client.reply()) is None:
                continue
            status, body = reply
            assert status in (200, 201), (status, body[:500])
            now = time.perf_counter()
            if status == 201 and begin < client.sent_at and now < deadline:
                latencies.append(now - client.sent_at)
            nonce = NONCE.search(body)
            if nonce is None or now > deadline:
                ready.unregister(client.sock)
                client.sock.close()
                busy -= 1
            else:
                client.vote(nonce[1])
    return sorted(latencies)


def summary(latencies: list[float], seconds: float) -> dict[str, float]:
    def at(share: float) -> float:
        return 1000 * latencies[int(share * (len(latencies) - 1))]

    return {"per_s": len(latencies) / seconds, "p50_ms": at(0.5), "p95_ms": at(0.95)}
