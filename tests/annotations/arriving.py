"""Running studies whose panel people enter in some way, and browsers that come so."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from annotations.models import Panel, Rater
from tests.factories import planned_study

PROLIFIC = {
    "PROLIFIC_PID": "5f3c9d2e8b7a6c5d4e3f2a1b",
    "STUDY_ID": "60a1b2c3d4e5f6a7b8c9d0e1",
    "SESSION_ID": "61a1b2c3d4e5f6a7b8c9d0e2",
}
MTURK = {
    "assignmentId": "3TESTASSIGNMENT0001",
    "hitId": "3TESTHIT00000000001",
    "workerId": "A1TESTWORKER",
    "turkSubmitTo": "https://workersandbox.mturk.com",
}


def running_panel(*, entry: str = "link", outcomes: dict | None = None, **settings: Any) -> Panel:
    """The panel of a running study of rows: 1 prompt and 2 generators are one comparison to vote on."""
    of_panel = {name: settings.pop(name) for name in ("max_raters", "verify") if name in settings}
    shape = {"prompts": 4, "generators": 2, "overlap": 3, "check_every": 0}
    study = planned_study(**(shape | settings))
    Panel.objects.filter(study=study).update(entry=entry, outcomes=outcomes or {}, **of_panel)
    return Panel.objects.select_related("study").get(study=study)


def url(panel: Panel, page: str, *more: str) -> str:
    return reverse(f"rater-{page}", args=[panel.token, *more])


def accept(client: Client, panel: Panel, *, version: int = 1, **fields: str):
    sent = {"choice": "accept", "version": str(version), **fields}
    return client.post(url(panel, "consent"), sent)


def arrive(panel: Panel, query: dict[str, str], client: Client | None = None) -> Client:
    """Open a service's link and agree."""
    client = client or Client()
    client.get(url(panel, "entry"), query)
    accept(client, panel)
    return client


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def only_rater(panel: Panel) -> Rater:
    return Rater.objects.get(panel=panel)
