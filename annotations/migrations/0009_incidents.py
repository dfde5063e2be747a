from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0008_planned")]

    operations = [
        migrations.AddField(model_name="anomaly", name="resolved_at", field=models.DateTimeField(null=True)),
    ]
