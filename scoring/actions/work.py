"""Claims on rows of work, the same for scores and set scores. The row is the truth, whatever happens to
messages.

A claim names the process that holds it, so that another worker on the same machine frees the claims of a
process that was killed at once; claims from other machines run out.
"""

import hashlib
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from scoring import conf
from scoring.models import Score, ScoreState, SetScore

Model = type[Score] | type[SetScore]
Row = Score | SetScore


class ClaimLost(Exception):
    """Somebody else has the work now: whatever this process computed is dropped."""


@dataclass(frozen=True)
class Claim:
    model: Model
    token: str
    rows: list[Any]

    def renew(self) -> None:
        """Say that the work goes on. Raises ClaimLost."""
        if not self._mine().update(claimed_at=timezone.now()):
            raise ClaimLost(self.token)

    def _mine(self) -> Any:
        return self.model.objects.filter(claim=self.token, state=ScoreState.CLAIMED)

    def finish(self, results: Mapping[int, Mapping[str, Any]]) -> list[int]:
        """Store results, by primary key, of those rows that are still ours; returns their keys."""
        now = timezone.now()
        with transaction.atomic():
            rows = list(self._mine().select_for_update().filter(pk__in=list(results)))
            for row in rows:
                for name, value in results[row.pk].items():
                    setattr(row, name, value)
                row.state, row.error, row.claim, row.computed_at = ScoreState.DONE, "", "", now
            fields = {name for values in results.values() for name in values}
            if rows:
                self.model.objects.bulk_update(rows, [*fields, "state", "error", "claim", "computed_at"], 200)
        return [row.pk for row in rows]

    def fail(self, errors: Mapping[int, str]) -> None:
        """Give rows back with their error; whoever has failed three times is parked."""
        by_error: dict[str, list[int]] = {}
        for pk, error in errors.items():
            by_error.setdefault(error[:2000], []).append(pk)
        for error, keys in by_error.items():
            mine = self._mine().filter(pk__in=keys)
            mine.filter(attempts__gte=conf.MAX_ATTEMPTS).update(
                state=ScoreState.PARKED, error=error, claim=""
            )
            mine.update(state=ScoreState.PENDING, error=error, claim="")

    def release(self) -> None:
        """Give everything back as if it had never been taken."""
        self._mine().update(state=ScoreState.PENDING, claim="", claimed_at=None, attempts=F("attempts") - 1)


def claim(model: Model, *, metrics: Sequence[int], limit: int) -> Claim | None:
    """Take up to `limit` waiting rows of these metrics. None where nothing waits."""
    # A row that has failed waits a little: what made it fail may pass.
    rested = (
        Q(attempts=0)
        | Q(claimed_at__isnull=True)
        | Q(claimed_at__lt=timezone.now() - timedelta(seconds=conf.RETRY_AFTER_S))
    )
    waiting = model.objects.filter(rested, metric__in=metrics, state=ScoreState.PENDING).order_by("id")
    if not waiting.exists():  # without opening a transaction: on SQLite that would hold up every writer
        return None
    token = f"{own_name()}.{secrets.token_hex(6)}"
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        keys = list(waiting.values_list("pk", flat=True)[:limit])
        model.objects.filter(pk__in=keys, state=ScoreState.PENDING).update(
            state=ScoreState.CLAIMED, claim=token, claimed_at=timezone.now(), attempts=F("attempts") + 1
        )
    related = (
        ("image__prompt", "metric") if model is Score else ("study", "generator", "metric", "reference_set")
    )
    rows = list(model.objects.filter(claim=token).select_related(*related).order_by("id"))
    return Claim(model, token, rows) if rows else None


def recover() -> int:
    """Free the claims of workers that are no more. Their attempts count: work that kills workers gets
    parked."""
    freed = 0
    expired = timezone.now() - timedelta(seconds=conf.LEASE_S)
    for model in (Score, SetScore):
        held = model.objects.filter(state=ScoreState.CLAIMED)
        dead = {name for name in held.values_list("claim", flat=True).distinct() if is_dead(name)}
        lost = held.filter(Q(claimed_at__lt=expired) | Q(claim__in=dead))
        words = "the worker stopped without a word, perhaps for lack of memory"
        freed += lost.filter(attempts__gte=conf.MAX_ATTEMPTS).update(
            state=ScoreState.PARKED, claim="", error=words
        )
        freed += lost.update(state=ScoreState.PENDING, claim="", claimed_at=None)
    return freed


def retry(model: Model, *, keys: Sequence[int] | None = None) -> int:
    """Give parked work (all of it, or these rows) three new attempts."""
    parked = model.objects.filter(state=ScoreState.PARKED)
    if keys is not None:
        parked = parked.filter(pk__in=keys)
    return parked.update(state=ScoreState.PENDING, attempts=0, error="", claimed_at=None)


def own_name() -> str:
    """host.pid.start: told apart from another process that once gets the same number."""
    pid = os.getpid()
    return f"{_host()}.{pid}.{_started(pid)}"


def is_dead(token: str) -> bool:
    """True only when the claiming process ran on this machine and is gone for certain."""
    parts = token.split(".")
    if len(parts) != 4 or parts[0] != _host() or not parts[2]:
        return False
    return _started(int(parts[1])) != parts[2]


@cache
def _host() -> str:
    return hashlib.sha256(f"{socket.gethostname()} {_boot()}".encode()).hexdigest()[:8]


def _boot() -> str:
    """Which boot and which numbering of processes: containers of one name still differ by them."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Start time in clock ticks since boot; empty where there is no such process or no /proc. A zombie is
    dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
