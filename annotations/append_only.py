"""Triggers that keep what must not change from changing, whoever asks: audit events, and votes but for two
marks. An undo sets `retracted_at`; a rater who withdraws may have an answer erased: `erased_at` is set, the
vote stands retracted, and what was said and measured is blank. Nothing else passes, and an erased vote never
changes again. Installed by migration 0002 and again after every migrate, because SQLite
rebuilds a table, and drops its triggers, when a later migration alters it."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

AUDIT, VOTE, UNDONE, ERASED = "annotations_auditevent", "annotations_vote", "retracted_at", "erased_at"
# What an erasure blanks: everything that the rater said, and what their browser told about itself.
BLANKED = (
    "remarks", "passed", "decoded_ms", "answer_ms", "viewport_width", "viewport_height", "device_pixel_ratio",
    "zoomed",
)  # fmt: skip
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


def _same(columns: list[str], template: str, *, but: tuple[str, ...]) -> str:
    return " AND ".join(template.format(name) for name in columns if name not in but)


def _permitted(columns: list[str], template: str) -> str:
    """The two changes of a vote that pass. `template` says that a column stays as it was."""
    undone = f"OLD.{UNDONE} IS NULL AND NEW.{UNDONE} IS NOT NULL AND " + _same(
        columns, template, but=(UNDONE,)
    )
    if ERASED not in columns:  # while migration 0002 runs
        return undone
    kept = _same(columns, template, but=(UNDONE, ERASED, "answer", *BLANKED))
    blank = " AND ".join(f"NEW.{name} IS NULL" for name in BLANKED if name in columns)
    erased = (
        f"OLD.{ERASED} IS NULL AND NEW.{ERASED} IS NOT NULL AND NEW.{UNDONE} IS NOT NULL "
        f"AND (OLD.{UNDONE} IS NULL OR {template.format(UNDONE)}) "
        f"AND CAST(NEW.answer AS text) = '{{}}' AND {blank} AND {kept}"
    )
    return f"({undone}) OR ({erased})"


def _postgresql(table: str, columns: list[str]) -> list[str]:
    update, delete = NAMES[table]
    when = ""
    if table == VOTE:
        # Text, because the json type has no equality; one row's columns keep their spelling.
        permitted = _permitted(columns, 'OLD."{0}"::text IS NOT DISTINCT FROM NEW."{0}"::text')
        when = f"WHEN (NOT ({permitted}))"
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
        permitted = _permitted(columns, 'OLD."{0}" IS NEW."{0}"')
        when = f"WHEN NOT ({permitted})"
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
