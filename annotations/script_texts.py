"""The texts of the voting page's scripts, as the page carries them: the catalogue "djangojs"."""

from functools import cache

from django.conf import settings
from django.utils.translation.trans_real import DjangoTranslation

# Categories of the Unicode plural rules, in the order of the forms in each language's catalogue.
PLURALS = {
    "ar": ["zero", "one", "two", "few", "many", "other"],
    "es": ["one", "many", "other"],
    "ja": ["other"],
}


def plural_categories(language: str) -> list[str]:
    return PLURALS.get(language.split("-")[0], ["one", "other"])


@cache
def script_texts(language: str) -> dict[str, str | list[str]]:
    """Texts by their English; lists hold the plural forms. Empty for English itself."""
    if language.split("-")[0] == settings.LANGUAGE_CODE:
        return {}
    catalogue = DjangoTranslation(language, domain="djangojs", localedirs=settings.LOCALE_PATHS)
    texts: dict[str, str | list[str]] = {}
    forms: dict[str, dict[int, str]] = {}
    for key in catalogue._catalog.keys():  # noqa: SIM118  Django offers no other way to read it whole
        text = catalogue._catalog[key]
        if isinstance(key, tuple):
            forms.setdefault(key[0], {})[key[1]] = text
        elif key:
            texts[key] = text
    return texts | {key: [found[at] for at in sorted(found)] for key, found in forms.items()}
