"""Automated raters. They have a panel of their own, which by constraint takes nobody else, and answer the
same blinded pictures by the same rules as people."""

import secrets

from django.db import transaction

from annotations.actions import audit, quotas, raters
from annotations.actions.audit import Actor
from annotations.errors import StudyRefused
from annotations.models import Panel, PanelKind, Rater
from annotations.selectors.raters import secret_hash


@transaction.atomic
def enter(*, panel: Panel, name: str, version: str, actor: Actor) -> tuple[Rater, str, bool]:
    """The judge of this name and version in the panel, its new secret, and whether it is new. A version is a
    judge of its own: what it said is never mixed with what another said."""
    label = f"{name.strip()} {version.strip()}".strip()
    if not name.strip() or len(label) > 100:
        raise StudyRefused(
            "A judge has a name, and with its version at most 100 letters.", code="invalid_judge", status=400
        )
    if panel.kind != PanelKind.JUDGE:
        raise StudyRefused(
            "This panel is for people.",
            mend="Add a panel of the kind “judge” before launch.",
            code="not_a_judges_panel",
        )
    known = _known(panel, label)
    if known is None:
        # Two calls at once make one judge.
        quotas.lock_panel(panel.pk)
        known = _known(panel, label)
    rater, secret = raters.enter(panel=panel) if known is None else _resume(known)
    if known is None:
        Rater.objects.filter(pk=rater.pk).update(label=label)
        data = {"panel": panel.public_id, "judge": label}
        subject = f"rater {rater.public_id}"
        audit.record(study=rater.study, actor=actor, verb="judge_entered", subject=subject, data=data)
    consent = rater.study.consents.first()
    # Whoever runs the program agrees for it, and to a new version of the text by coming back.
    raters.consent(rater=rater, version=consent.version if consent else 0)
    raters.read_instructions(rater=rater)
    rater.refresh_from_db()
    return rater, secret, known is None


def _known(panel: Panel, label: str) -> Rater | None:
    return Rater.objects.select_related("panel", "study").filter(panel=panel, label=label).first()


def _resume(rater: Rater) -> tuple[Rater, str]:
    secret = secrets.token_urlsafe(32)
    rater.secret_hash = secret_hash(secret)
    rater.save(update_fields=["secret_hash"])
    return rater, secret
