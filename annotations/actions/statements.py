"""The busiest path in plain SQL. Every vote runs these statements, and composing them anew each time costs
several times what the database needs to run them. They read what voting needs and leave the rest deferred."""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_datetime

from annotations.assignment.serving import FreePlace, Held
from annotations.models import Assignment, Comparison, Place, Prompt, Rater, Study, Vote
from annotations.sql import Step, insert, loaded, lock, marks, rows, run, together

COUNTERS = (
    "served", "voted", "checks_voted", "repeats_served", "order_balance", "next_check_at", "lately",
    "rank_from",
)  # fmt: skip
# States in which a rater has met a comparison for good. One that ran out may come again.
MET = "('leased', 'voted', 'skipped', 'surplus')"
# A repeat is of something that was answered within so many trials.
LOOK_BACK = 200
_ASSIGNMENT, _COMPARISON = Assignment._meta.db_table, Comparison._meta.db_table
_PLACE, _PROMPT = Place._meta.db_table, Prompt._meta.db_table
_RATER, _STUDY = Rater._meta.db_table, Study._meta.db_table


_RATER_FIELDS = (
    "id", "public_id", "study_id", "panel_id", "state", "secret_hash", "completion_code", "outcome",
    "practised_at", "quiz_tries", "qualified_at", *COUNTERS,
)  # fmt: skip
_RATER_ROW = f"""
    SELECT {", ".join(f"rater.{name}" for name in _RATER_FIELDS)}, study.public_id, study.state
    FROM {_RATER} rater JOIN {_STUDY} study ON study.id = rater.study_id WHERE rater.id = %s
"""  # noqa: S608
_OF_ASSIGNMENT = (
    "id", "rater_id", "place_id", "comparison_id", "kind", "state", "sequence", "order", "nonce",
    "picture_token", "expires_at",
)  # fmt: skip
_HELD = f"""
    SELECT {", ".join(f'held."{name}"' for name in _OF_ASSIGNMENT)},
        comparison.prompt_id, comparison.block_id, prompt.text
    FROM {_ASSIGNMENT} held JOIN {_COMPARISON} comparison ON comparison.id = held.comparison_id
    JOIN {_PROMPT} prompt ON prompt.id = comparison.prompt_id
"""  # noqa: S608
_HELD_BY = f"{_HELD} WHERE held.rater_id = %s AND held.state = 'leased' ORDER BY held.sequence"
_ADDED = (
    "study_id", "rater_id", "place_id", "comparison_id", "kind", "state", "sequence", "order", "nonce",
    "picture_token", "served_at", "expires_at",
)  # fmt: skip
_QUOTED = ", ".join(f'"{name}"' for name in _ADDED)
_ADD = f"INSERT INTO {_ASSIGNMENT} ({_QUOTED}) VALUES"
_UNMET = f"""NOT EXISTS (
        SELECT 1 FROM {_ASSIGNMENT} met
        WHERE met.rater_id = %s AND met.comparison_id = place.comparison_id AND met.state IN {MET}
    )
"""  # noqa: S608
_OPEN = f"SELECT place.lease_expires_at FROM {_PLACE} place WHERE place.panel_id = %s"  # noqa: S608
_FREE = f"""
    SELECT place.id, place.comparison_id, place."order", place.rank, prompt.id, prompt.category,
        comparison.block_id, prompt.text
    FROM {_PLACE} place JOIN {_COMPARISON} comparison ON comparison.id = place.comparison_id
    JOIN {_PROMPT} prompt ON prompt.id = comparison.prompt_id
    WHERE place.panel_id = %s AND place.state = 'free' AND place.rank >= %s AND {_UNMET}
"""  # noqa: S608
_REPEATABLE = f"""
    SELECT first.comparison_id, first."order", prompt.id, prompt.category, comparison.block_id, prompt.text
    FROM {_ASSIGNMENT} first JOIN {_COMPARISON} comparison ON comparison.id = first.comparison_id
    JOIN {_PROMPT} prompt ON prompt.id = comparison.prompt_id
    WHERE first.rater_id = %s AND first.state = 'voted' AND NOT first.state = 'retracted'
        AND first.kind = 'regular' AND first.sequence BETWEEN %s AND %s AND NOT EXISTS (
            SELECT 1 FROM {_ASSIGNMENT} again
            WHERE again.rater_id = first.rater_id AND again.comparison_id = first.comparison_id
                AND again.kind = 'repeat' AND again.state NOT IN ('retracted', 'expired')
        )
    ORDER BY first.sequence DESC LIMIT 24
"""  # noqa: S608
_CHECKS_MET = f"""
    SELECT comparison_id, "order" FROM {_ASSIGNMENT}
    WHERE rater_id = %s AND kind = 'check' AND NOT kind = 'regular' AND state NOT IN ('retracted', 'expired')
"""  # noqa: S608
_VOTED = f"UPDATE {_ASSIGNMENT} SET state = %s WHERE id = %s"  # noqa: S608
_FILLED = f"UPDATE {_PLACE} SET state = 'filled', lease_expires_at = NULL WHERE id = %s"  # noqa: S608
_SAVE = f"UPDATE {_RATER} SET {', '.join(f'{name} = %s' for name in COUNTERS)} WHERE id = %s"  # noqa: S608


