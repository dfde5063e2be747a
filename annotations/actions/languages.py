"""The language in which a rater reads the study."""

from annotations.models import Rater


def choose(*, rater: Rater, language: str) -> None:
    """Kept with the rater, so that another device goes on in it and analyses can tell languages apart."""
    if rater.language == language:
        return
    Rater.objects.filter(pk=rater.pk).update(language=language)
    rater.language = language
