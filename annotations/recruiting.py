"""What recruitment services say about a visitor, and how a visitor is sent back to them."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core import signing

from annotations.errors import StudyRefused
from annotations.models import Outcome, Panel, PanelEntry, Study

PROLIFIC, MTURK = "prolific", "mturk"
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
# Services name people by letters and digits; anything else is not theirs.
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
PENDING_S = 6 * 3600
PLACEHOLDER = "{code}"


@dataclass(frozen=True)
class Visitor:
    """A participant as their service knows them."""

    service: str
    external_id: str
    data: dict[str, str] = field(default_factory=dict)


def visitor(panel: Panel, query: Mapping[str, str]) -> Visitor | None:
    """Whom the query of a link names; None when it names nobody, as in MTurk's preview."""
    if panel.entry == PanelEntry.PROLIFIC:
        return _prolific(query)
    return _mturk(query) if panel.entry == PanelEntry.MTURK else None


def _prolific(query: Mapping[str, str]) -> Visitor | None:
    person, study, session = (query.get(name, "") for name in ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID"))
    if not all(_ID.fullmatch(value) for value in (person, study, session)):
        return None
    return Visitor(PROLIFIC, person, {"study": study, "session": session})


def _mturk(query: Mapping[str, str]) -> Visitor | None:
    assignment, worker, hit = (query.get(name, "") for name in ("assignmentId", "workerId", "hitId"))
    if assignment == PREVIEW or not all(_ID.fullmatch(value) for value in (assignment, worker, hit)):
        return None
    host = mturk_host(query.get("turkSubmitTo", ""))
    return Visitor(MTURK, worker, {"assignment": assignment, "hit": hit, "submit_to": host}) if host else None


def mturk_host(address: str) -> str:
    """The host of turkSubmitTo where it is one of Amazon's; otherwise "": results go nowhere else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    plain = parts.scheme == "https" and parts.netloc == parts.hostname
    return parts.netloc if plain and parts.netloc in settings.MTURK_HOSTS else ""


def external_hash(study: Study, visitor: Visitor) -> str:
    """Keyed, and different in each study: without the key nobody can tell whether somebody took part."""
    key = settings.EXTERNAL_ID_KEY or f"external ids {settings.SECRET_KEY}"
    text = f"{study.public_id}/{visitor.service}/{visitor.external_id}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


# Between the link and the consent nothing is stored here: the visitor's own browser keeps who they are.


def pending_name(panel: Panel) -> str:
    return f"arrival_{panel.public_id}"


def pack(panel: Panel, arrival: Mapping[str, Any]) -> str:
    return signing.dumps(dict(arrival), salt=_salt(panel), compress=True)


def unpack(panel: Panel, text: str) -> dict[str, Any]:
    """{} for what is missing, too old or not ours."""
    try:
        found = signing.loads(text, salt=_salt(panel), max_age=PENDING_S) if text else {}
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _salt(panel: Panel) -> str:
    return f"annotations.arrival.{panel.public_id}"


def checked_outcomes(outcomes: Any) -> dict[str, dict[str, str]]:
    """Panel.outcomes as they may be stored: {"completed": {"code": …, "url": …}, …}. Raises StudyRefused."""
    if not isinstance(outcomes, Mapping):
        raise _refused("Outcomes are given by name.", "outcomes")
    checked: dict[str, dict[str, str]] = {}
    for name, given in outcomes.items():
        if name not in Outcome.values or not isinstance(given, Mapping):
            raise _refused(f"There is no outcome called {name}.", str(name))
        code, url = str(given.get("code") or "").strip(), str(given.get("url") or "").strip()
        if code and not _CODE.fullmatch(code):
            raise _refused(f"The code for “{name}” has other signs than letters, digits, - and _.", name)
        if url and not is_safe_link(url):
            raise _refused(f"The address for “{name}” is not a whole https:// address.", name)
        if code or url:
            checked[name] = {key: value for key, value in (("code", code), ("url", url)) if value}
    return checked


def is_safe_link(url: str) -> bool:
    """An https address with a host, without a password, spaces or control characters."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    tidy = len(url) <= 500 and url.isprintable() and not re.search(r"[\s<>\"'\\]", url)
    return bool(tidy and parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and port != 0)


def return_link(panel: Panel, outcome: str) -> tuple[str, str]:
    """Code and address for an outcome, "" for what is not set. An address may hold {code}."""
    given = panel.outcomes.get(outcome) or {}
    code, url = str(given.get("code", "")), str(given.get("url", ""))
    if not url and code and panel.entry == PanelEntry.PROLIFIC:
        url = settings.PROLIFIC_COMPLETE_URL
    url = url.replace(PLACEHOLDER, quote(code, safe=""))
    # Rows may have been written by other means than the action.
    return code, url if is_safe_link(url) else ""


def verify_sources() -> dict[str, list[str]]:
    """Where the verification page alone may load its widget from, as directives of a content policy."""
    parts = urlsplit(settings.VERIFY_SCRIPT)
    if not parts.netloc:
        return {}
    origin = f"{parts.scheme}://{parts.netloc}"
    return {name: [origin] for name in ("script-src", "frame-src", "connect-src", "style-src")}


def _refused(message: str, name: str) -> StudyRefused:
    return StudyRefused(
        message,
        code="invalid_outcomes",
        status=400,
        mend="Copy code and address from the service's page of your study.",
        details=[{"outcome": name, "message": message}],
    )
