"""The designer's texts in another language: of a study, its blocks and its consent."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.errors import StudyRefused
from annotations.models import ConsentText, Study, StudyState


@transaction.atomic
def write(*, study: Study, actor: Actor, language: str, texts: Mapping[str, Any]) -> None:
    """Replace what stands in a language. `texts` by owner: "study", "consent", and each block's key."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.state != StudyState.DRAFT:
        raise StudyRefused(
            "The study is launched; its texts are part of the frozen design.",
            mend="Translate before launch. A new consent text brings its translations along.",
        )
    blocks = list(locked.blocks.all())
    if unknown := set(texts) - {"study", "consent", *(block.key for block in blocks)}:
        raise StudyRefused(f"There is no {', '.join(sorted(unknown))} to translate.", status=400)
    locked.translations = _with(locked.translations, language, texts.get("study"))
    locked.save(update_fields=["translations"])
    for block in blocks:
        block.translations = _with(block.translations, language, texts.get(block.key))
        block.save(update_fields=["translations"])
    consent = locked.consents.first()
    if consent is not None:
        # The text of a version stays as it is; in a draft nobody has agreed to anything yet.
        given = _with(consent.translations, language, texts.get("consent"))
        ConsentText.objects.filter(pk=consent.pk).update(translations=given)
    data = {"language": language, "owners": sorted(texts)}
    audit.record(
        study=locked, actor=actor, verb="texts_translated", subject=f"study {locked.public_id}", data=data
    )
    study.refresh_from_db()


def _with(translations: Mapping[str, Any], language: str, given: Any) -> dict[str, Any]:
    rest = {code: texts for code, texts in translations.items() if code != language}
    return {**rest, language: given} if given else rest
