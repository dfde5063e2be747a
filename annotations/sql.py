"""Plain SQL for the busiest path, on PostgreSQL prepared once per connection."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from django.db import connection
from django.db.models import Field, Model

Step = tuple[str, Sequence[Any]]


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with _executed(sql, values) as cursor:
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


def insert(row: Model) -> Step:
    """The whole row, giving its key back, as Model.save would write it."""
    sql, fields = _insert(type(row))
    return sql, [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]


@cache
def _insert(model: type[Model]) -> tuple[str, list[Field]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    table = model._meta.db_table
    return f"INSERT INTO {table} ({names}) VALUES ({marks(fields)}) RETURNING id", fields  # noqa: S608


@contextmanager
def _executed(sql: str, values: Sequence[Any]) -> Iterator[Any]:
    """Django's own cursor puts the values into the text, so PostgreSQL would plan every statement anew."""
    if not on_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            yield cursor
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, values, prepare=True)
        yield cursor


@cache
def on_postgresql() -> bool:
    return connection.vendor == "postgresql"


def lock(clause: str) -> str:
    """SQLite has no row locks: its transactions begin IMMEDIATE, one writer at a time."""
    return clause if on_postgresql() else ""


def marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
