"""The study's own words as a rater meets them: in their language where the designer gave it, and criteria in
the order that stays theirs."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, gettext

from annotations import protocols
from annotations.assignment.criteria import balanced_order
from annotations.models import ConsentText, Panel, Protocol, Rater, Study
from annotations.protocols import failures
from annotations.study_words import DEFAULTS

# What the voting page needs of a block. Everything else of the frozen design stays on the server.
SHOWN = (
    "protocol", "title", "question", "graded", "points", "pages", "pick", "size", "taxonomy", "allow_marks",
    "allow_note", "reasons", "show_reference",
)  # fmt: skip


def translated(translations: Mapping[str, Any], language: str | None = None) -> Mapping[str, Any]:
    """The texts given for a language, or for its main variety: "de-at" finds "de". Often empty."""
    language = language or get_language() or ""
    return translations.get(language) or translations.get(language.split("-")[0]) or {}


def study_texts(study: Study, language: str | None = None) -> dict[str, str]:
    """Name, instructions and privacy text, each in the rater's language where it was given."""
    given = translated(study.translations, language)
    texts = {
        name: given.get(name) or getattr(study, name) for name in ("name", "instructions", "privacy_text")
    }
    return texts | {"lang": language_of(study, given, language)}


def consent_text(consent: ConsentText, language: str | None = None) -> str:
    return str(translated(consent.translations, language) or _usual(consent.text))


def consent_language(consent: ConsentText) -> str:
    usual = {"usual": True} if consent.text in DEFAULTS else {}
    return language_of(consent.study, usual or translated(consent.translations))


def blocks_for(panel: Panel, rater: Rater | None, language: str | None = None) -> dict[str, dict[str, Any]]:
    """The blocks by key, for the page's script and for judges: as frozen at launch, in the rater's words."""
    arrival = rater.arrival if rater else 0
    blocks = (panel.study.design or {}).get("blocks", [])
    return {
        block["key"]: block_for(block, arrival=arrival, language=language)
        | {"lang": _language_of(block, panel.study, language)}
        for block in blocks
    }


def language_of(study: Study, given: Mapping[str, Any], language: str | None = None) -> str:
    """In which language a text of the study stands: in the rater's where it was given, otherwise in its own.
    Screen readers speak it so."""
    return (language or get_language() or "").split("-")[0] if given else study.language


def _language_of(block: Mapping[str, Any], study: Study, language: str | None) -> str:
    given = translated(block["translations"], language)
    return language_of(study, given or {"usual": True} if block["question"] in DEFAULTS else given, language)


def block_for(block: Mapping[str, Any], *, arrival: int, language: str | None = None) -> dict[str, Any]:
    given = translated(block["translations"], language)
    shown = {name: given.get(name) or block[name] for name in SHOWN}
    if block["protocol"] == Protocol.FAILURE_REVIEW:
        shown["taxonomy"] = _labelled(failures.taxonomy(block), given.get("taxonomy", {}))
    reasons = block["reasons"]
    if reasons.get("chips"):
        shown["reasons"] = reasons | {"chips": _labelled(reasons["chips"], given.get("chips", {}))}
    criteria = _labelled(block["criteria"], given.get("criteria", {}))
    shown |= {"answers": protocols.answers(block), "criteria": balanced_order(criteria, arrival)}
    usual = {name: _usual(shown[name]) for name in ("question", "criteria", "taxonomy")}
    return shown | usual | {"module": _module(shown)}


def _usual(value: Any) -> Any:
    """Words that no designer wrote are translated like the page's own."""
    if isinstance(value, str):
        return gettext(value) if value in DEFAULTS else value
    if isinstance(value, list):
        return [_usual(item) for item in value]
    return {name: _usual(item) for name, item in value.items()} if isinstance(value, dict) else value


def _module(block: Mapping[str, Any]) -> str:
    """The script of its answers. A plain pair, the most frequent, has a small one of its own."""
    if block["protocol"] not in (Protocol.PAIRWISE, Protocol.LIKERT):
        return str(block["protocol"])
    keys = [criterion["key"] for criterion in block["criteria"]]
    plain = block["protocol"] == Protocol.PAIRWISE and not block["graded"] and keys == ["overall"]
    return "pairwise" if plain else "criteria"


def _labelled(rows: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows with a key, with the texts that a translation gives: a text alone stands for the label."""
    return [{**row, **_words(given.get(row["key"]))} for row in rows]


def _words(text: Any) -> Mapping[str, Any]:
    if isinstance(text, str):
        return {"label": text}
    return {name: value for name, value in (text or {}).items() if value}
