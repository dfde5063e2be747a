"""Every study gets a block with what its own columns said."""

from django.db import migrations

MOVED = ("protocol", "question", "allow_tie", "allow_both_bad", "comparisons_per_prompt")


def fill(apps, schema_editor):
    get = apps.get_model
    block_model, study_model = get("annotations", "Block"), get("annotations", "Study")
    for study in study_model.objects.order_by("pk").iterator():
        settings = {name: getattr(study, name) for name in MOVED}
        # Until now a stated number of comparisons per prompt was taken in balance.
        design = "round_robin" if study.comparisons_per_prompt is None else "balanced"
        block = block_model.objects.create(study=study, key="main", position=0, design=design, **settings)
        get("annotations", "Comparison").objects.filter(study=study).update(block=block)
        get("annotations", "Criterion").objects.filter(study=study).update(block=block)
    get("annotations", "Panel").objects.filter(kind="judge").update(entry="api")


def nothing(apps, schema_editor):
    """Columns are taken away by the next migration; going back finds them still filled."""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0003_blocks")]
    operations = [migrations.RunPython(fill, nothing)]
