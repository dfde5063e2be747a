"""Who a browser belongs to."""

import hashlib
from collections.abc import Mapping, Sequence

from annotations.models import Panel, Rater
from annotations.sql import loaded, marks, rows

PREFIX = "arena_"
# More than anybody takes part in; a browser that sends a thousand cookies costs no thousand look-ups.
MOST_COOKIES = 50
# (token, hash) to the key of the rater, in this process.
MOST_KNOWN = 20_000
_known: dict[tuple[str, str], int] = {}
_BY_HASH = f"""
    SELECT rater.id, rater.secret_hash FROM {Rater._meta.db_table} rater
    JOIN {Panel._meta.db_table} panel ON panel.id = rater.panel_id
    WHERE panel.token = %s AND rater.secret_hash IN"""  # noqa: S608


def cookie_name(panel: Panel) -> str:
    return f"{PREFIX}{panel.public_id}"


def secret_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def by_secret(panel: Panel, secret: str) -> Rater | None:
    return (
        Rater.objects.select_related("panel", "study")
        .filter(panel=panel, secret_hash=secret_hash(secret))
        .first()
    )


def others_in_browser(rater: Rater, cookies: Mapping[str, str]) -> int:
    """How many other raters of the same study this browser knows the secrets of."""
    values = [value for name, value in cookies.items() if name.startswith(PREFIX) and value]
    hashes = [secret_hash(value) for value in values[:MOST_COOKIES]]
    return Rater.objects.filter(study=rater.study_id, secret_hash__in=hashes).exclude(pk=rater.pk).count()


def secrets_in(cookies: Mapping[str, str]) -> list[str]:
    return [value for name, value in cookies.items() if name.startswith(PREFIX) and value][:MOST_COOKIES]


def by_secrets(token: str, secrets: Sequence[str]) -> Rater | None:
    """The rater of the panel with this token: the secret itself says which cookie is meant. Key and hash
    alone are loaded; voting reads the row anew under its lock, and must find this hash in it: the key may be
    one that this process has looked up before."""
    hashes = [secret_hash(secret) for secret in secrets]
    for each in hashes:
        if key := _known.get((token, each)):
            return loaded(Rater, {"id": key, "secret_hash": each})
    # Plain SQL, because every visit begins here.
    found = rows(f"{_BY_HASH} ({marks(hashes)})", [token, *hashes]) if hashes else []
    if not found:
        return None
    key, found_hash = found[0]
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[token, found_hash] = key
    return loaded(Rater, {"id": key, "secret_hash": found_hash})


def forget(rater: Rater) -> None:
    """What was looked up before does not hold any more."""
    # A copy: other threads add to it meanwhile.
    for known in [known for known, key in list(_known.items()) if key == rater.pk]:
        _known.pop(known, None)
