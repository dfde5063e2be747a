import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0004_fill_blocks")]

    operations = [
        migrations.AlterField(
            model_name="comparison",
            name="block",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comparisons",
                to="annotations.block",
            ),
        ),
        migrations.AlterField(
            model_name="criterion",
            name="block",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="criteria", to="annotations.block"
            ),
        ),
        migrations.RemoveConstraint(
            model_name="criterion",
            name="criterion_key_once_per_study",
        ),
        migrations.RemoveField(
            model_name="criterion",
            name="study",
        ),
        migrations.RemoveField(
            model_name="study",
            name="allow_both_bad",
        ),
        migrations.RemoveField(
            model_name="study",
            name="allow_tie",
        ),
        migrations.RemoveField(
            model_name="study",
            name="comparisons_per_prompt",
        ),
        migrations.RemoveField(
            model_name="study",
            name="protocol",
        ),
        migrations.RemoveField(
            model_name="study",
            name="question",
        ),
        migrations.AddConstraint(
            model_name="panel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entry", "api"), ("kind", "judge")),
                    models.Q(
                        models.Q(("kind", "judge"), _negated=True), models.Q(("entry", "api"), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="panel_judges_come_by_api",
            ),
        ),
        migrations.AddConstraint(
            model_name="comparison",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("check_kind", ""), ("expected__isnull", True), ("kind", "regular")),
                    models.Q(
                        models.Q(("kind", "regular"), _negated=True),
                        models.Q(("check_kind", ""), _negated=True),
                        ("expected__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="comparison_with_known_answer_says_which",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.UniqueConstraint(fields=("block", "key"), name="criterion_key_once_per_block"),
        ),
    ]
