"""What is known of votes made elsewhere, and how that is said."""

from collections.abc import Mapping
from typing import Any

from annotations.models import Source, Study

NO_RATERS = (
    "The file names no raters: each vote counts as one of a rater of its own, so intervals may be too narrow "
    "and nothing can be said of single raters."
)
FIELDS = {"answer_ms": "answer time in ms", "ballot": "ballot", "item": "picture"}


def facts(study: Study) -> dict[str, Any]:
    """How the file was read; nothing for votes collected here."""
    found: dict[str, Any] = (study.design or {}).get("imported", {})
    return found


def is_imported(study: Study) -> bool:
    return study.source == Source.IMPORTED


def knows_sides(study: Study) -> bool:
    """Whether it is known what was shown where; of votes made elsewhere it often is not."""
    return facts(study).get("sides") != "unknown"


def knows_raters(study: Study) -> bool:
    """Whether votes tell who gave them; a file need not."""
    return not facts(study) or "rater" in facts(study)["columns"]


def rater_warnings(study: Study) -> list[str]:
    return [] if knows_raters(study) else [NO_RATERS]


def file_words(study: Study) -> list[tuple[str, str]]:
    """What the import recorded, for somebody who has the file and wants the same study of it."""
    found = facts(study)
    said = [
        ("File", str(found.get("file", ""))),
        ("SHA-256 of the file", str(found.get("sha256", ""))),
        ("Columns read", _pairs(found.get("columns", {}), "from")),
    ]
    if found.get("outcomes"):
        said.append(("Outcomes as the file calls them", _pairs(found["outcomes"], "is")))
    if "points" in found:
        said.append(("Scale", f"1 to {found['points']} points"))
    if found.get("strip_prompt"):
        said.append(("Names of generators", "what remains of a name without its prompt in front"))
    if "points" not in found:
        said.append(("Sides", "as in the file" if knows_sides(study) else "not known"))
    said.append(("Raters", "as in the file" if knows_raters(study) else NO_RATERS))
    if "votes" in found:
        said.append(("Votes", f"{found['votes']:,}"))
    return [line for line in said if line[1]]


def _pairs(mapping: Mapping[str, str], between: str) -> str:
    return "; ".join(f"{FIELDS.get(field, field)} {between} “{name}”" for field, name in mapping.items())
