"""A running study as raters meet it, made by the real steps: import, launch, rendering."""

import tempfile
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import reverse

from annotations.actions import manifests, renditions, studies
from annotations.models import Panel, Study
from tests import pictures

# Stands in every name that raters must not meet.
CANARY = "canaryword"


def running_study(**settings: Any) -> Panel:
    """The panel of a study with a place for every pair of generators within each prompt."""
    return launched(draft(**settings))


def draft(*, prompts: int = 3, generators: int = 2, overlap: int = 3, **settings: Any) -> Study:
    """The same before its launch, for further blocks or golds."""
    settings = {"box_px": 128, "check_every": 0} | settings
    study = studies.create(name=f"{CANARY} study", overlap=overlap, **settings)
    table = pictures.rows(
        [f"p{number}" for number in range(prompts)],
        [f"{CANARY}-{number}" for number in range(generators)],
    )
    for row in table:
        row["image"] = row["image"].replace("images/", f"images/{CANARY}-")
    with tempfile.TemporaryDirectory() as folder:
        manifests.import_folder(study=study, manifest_path=pictures.folder(Path(folder), table))
    return study


def launched(study: Study) -> Panel:
    study.refresh_from_db()
    studies.launch(study=study, actor="designer")
    renditions.render_pending(study=study)
    studies.finish_preparation(study=study)
    return Panel.objects.select_related("study").get(study=study)


def joined_client(panel: Panel) -> Client:
    """A browser whose rater has consented and read the instructions."""
    client = Client()
    client.post(reverse("rater-consent", args=[panel.token]), {"choice": "accept", "version": "1"})
    client.post(reverse("rater-instructions", args=[panel.token]))
    return client
