"""Limits against floods of entries and log-ins, counted in the database over all processes. They come by
browser first, tightly; by network only so widely that a class room or an office never meets them."""

import hashlib
import math
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.actions import anomalies, traces
from annotations.buckets import Buckets
from annotations.errors import ArenaError, VoteRefused
from annotations.models import Rater, RateWindow
from annotations.network import network_of

HOUR_S = 3600
# A minute's worth at once: waiting votes are sent in one go when a network comes back.
RATERS, NETWORKS = Buckets(60), Buckets(60)
# Whoever hammers on is written down once an hour, not once a try.
FLAGS = Buckets(HOUR_S)
LOGIN_S = 900
_TABLE = RateWindow._meta.db_table
_HIT = f"""
    INSERT INTO {_TABLE} (key, count, ends_at) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET count = {_TABLE}.count + 1 RETURNING count
"""  # noqa: S608


def hit(*, scope: str, key: str, most: int, span_s: int) -> int:
    """Count one try; the seconds to wait when there were more than `most` within the span, otherwise 0."""
    if not most or not key:
        return 0
    name, ends_at = _window(scope, key, span_s)
    with connection.cursor() as cursor:
        cursor.execute(_HIT, [name, connection.ops.adapt_datetimefield_value(ends_at)])
        (count,) = cursor.fetchone()
    return _seconds_until(ends_at) if count > most else 0


def wait_for(*, scope: str, key: str, most: int, span_s: int) -> int:
    """The same without counting a try."""
    if not most or not key:
        return 0
    name, ends_at = _window(scope, key, span_s)
    full = RateWindow.objects.filter(key=name, count__gte=most).exists()
    return _seconds_until(ends_at) if full else 0


def _window(scope: str, key: str, span_s: int) -> tuple[str, datetime]:
    """Spans follow each other without overlap; the key of a span is a hash that names nobody."""
    number = int(timezone.now().timestamp()) // span_s
    ends_at = datetime.fromtimestamp((number + 1) * span_s, tz=timezone.get_current_timezone())
    return hashlib.sha256(f"{scope}/{key}/{span_s}/{number}".encode()).hexdigest(), ends_at


def _seconds_until(moment: datetime) -> int:
    return max(1, int((moment - timezone.now()).total_seconds()) + 1)


def entering(request: HttpRequest) -> None:
    """Raises VoteRefused too_many. A browser is told by the token that its forms carry."""
    browser = request.COOKIES.get("csrftoken", "")
    wait = hit(scope="enter/browser", key=browser, most=settings.ENTRIES_PER_BROWSER, span_s=HOUR_S)
    if not wait:
        network = traces.network_hash(request)
        most = settings.ENTRIES_PER_NETWORK
        wait = hit(scope="enter/network", key=network, most=most, span_s=HOUR_S)
    if wait:
        raise too_many(wait)


def voting(request: HttpRequest, rater: Rater) -> None:
    """Raises VoteRefused too_many. Asks memory alone; a vote that is refused may be sent again later."""
    wait = RATERS.take(rater.pk, settings.VOTES_PER_RATER_S)
    if not wait:
        wait = NETWORKS.take(network_of(request), settings.VOTES_PER_NETWORK_S)
    if wait:
        if not FLAGS.take(rater.pk, 1 / HOUR_S):
            known = Rater.objects.select_related("study").get(pk=rater.pk)
            anomalies.flag(
                study=known.study, rater=known, kind=anomalies.RATE_LIMIT, evidence={"of": "votes"}
            )
        raise too_many(math.ceil(wait))


def too_many(wait_s: int) -> VoteRefused:
    minutes = max(1, round(wait_s / 60))
    return VoteRefused(
        _("Too much came from here in a short time."),
        code="too_many",
        status=429,
        mend=ngettext("Try again in %(minutes)s minute.", "Try again in %(minutes)s minutes.", minutes)
        % {"minutes": minutes},
        details=[{"retry_after_s": wait_s}],
    )


def login_blocked(request: HttpRequest, name: str) -> int:
    """Seconds until this name may be tried again from here; 0: now."""
    return max(
        wait_for(scope=scope, key=key, most=most, span_s=LOGIN_S)
        for scope, key, most in _login(request, name)
    )


def too_many_logins(wait_s: int) -> ArenaError:
    minutes = max(1, round(wait_s / 60))
    return ArenaError(
        "There were too many failed log-ins from here.",
        code="too_many",
        status=429,
        mend=f"Try again in {minutes} minute{'s' if minutes > 1 else ''}, or set a new password.",
        details=[{"retry_after_s": wait_s}],
    )


def login_failed(request: HttpRequest, name: str) -> None:
    for scope, key, most in _login(request, name):
        hit(scope=scope, key=key, most=most, span_s=LOGIN_S)


def _login(request: HttpRequest, name: str) -> list[tuple[str, str, int]]:
    """A name from one network first; a name from everywhere widely, so that strangers lock nobody out."""
    name, network, most = name.strip().casefold(), traces.network_hash(request), settings.LOGINS_PER_NAME
    return [
        ("login/name/network", f"{name}/{network}", most),
        ("login/network", network, settings.LOGINS_PER_NETWORK),
        ("login/name", name, 10 * most),
    ]


def sweep() -> None:
    RateWindow.objects.filter(ends_at__lt=timezone.now()).delete()
