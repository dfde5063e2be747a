"""The busiest path in plain SQL. Every vote runs these statements, and composing them anew each time costs
several times what the database needs to run them. They read what voting needs and leave the rest deferred."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils.dateparse import parse_datetime

from annotations.assignment.serving import FreePlace
from annotations.models import Assignment, Comparison, Place, Prompt, Rater, Study
from annotations.sql import lock, marks, on_postgresql, rows, run

COUNTERS = ("served", "voted", "checks_voted", "order_balance", "next_check_at")
_ASSIGNMENT, _COMPARISON = Assignment._meta.db_table, Comparison._meta.db_table
_PLACE, _PROMPT = Place._meta.db_table, Prompt._meta.db_table
_RATER, _STUDY = Rater._meta.db_table, Study._meta.db_table


def _columns(model: type[Model], *names: str) -> list[str]:
    """In the model's own order, as Model.from_db wants them."""
    return [field.attname for field in model._meta.concrete_fields if field.attname in names]


_RATER_FIELDS = _columns(
    Rater, "id", "public_id", "study_id", "panel_id", "state", "completion_code", *COUNTERS
)
_RATER_ROW = f"""
    SELECT {", ".join(f"rater.{name}" for name in _RATER_FIELDS)}, study.public_id, study.state
    FROM {_RATER} rater JOIN {_STUDY} study ON study.id = rater.study_id WHERE rater.id = %s
"""  # noqa: S608
_HELD_FIELDS = _columns(
    Assignment, "id", "place_id", "comparison_id", "kind", "state", "sequence", "order", "nonce",
    "picture_token", "expires_at",
)  # fmt: skip
_EXPIRES = _HELD_FIELDS.index("expires_at")
_HELD = f"""
    SELECT {", ".join(f'held."{name}"' for name in _HELD_FIELDS)}, comparison.prompt_id, prompt.text
    FROM {_ASSIGNMENT} held JOIN {_COMPARISON} comparison ON comparison.id = held.comparison_id
    JOIN {_PROMPT} prompt ON prompt.id = comparison.prompt_id
    WHERE held.rater_id = %s AND held.state = 'leased' ORDER BY held.sequence
"""  # noqa: S608
_NONCE_FIELDS = _columns(
    Assignment, "id", "rater_id", "study_id", "place_id", "comparison_id", "kind", "state", "order"
)
_BY_NONCE = f"""
    SELECT {", ".join(f'held."{name}"' for name in _NONCE_FIELDS)}, comparison.prompt_id
    FROM {_ASSIGNMENT} held JOIN {_COMPARISON} comparison ON comparison.id = held.comparison_id
    WHERE held.nonce = %s
"""  # noqa: S608
_FREE = f"""
    SELECT place.id, place.comparison_id, comparison.prompt_id, place."order"
    FROM {_PLACE} place JOIN {_COMPARISON} comparison ON comparison.id = place.comparison_id
    WHERE place.panel_id = %s AND place.state = 'free' AND NOT EXISTS (
        SELECT 1 FROM {_ASSIGNMENT} met
        WHERE met.rater_id = %s AND met.comparison_id = place.comparison_id
            AND met.state IN ('leased', 'voted')
    )
"""  # noqa: S608
_VOTED = f"UPDATE {_ASSIGNMENT} SET state = 'voted' WHERE id = %s"  # noqa: S608
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
    return Rater.from_db(connection.alias, _RATER_FIELDS, values), public_id, state


def save_counters(rater: Rater) -> None:
    run(_SAVE, [*(getattr(rater, name) for name in COUNTERS), rater.pk])


def held_by(rater: Rater) -> list[Assignment]:
    """What the rater has in hand, with comparison and prompt, the one to answer first in front."""
    found = []
    for row in rows(_HELD, [rater.pk]):
        *values, prompt_id, text = row
        values[_EXPIRES] = _moment(values[_EXPIRES])
        assignment = Assignment.from_db(connection.alias, _HELD_FIELDS, values)
        assignment.comparison = comparison_of(assignment.comparison_id, prompt_id)
        assignment.comparison.prompt = Prompt.from_db(connection.alias, ["id", "text"], [prompt_id, text])
        found.append(assignment)
    return found


def lock_assignment(nonce: str) -> Assignment | None:
    found = rows(_BY_NONCE + lock("FOR UPDATE OF held"), [nonce])
    if not found:
        return None
    *values, prompt_id = found[0]
    assignment = Assignment.from_db(connection.alias, _NONCE_FIELDS, values)
    assignment.comparison = comparison_of(assignment.comparison_id, prompt_id)
    return assignment


def mark_voted(assignment: Assignment) -> None:
    if not assignment.place_id:
        run(_VOTED, [assignment.pk])
    elif on_postgresql():
        run(f"WITH filled AS ({_FILLED}) {_VOTED}", [assignment.place_id, assignment.pk])
    else:
        run(_FILLED, [assignment.place_id])
        run(_VOTED, [assignment.pk])


def free_places(
    rater: Rater, *, without: Collection[int], comparisons: Collection[int], most: int
) -> list[FreePlace]:
    """The first free places in rank, of comparisons that this rater has not met."""
    sql, values = _FREE, [rater.panel_id, rater.pk]
    for name, pks in (("place.id", without), ("place.comparison_id", comparisons)):
        if pks:
            sql += f" AND {name} NOT IN ({marks(pks)})"
            values += pks
    return [FreePlace(*row) for row in rows(f"{sql} ORDER BY place.rank LIMIT {most}", values)]


def lease(places: Collection[int], expires_at: datetime) -> set[int]:
    """Lease those that are still free; what somebody else is taking at this moment is skipped."""
    free = f"SELECT id FROM {_PLACE} WHERE id IN ({marks(places)}) AND state = 'free'"  # noqa: S608
    sql = (
        f"UPDATE {_PLACE} SET state = 'leased', lease_expires_at = %s "  # noqa: S608
        f"WHERE id IN ({free} {lock('FOR UPDATE SKIP LOCKED')}) RETURNING id"
    )
    moment = connection.ops.adapt_datetimefield_value(expires_at)
    return {pk for (pk,) in rows(sql, [moment, *places])}


def prompts(keys: Collection[int]) -> dict[int, Prompt]:
    """Prompts with their text."""
    if not keys:
        return {}
    found = rows(f"SELECT id, text FROM {_PROMPT} WHERE id IN ({marks(keys)})", [*keys])  # noqa: S608
    return {pk: Prompt.from_db(connection.alias, ["id", "text"], [pk, text]) for pk, text in found}


def comparison_of(pk: int, prompt: int) -> Comparison:
    """The comparison with all but its prompt's key still to be loaded."""
    return Comparison.from_db(connection.alias, ["id", "prompt_id"], [pk, prompt])
