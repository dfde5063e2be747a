"""Fewer indexes to write with every vote. By hand, because SQLite would rebuild the tables, and the triggers
that protect votes would go with the old ones."""

import django.db.models.deletion
from django.db import migrations, models

LED_BY_ANOTHER = [("Vote", "study_id"), ("Vote", "rater_id"), ("Place", "comparison_id")]
# Django adds to a unique text column an index for LIKE, which nobody asks these for.
RANDOM_TEXTS = [
    ("Vote", "public_id"), ("Assignment", "nonce"), ("Assignment", "picture_token"), ("Rater", "public_id"),
    ("Rater", "secret_hash"), ("Rater", "completion_code"),
]  # fmt: skip


def drop(apps, schema_editor):
    for name, column in LED_BY_ANOTHER + RANDOM_TEXTS:
        table = apps.get_model("annotations", name)._meta.db_table
        with schema_editor.connection.cursor() as cursor:
            there = schema_editor.connection.introspection.get_constraints(cursor, table)
        for index, found in there.items():
            plain = found["index"] and not found["unique"] and not found["primary_key"]
            # Named by Django after table and column; those of ours, also the partial ones, have other names.
            if plain and found["columns"] == [column] and index.startswith(f"{table}_{column}_"):
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(index)}")


def key(to, name, deleted):
    return models.ForeignKey(db_index=False, on_delete=deleted, related_name=name, to=f"annotations.{to}")


class Migration(migrations.Migration):
    dependencies = [("annotations", "0013_first_check_later")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField(
                    "vote", "study", key("study", "votes", django.db.models.deletion.PROTECT)
                ),
                migrations.AlterField(
                    "vote", "rater", key("rater", "votes", django.db.models.deletion.PROTECT)
                ),
                migrations.AlterField(
                    "place", "comparison", key("comparison", "places", django.db.models.deletion.CASCADE)
                ),
            ],
        )
    ]
