"""Triggers that keep what must not change from changing, whoever asks: audit events, and votes but for the
one mark that an undo leaves. Installed by migration 0002 and again after every migrate, because SQLite
rebuilds a table, and drops its triggers, when a later migration alters it."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

AUDIT, VOTE, UNDONE = "annotations_auditevent", "annotations_vote", "retracted_at"
NAMES = {AUDIT: ("audit_no_update", "audit_no_delete"), VOTE: ("vote_no_update", "vote_no_delete")}


def install(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for table in {AUDIT, VOTE} & existing:
            columns = [
                column.name for column in connection.introspection.get_table_description(cursor, table)
            ]
            for statement in _statements(connection, table, columns):
                cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    on_table = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for table, names in NAMES.items():
            for name in names:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if on_table else ""))


def _statements(connection: BaseDatabaseWrapper, table: str, columns: list[str]) -> list[str]:
    return (_postgresql if connection.vendor == "postgresql" else _sqlite)(table, columns)


def _changed(columns: list[str], template: str) -> str:
    return " OR ".join(template.format(name) for name in columns if name != UNDONE)


def _postgresql(table: str, columns: list[str]) -> list[str]:
    update, delete = NAMES[table]
    when = ""
    if table == VOTE:
        # Text, because the json type has no equality; one row's columns keep their spelling.
        changed = _changed(columns, 'OLD."{0}"::text IS DISTINCT FROM NEW."{0}"::text')
        when = f"WHEN (OLD.{UNDONE} IS NOT NULL OR NEW.{UNDONE} IS NULL OR {changed})"
    return [
        "CREATE OR REPLACE FUNCTION annotations_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23001'; END $$",
        f"CREATE OR REPLACE TRIGGER {update} BEFORE UPDATE ON {table} FOR EACH ROW {when} "
        "EXECUTE FUNCTION annotations_append_only()",
        f"CREATE OR REPLACE TRIGGER {delete} BEFORE DELETE ON {table} FOR EACH ROW "
        "EXECUTE FUNCTION annotations_append_only()",
    ]


def _sqlite(table: str, columns: list[str]) -> list[str]:
    update, delete = NAMES[table]
    when = ""
    if table == VOTE:
        changed = _changed(columns, 'OLD."{0}" IS NOT NEW."{0}"')
        when = f"WHEN OLD.{UNDONE} IS NOT NULL OR NEW.{UNDONE} IS NULL OR {changed}"
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return [
        f"DROP TRIGGER IF EXISTS {update}",
        f"CREATE TRIGGER {update} BEFORE UPDATE ON {table} FOR EACH ROW {when} {refuse}",
        f"DROP TRIGGER IF EXISTS {delete}",
        f"CREATE TRIGGER {delete} BEFORE DELETE ON {table} FOR EACH ROW {refuse}",
    ]


def after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    from django.db import connections

    install(connections[using])
