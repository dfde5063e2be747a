"""New versions of the consent text. Raters who agreed to an older one are asked again before they go on."""

from collections.abc import Mapping

from django.db import transaction

from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.errors import StudyRefused
from annotations.models import ConsentText, Rater, RaterState, Study, StudyState


@transaction.atomic
def publish(
    *, study: Study, text: str, actor: Actor, translations: Mapping[str, str] | None = None
) -> ConsentText:
    """The next version, in force at once. Votes that were given stay under the version of their time."""
    text = text.strip()
    if not text:
        raise StudyRefused("A consent text has words.", code="empty_consent", status=400, mend="Write it.")
    # Raters are locked before the study, as everywhere; who agreed meanwhile is asked after it.
    asked = _ask_again(study, skip_locked=False)
    locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if locked.state == StudyState.CLOSED:
        raise StudyRefused("The study is closed; nobody would be asked.", code="study_closed")
    last = locked.consents.first()
    if last is not None and (last.text, last.translations) == (text, dict(translations or {})):
        raise StudyRefused(
            "That is the text in force.", code="same_consent", mend="Change it before you publish it."
        )
    version = last.version + 1 if last else 1
    made = ConsentText.objects.create(
        study=locked, version=version, text=text, translations=dict(translations or {})
    )
    asked += _ask_again(study, skip_locked=True)
    data = {"version": version, "asked_again": asked}
    audit.record(study=locked, actor=actor, verb="consent_published", subject=f"consent {version}", data=data)
    return made


def _ask_again(study: Study, *, skip_locked: bool) -> int:
    """Back to "joined": nothing is served, and nothing stored, before the rater has agreed anew."""
    active = Rater.objects.filter(study=study, state=RaterState.ACTIVE).order_by("pk")
    held = list(active.select_for_update(skip_locked=skip_locked, of=("self",)).values_list("pk", flat=True))
    return Rater.objects.filter(pk__in=held).update(state=RaterState.JOINED)
