"""Asks a verification service (siteverify protocol) whether a visitor passed its test. Three answers, stored
apart: passed, failed, and unavailable, which is no failure of the visitor's and lets them in."""

import json
import logging
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from django.conf import settings
from django.db import transaction

from annotations.actions import anomalies, preliminaries
from annotations.actions.locking import lock_rater
from annotations.models import Rater, Verification, VerificationState

logger = logging.getLogger(__name__)
MOST_BYTES = 65_536
LONGEST_TOKEN = 8192
# What a service says when the mistake is ours or its own.
NOT_THEIRS = frozenset({
    "missing-input-secret", "invalid-input-secret", "bad-request", "internal-error", "invalid-keys",
    "sitekey-secret-mismatch",
})  # fmt: skip


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The secret goes to the address in the settings and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def check(*, rater: Rater, token: str) -> Verification:
    """Ask, outside any transaction, and store what was said. A token that is missing is asked about too:
    where the widget could not load because its service is down, nobody is held back by that."""
    state, detail = _ask(token[:LONGEST_TOKEN])
    with transaction.atomic():
        locked = lock_rater(rater.pk)
        found = Verification.objects.create(rater=locked, state=state, detail=detail[:200])
        if state == VerificationState.FAILED:
            evidence = {"said": detail[:200]}
            anomalies.flag(study=locked.study, rater=locked, kind=anomalies.VERIFICATION, evidence=evidence)
        preliminaries.activate_when_ready(locked)
    rater.refresh_from_db()
    return found


def _ask(token: str) -> tuple[str, str]:
    fields = {"secret": settings.VERIFY_SECRET, "response": token}
    if settings.VERIFY_SITE:
        fields["sitekey"] = settings.VERIFY_SITE
    request = urllib.request.Request(settings.VERIFY_URL, data=urllib.parse.urlencode(fields).encode())
    try:
        opener = urllib.request.build_opener(_NoRedirect)
        with opener.open(request, timeout=settings.VERIFY_TIMEOUT_S) as reply:
            said = json.loads(reply.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        error.close()
        return _unavailable(f"HTTP {error.code}")
    except (OSError, ValueError) as error:  # no connection, time out, no JSON
        return _unavailable(type(error).__name__)
    if not isinstance(said, dict) or not isinstance(said.get("success"), bool):
        return _unavailable("an answer without success")
    if said["success"]:
        return VerificationState.PASSED, ""
    codes = [str(code) for code in said.get("error-codes") or []]
    if NOT_THEIRS & set(codes):
        return _unavailable(", ".join(codes))
    return VerificationState.FAILED, ", ".join(codes)


def _unavailable(detail: str) -> tuple[str, str]:
    logger.warning("The verification service could not be asked: %s", detail)
    return VerificationState.UNAVAILABLE, detail
