"""Every text that raters meet stands in every language, whole, with its placeholders and plural forms."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from annotations.actions import launching
from annotations.protocols.failures import DEFAULT_TAXONOMY
from annotations.script_texts import plural_categories, script_texts
from annotations.study_words import DEFAULTS

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
FUNCTIONS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
LITERAL = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
SLOT = re.compile(r"\{\w+\}|%\(\w+\)s|</?\w+>")


def of_python() -> set[str]:
    found = set()
    for path in (ROOT / "annotations").rglob("*.py"):
        text = path.read_text()
        if "gettext" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            name = getattr(getattr(node, "func", None), "id", "")
            if name in FUNCTIONS and node.args and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


def of_templates() -> set[str]:
    call = re.compile(rf"\b(?:n?gettext|_)\({LITERAL}")
    found = set()
    for path in (ROOT / "templates").rglob("*.html"):
        found |= {ast.literal_eval(hit) for hit in call.findall(templatize(path.read_text()))}
    return {text.replace("%%", "%") for text in found}


def of_scripts() -> set[str]:
    call = re.compile(rf"\bn?gettext\(\s*{LITERAL}")
    found = set()
    for path in (ROOT / "static/js/rater").rglob("*.js"):
        found |= {ast.literal_eval(hit) for hit in call.findall(path.read_text())}
    return found


def catalogue(language: str, domain: str) -> dict[str, list[str]]:
    """All forms by text, as compiled: what a rater gets."""
    path = ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.mo"
    with path.open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    forms: dict[str, list[str]] = {}
    for key, text in compiled.items():
        forms.setdefault(key[0] if isinstance(key, tuple) else key, []).append(text)
    return forms


SOURCES = {"django": of_python() | of_templates(), "djangojs": of_scripts()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", SOURCES)
def test_every_text_is_translated(language, domain):
    known = catalogue(language, domain)
    assert len(SOURCES[domain]) > 80
    assert {text for text in SOURCES[domain] if not known.get(text)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", SOURCES)
def test_no_translation_loses_or_invents_a_placeholder(language, domain):
    wrong = [
        text
        for text, forms in catalogue(language, domain).items()
        if text
        for form in forms
        if len(forms) == 1 and sorted(SLOT.findall(form)) != sorted(SLOT.findall(text))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_entry_is_fuzzy_and_the_compiled_file_is_that_of_its_source(language):
    for domain in SOURCES:
        source = (ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.po").read_text()
        assert "#, fuzzy" not in source
        entries = re.findall(r'^msgid "(.*)"$', source, re.MULTILINE)
        known = catalogue(language, domain)
        assert {ast.literal_eval(f'"{entry}"') for entry in entries} == set(known)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_script_has_one_form_for_each_plural_category(language):
    forms = script_texts(language)["{count} vote waiting"]
    assert len(forms) == len(plural_categories(language))


def test_the_words_that_no_designer_wrote_are_those_of_launch():
    criteria = launching.DEFAULT_LIKERT_CRITERIA
    written = {launching.DEFAULT_CONSENT, "Overall"}
    written |= {text for c in criteria for text in (c["label"], c["question"], *c["anchors"])}
    written |= {text for failure in DEFAULT_TAXONOMY for text in (failure["label"], failure["hint"])}
    assert written <= DEFAULTS
    with translation.override("de"):
        assert all(translation.gettext(text) != text for text in written)
