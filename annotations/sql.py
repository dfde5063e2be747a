"""Plain SQL for the busiest path, on PostgreSQL prepared once per connection."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with _executed(sql, values) as cursor:
        return list(cursor.fetchall())


def run(sql: str, values: Sequence[Any]) -> None:
    with _executed(sql, values):
        pass


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


def on_postgresql() -> bool:
    return connection.vendor == "postgresql"


def lock(clause: str) -> str:
    """SQLite has no row locks: its transactions begin IMMEDIATE, one writer at a time."""
    return clause if on_postgresql() else ""


def marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
