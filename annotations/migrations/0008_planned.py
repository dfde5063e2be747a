from django.db import migrations
from django.db.models import F
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    """Plans were written at launch so far."""
    launched = apps.get_model("annotations", "Study").objects.exclude(state="draft")
    launched.update(planned_at=Coalesce(F("launched_at"), F("created_at")))


class Migration(migrations.Migration):
    dependencies = [("annotations", "0007_plans")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