def _moment(value: Any) -> datetime:
    """SQLite gives times as text."""
    if isinstance(value, str):
        value = parse_datetime(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def lock_rater(pk: int) -> tuple[Rater, str, str]:
    """The rater, locked; and public id and state of the study, which cannot change before we commit."""
    found = rows(_RATER_ROW + lock("FOR NO KEY UPDATE OF rater FOR KEY SHARE OF study"), [pk])
    if not found:
        raise Rater.DoesNotExist(pk)
    *values, public_id, state = found[0]
    rater = loaded(Rater, dict(zip(_RATER_FIELDS, values, strict=True)))
    rater.lately = json.loads(rater.lately)
    return rater, public_id, state


def save_counters(rater: Rater) -> None:
    run(*_counters(rater))


def _counters(rater: Rater) -> Step:
    values = [getattr(rater, name) for name in COUNTERS]
    values[COUNTERS.index("lately")] = json.dumps(rater.lately)
    return _SAVE, [*values, rater.pk]


def held_by(rater: Rater) -> list[Held]:
    """What the rater has in hand, the one to answer first in front."""
    return [_held(row) for row in rows(_HELD_BY, [rater.pk])]


def by_nonce(nonce: str) -> Held | None:
    found = rows(f"{_HELD} WHERE held.nonce = %s", [nonce])
    return _held(found[0]) if found else None


def _held(row: Sequence[Any]) -> Held:
    held = Held(*row)
    held.expires_at = _moment(held.expires_at)
    return held


def store(vote: Vote, assignment: Held, rater: Rater) -> None:
    """The vote, its assignment's state, its place filled unless it came too late, the rater's counters."""
    assignment.state = "surplus" if vote.surplus else "voted"
    steps: list[Step] = [(_VOTED, [assignment.state, assignment.pk]), _counters(rater)]
    # Checks and repeats hold no place: their votes fill number 0, which there never is, and take as long.
    steps.append((_FILLED, [0 if vote.surplus else assignment.place_id or 0]))
    ((vote.pk,),) = together(*steps, insert(vote))
    vote._state.adding = False


def add(assignments: Sequence[Held], rater: Rater, served_at: datetime) -> None:
    """New assignments, and the rater's counters, which have gone on with them."""
    values: list[Any] = []
    now = connection.ops.adapt_datetimefield_value(served_at)
    for held in assignments:
        until = connection.ops.adapt_datetimefield_value(held.expires_at)
        values += [
            rater.study_id, held.rater_id, held.place_id, held.comparison_id, held.kind, held.state,
            held.sequence, held.order, held.nonce, held.picture_token, now, until,
        ]  # fmt: skip
    row = f"({marks(_ADDED)})"
    sql = f"{_ADD} {', '.join([row] * len(assignments))} RETURNING id"
    for held, (pk,) in zip(assignments, together(_counters(rater), (sql, values)), strict=True):
        held.pk = pk


def free_places(
    rater: Rater,
    *,
    rank_from: int = 0,
    without: Collection[int] = (),
    prompts: Collection[int] = (),
    most: int,
) -> list[FreePlace]:
    """The first free places in rank, of comparisons that this rater has not met and of other prompts."""
    sql, values = _FREE, [rater.panel_id, rank_from, rater.pk]
    for name, pks in (("place.id", without), ("comparison.prompt_id", prompts)):
        if pks:
            sql += f" AND {name} NOT IN ({marks(pks)})"
            values += pks
    return [FreePlace(*row) for row in rows(f"{sql} ORDER BY place.rank LIMIT {most}", values)]


def may_come(rater: Rater, now: datetime) -> datetime | None:
    """When a place may come to a rater for whom nothing is free: at the end of the next lease, or at once
    where somebody is just taking a free one. None: nothing is left that they have not met."""
    leased = f"{_OPEN} AND place.state = 'leased' AND {_UNMET} ORDER BY place.lease_expires_at LIMIT 1"
    found = rows(leased, [rater.panel_id, rater.pk])
    if found:
        return _moment(found[0][0])
    return (
        now
        if rows(f"{_OPEN} AND place.state = 'free' AND {_UNMET} LIMIT 1", [rater.panel_id, rater.pk])
        else None
    )


def lease(places: Collection[int], expires_at: datetime) -> set[int]:
    """Lease those that are still free; what somebody else is taking at this moment is skipped."""
    free = f"SELECT id FROM {_PLACE} WHERE id IN ({marks(places)}) AND state = 'free'"  # noqa: S608
    sql = (
        f"UPDATE {_PLACE} SET state = 'leased', lease_expires_at = %s "  # noqa: S608
        f"WHERE id IN ({free} {lock('FOR UPDATE SKIP LOCKED')}) RETURNING id"
    )
    moment = connection.ops.adapt_datetimefield_value(expires_at)
    return {pk for (pk,) in rows(sql, [moment, *places])}


def free(places: Collection[int]) -> None:
    """Give leased places back."""
    if places:
        sql = f"UPDATE {_PLACE} SET state = 'free', lease_expires_at = NULL "  # noqa: S608
        run(f"{sql} WHERE state = 'leased' AND id IN ({marks(places)})", [*places])


def checks_met(rater: Rater) -> list[tuple[int, str]]:
    """Comparison and order of the attention checks that this rater has met. What is no regular one has an
    index of its own, which the statement names."""
    return [(comparison, order) for comparison, order in rows(_CHECKS_MET, [rater.pk])]


def reclaim(place: int) -> bool:
    """Fill a place that is free again, for a vote that comes late."""
    sql = f"UPDATE {_PLACE} SET state = 'filled' WHERE id = %s AND state = 'free' RETURNING id"  # noqa: S608
    return bool(rows(sql, [place]))


def repeatable(rater: Rater, *, until: int) -> list[FreePlace]:
    """What this rater answered last, up to a sequence number, and has not been asked again."""
    found = rows(_REPEATABLE, [rater.pk, until - LOOK_BACK, until], prepare=False)
    return [FreePlace(0, comparison, order, 0, *rest) for comparison, order, *rest in found]
