"""A study in the database of a server under test: `python -m tests.stage ACTION`, JSON in, JSON out."""

import json
import sys
from datetime import timedelta

import django


def make(settings: dict) -> dict:
    """A running study with raters who have consented; their secrets come back."""
    from tests.factories import launched_study, planned_study

    count = settings.pop("raters")
    study = launched_study(**settings) if settings.pop("pictures", True) else planned_study(**settings)
    return {"study": study.public_id, **more_raters({"study": study.public_id, "raters": count})}


def more_raters(given: dict) -> dict:
    from annotations.actions import raters
    from annotations.models import Study

    study = Study.objects.get(public_id=given["study"])
    panel = study.panels.get()
    secrets = []
    for _ in range(given["raters"]):
        rater, secret = raters.enter(panel=panel)
        raters.consent(rater=rater, version=1)
        secrets.append(secret)
    return {"token": panel.token, "cookie": f"arena_{panel.public_id}", "secrets": secrets}


def expire(given: dict) -> dict:
    """Let the clock run for everybody: all leases of the study ran out a second ago."""
    from django.utils import timezone

    from annotations.models import Assignment, Place, Study

    study = Study.objects.get(public_id=given["study"])
    past = timezone.now() - timedelta(seconds=1)
    held = Assignment.objects.filter(study=study, state="leased").update(expires_at=past)
    Place.objects.filter(study=study, state="leased").update(lease_expires_at=past)
    return {"held": held}


def switch(given: dict) -> dict:
    """Pause or close the study; how many votes are stored, and leases held, once that is done."""
    from annotations.actions import studies
    from annotations.models import Assignment, Study, Vote

    study = Study.objects.get(public_id=given["study"])
    {"pause": studies.pause, "close": studies.close}[given["to"]](study=study, actor=None)
    held = Assignment.objects.filter(study=study, state="leased")
    return {"votes": Vote.objects.filter(study=study).count(), "held": held.count()}


def dump(given: dict) -> dict:
    from django.db.models import Q

    from annotations.models import Place, Study, Vote

    study = Study.objects.get(public_id=given["study"])
    votes = Vote.objects.filter(study=study).order_by("id")
    places = Place.objects.filter(study=study).order_by("id")
    return {
        "votes": list(
            votes.values(
                "public_id", "assignment__nonce", "answer", "rater_id", "comparison_id", "order", "kind",
                "surplus",
                undone=Q(retracted_at__isnull=False),
            )
        ),
        "places": list(places.values("comparison_id", "state", "order")),
        "overlap": study.panels.get().overlap,
        "export": exported(study),
    }  # fmt: skip


def exported(study) -> list[list]:
    """[vote, kind, answer] of each row of the download, as an analyst gets it."""
    from arena.results.export import dictionary, vote_rows

    names = [column.name for column in dictionary.TABLES["votes"].columns]
    wanted = [names.index(name) for name in ("vote_id", "kind", "answer")]
    return [[row[at] for at in wanted] for page in vote_rows.votes(study) for row in page]


if __name__ == "__main__":
    django.setup()
    actions = {each.__name__: each for each in (make, more_raters, expire, switch, dump)}
    print(json.dumps(actions[sys.argv[1]](json.load(sys.stdin))))
