"""Rows by the hundred thousand: written as columns, without a Python object each.

For actions that store what was checked as a whole before. No signal is sent and no validator runs; what the
database itself holds (constraints, unique values) holds here as well.
"""

from collections.abc import Iterable, Sequence
from itertools import islice, repeat
from typing import Any

from django.db import connection, models
from django.utils import timezone

BATCH = 20_000


def insert(model: type[models.Model], count: int, **columns: Any) -> Sequence[int]:
    """Store `count` rows and return their ids, ascending. Call it inside a transaction.

    A column is a list (one value per row) or one value for all; foreign keys are given as ids. Fields left
    out take their defaults; ids and tokens are made anew for every row.
    """
    if not count:
        return []
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    ids = _ids(model, count)
    values = [iter(ids), *(_values(field, columns, count) for field in fields)]
    names = [model._meta.pk.column, *(field.column for field in fields)]
    _write(model._meta.db_table, names, zip(*values, strict=False))
    return ids


def _ids(model: type[models.Model], count: int) -> Sequence[int]:
    """Ids that nobody else gets. SQLite has one writer at a time: us, once anything was written."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [f'"{table}"', column, count],
            )
            return sorted(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        start = row[0] if row else 0
    return range(start + 1, start + count + 1)


def _values(field: models.Field, columns: dict[str, Any], count: int) -> Iterable[Any]:
    given = columns.get(field.attname, columns.get(field.name, models.NOT_PROVIDED))
    if isinstance(given, list):
        return given
    if given is models.NOT_PROVIDED:
        if getattr(field, "auto_now_add", False):
            given = timezone.now()
        elif field.unique and callable(field.default):
            return (field.get_default() for _ in range(count))
        else:
            given = field.get_default()
    return repeat(field.get_db_prep_save(given, connection), count)


def _write(table: str, names: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    quoted = ", ".join(map(connection.ops.quote_name, names))
    target = connection.ops.quote_name(table)
    rows = iter(rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What the driver raises becomes Django's, as for any other statement.
            copying = f"COPY {target} ({quoted}) FROM STDIN"
            with connection.wrap_database_errors, cursor.copy(copying) as copy:
                for row in rows:
                    copy.write_row(row)
            return
        # The names are those of our own models.
        statement = f"INSERT INTO {target} ({quoted}) VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608
        while batch := list(islice(rows, BATCH)):
            cursor.executemany(statement, batch)
