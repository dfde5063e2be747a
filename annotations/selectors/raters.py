"""Who a browser belongs to."""

import hashlib
from collections.abc import Mapping

from annotations.models import Panel, Rater

PREFIX = "arena_"
# More than anybody takes part in; a browser that sends a thousand cookies costs no thousand look-ups.
MOST_COOKIES = 50


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


def by_cookies(token: str, cookies: Mapping[str, str]) -> Rater | None:
    """The rater of the panel with this token, in one query: the secret itself says which cookie is meant."""
    secrets = [value for name, value in cookies.items() if name.startswith(PREFIX) and value]
    if not secrets:
        return None
    hashes = [secret_hash(secret) for secret in secrets[:MOST_COOKIES]]
    found = list(Rater.objects.filter(panel__token=token, secret_hash__in=hashes)[:1])
    return found[0] if found else None
