"""Do an exported design and audit record still say what was sealed? Recomputes every hash from files alone.

The design hash is SHA-256 over the design as JSON with sorted keys and without spaces. Each audit event's
hash is SHA-256 over the same spelling of its fields and of the hash before it, so that no event can be
changed, moved or taken out from among the others unnoticed. A chain that is cut off at its end still holds:
compare its last hash with one that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import OptionError

_EVENT = ("study", "sequence", "actor", "verb", "subject", "data", "at", "previous")


@dataclass(frozen=True)
class Provenance:
    """What was verified.

    Attributes
    ----------
    design_hash : str
        As computed from the design; empty when none was given.
    last_hash : str
        Of the audit chain; empty when none was given.
    events : int
    problems : tuple of str
        In words; empty when everything holds.
    """

    design_hash: str
    last_hash: str
    events: int
    problems: tuple[str, ...]


def canonical_hash(value: Any) -> str:
    """SHA-256 of a value's canonical JSON: sorted keys, no spaces, UTF-8, no NaN."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def verify(
    *, design: Mapping[str, Any] | None = None, audit: Iterable[Mapping[str, Any]] | None = None
) -> Provenance:
    """Recompute the hashes of an exported design and audit chain, and hold them against each other.

    Parameters
    ----------
    design : mapping, optional
        The design export: ``study``, ``design``, ``design_hash``.
    audit : iterable of mapping, optional
        Rows of the audit export, in any order; ``data`` as JSON text.

    Raises
    ------
    OptionError
        When a file lacks a field, so that nothing can be verified.
    """
    problems: list[str] = []
    computed = _design(design, problems) if design is not None else ""
    rows = sorted(_events(audit or ()), key=lambda row: int(row["sequence"]))
    last = _chain(rows, problems)
    if computed and rows:
        _launch(rows, computed, problems)
    return Provenance(computed, last, len(rows), tuple(problems))


def _design(document: Mapping[str, Any], problems: list[str]) -> str:
    if "design" not in document or "design_hash" not in document:
        raise OptionError("The design file has no design and design_hash.", mend="Export the design again.")
    computed = canonical_hash(document["design"])
    if computed != document["design_hash"]:
        problems.append("The design has been changed: its hash is not the one beside it.")
    return computed


def _events(rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for number, row in enumerate(rows, start=1):
        if absent := [name for name in (*_EVENT, "hash") if name not in row]:
            raise OptionError(
                f"Row {number} of the audit file has no {', '.join(absent)}.", mend="Export the audit again."
            )
        event = dict(row)
        event["sequence"] = int(event["sequence"])
        data = event["data"]
        event["data"] = json.loads(data) if isinstance(data, str) else data
        # An empty text comes back from CSV as nothing.
        event["previous"] = event["previous"] if isinstance(event["previous"], str) else ""
        yield event


def _chain(rows: list[dict[str, Any]], problems: list[str]) -> str:
    previous = ""
    for wanted, row in enumerate(rows, start=1):
        if row["sequence"] != wanted:
            problems.append(f"Event {wanted} is missing before event {row['sequence']}.")
            return str(rows[-1]["hash"])
        if row["previous"] != previous:
            problems.append(f"Event {wanted} does not follow from the one before it.")
        if canonical_hash({name: row[name] for name in _EVENT}) != row["hash"]:
            problems.append(f"Event {wanted} ({row['verb']}) has been changed.")
        previous = str(row["hash"])
    return previous


def _launch(rows: list[dict[str, Any]], computed: str, problems: list[str]) -> None:
    sealed = [row["data"]["design_hash"] for row in rows if "design_hash" in (row["data"] or {})]
    if not sealed:
        problems.append("No event of the audit names a design hash: the design cannot be held against it.")
    elif sealed[-1] != computed:
        problems.append("The design is not the one that the audit says was launched.")
