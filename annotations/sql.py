"""Plain SQL for the busiest path, on PostgreSQL prepared once per connection."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import BooleanField, CharField, Field, FloatField, ForeignKey, IntegerField, Model
from django.db.models.base import ModelState
from psycopg.types.numeric import Int8Dumper

# As short as a restart of the database takes.
TRUSTED_S = 2.0
TAKEN_AS_IT_IS = (BooleanField, CharField, FloatField, ForeignKey, IntegerField)
Step = tuple[str, Sequence[Any]]
M = TypeVar("M", bound=Model)


def rows(sql: str, values: Sequence[Any], *, prepare: bool = True) -> list[tuple[Any, ...]]:
    """Not prepared is what must be planned for the values at hand, or for tables that grow by the minute."""
    with _executed(sql, values, prepare=prepare) as cursor:
        return list(cursor.fetchall())


def run(sql: str, values: Sequence[Any]) -> None:
    with _executed(sql, values):
        pass


def count_anew(*models: type[Model]) -> None:
    """Have PostgreSQL look at tables that have just grown. Its own rounds come a minute later; until then it
    takes what is new for next to nothing, and joins and sorts all of it at every vote."""
    if on_postgresql():
        tables = ", ".join(model._meta.db_table for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")


@contextmanager
def waiting_at_most(span_ms: int) -> Iterator[None]:
    """Inside a transaction: a statement that takes longer, as it waits for locks, is an OperationalError.
    SQLite waits for its one writer as ever."""
    if not on_postgresql():
        yield
        return
    with connection.cursor() as cursor:
        # Not lock_timeout: that counts each lock apart, and of a row that many share there are many.
        cursor.execute("SET LOCAL statement_timeout = %s", [f"{span_ms}ms"])
        yield
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")


def together(*steps: Step) -> list[tuple[Any, ...]]:
    """Statements that change different rows, and the rows that the last one returns. On PostgreSQL they are
    one statement: a single round trip."""
    *first, (sql, values) = steps
    if not on_postgresql():
        for step in first:
            run(*step)
        return rows(sql, values)
    if first:
        parts = ", ".join(f"step{number} AS ({text})" for number, (text, _) in enumerate(first))
        sql = f"WITH {parts} {sql}"
    return rows(sql, [value for step in steps for value in step[1]])


def loaded(model: type[M], values: dict[str, Any]) -> M:
    """A row as Model.from_db makes it, other columns deferred: without its loops over all fields and its
    signals, which take longer than the statement that read it."""
    row = model.__new__(model)
    row.__dict__.update(values, _state=ModelState())
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def fresh(model: type[M], values: dict[str, Any]) -> M:
    """The same for a row that is to be inserted, with defaults where `values` has nothing."""
    fixed, made = _defaults(model)
    row = model.__new__(model)
    row.__dict__.update(fixed)
    row.__dict__.update(values, _state=ModelState())
    for name, make in made:
        if name not in values:
            row.__dict__[name] = make()
    return row


@cache
def _defaults(model: type[Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    fixed, made = {}, []
    for field in model._meta.concrete_fields:
        if callable(field.default) and field.has_default():
            made.append((field.attname, field.get_default))
        else:
            fixed[field.attname] = field.get_default()
    return fixed, made


def insert(row: Model) -> Step:
    """The whole row, giving its key back, as Model.save would write it."""
    sql, fields = _insert(type(row))
    wrapper = connections[DEFAULT_DB_ALIAS]  # `connection` would look for it at each of many attributes
    values = [
        getattr(row, name)
        if field is None
        else field.get_db_prep_save(field.pre_save(row, add=True), wrapper)
        for name, field in fields
    ]
    return sql, values


@cache
def _insert(model: type[Model]) -> tuple[str, list[tuple[str, Field | None]]]:
    """The statement, and each column's attribute; with the field where that has to prepare the value."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    sql = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks(fields)}) RETURNING id"  # noqa: S608
    return sql, [(field.attname, None if isinstance(field, TAKEN_AS_IT_IS) else field) for field in fields]


@contextmanager
def _executed(sql: str, values: Sequence[Any], *, prepare: bool = True) -> Iterator[Any]:
    """Django's own cursor puts the values into the text, so PostgreSQL would plan every statement anew."""
    if not on_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            yield cursor
        return
    wrapper = connections[DEFAULT_DB_ALIAS]
    wrapper.close_if_health_check_failed()
    wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        cursor = getattr(wrapper, "plain_cursor", None)
        if cursor is None or cursor.connection is not wrapper.connection:
            cursor = wrapper.plain_cursor = _cursor(wrapper.connection)
        cursor.execute(sql, values, prepare=prepare)
        yield cursor


def _cursor(of: psycopg.Connection) -> psycopg.Cursor:
    """One for the life of a connection; what it returns is fetched before the next statement. A statement is
    prepared for each combination of types that its values have, and a small number would have another type
    than a large one: all are taken as large."""
    cursor = psycopg.Cursor(of)
    cursor.adapters.register_dumper(int, Int8Dumper)
    return cursor


def trust_connection() -> None:
    """Leave out the question whether the connection still works where it has just answered one: it costs
    every vote a round trip. A vote that meets a connection lost since then fails, and is sent again."""
    now = time.monotonic()
    # On the wrapper, of which each thread has its own.
    if now < getattr(connection, "trusted_until", 0.0) and connection.connection is not None:
        connection.health_check_done = True
    else:
        connection.trusted_until = now + TRUSTED_S


@cache
def on_postgresql() -> bool:
    return connection.vendor == "postgresql"


def lock(clause: str) -> str:
    """SQLite has no row locks: its transactions begin IMMEDIATE, one writer at a time."""
    return clause if on_postgresql() else ""


def marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
