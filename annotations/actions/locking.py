"""The locks that voting takes, always in this order: rater, study, assignment, place."""

from django.db import connection

from annotations.models import Rater, Study

_STUDY = f'SELECT * FROM "{Study._meta.db_table}" WHERE id = %s FOR KEY SHARE'  # noqa: S608


def lock_rater(pk: int) -> Rater:
    """The rater's row, locked, with panel and study. One rater's tabs and devices queue here.

    The study's row gets a key-share lock: voters share it, while a change of state (FOR UPDATE) waits for
    them, so that no vote is stored after the study was closed. SQLite has one writer at a time anyway.
    """
    rater = Rater.objects.select_for_update(no_key=True, of=("self",)).select_related("panel").get(pk=pk)
    if connection.vendor == "postgresql":
        rater.study = Study.objects.raw(_STUDY, [rater.study_id])[0]
    else:
        rater.study = Study.objects.get(pk=rater.study_id)
    rater.panel.study = rater.study
    return rater
