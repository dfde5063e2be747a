"""Which network a rater came from, as a hash that cannot be undone: salted anew each day, and the salt thrown
away when the day is over. What is left tells that two visits of one day came from the same network."""

import hashlib
import hmac
import secrets
from datetime import date, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from annotations.actions import anomalies
from annotations.models import DailySalt, NetworkTrace, Rater
from annotations.network import network_of

LONGEST_DAYS = 30


def today() -> date:
    return timezone.now().date()


def network_hash(request: HttpRequest, day: date | None = None) -> str:
    """ "" where the address is not known."""
    network = network_of(request)
    if not network:
        return ""
    salt = _salt(day or today())
    return hmac.new(salt.encode(), network.encode(), hashlib.sha256).hexdigest()


def _salt(day: date) -> str:
    made, created = DailySalt.objects.get_or_create(day=day, defaults={"salt": secrets.token_hex(32)})
    if created:
        sweep()  # also where no worker sweeps: the first visitor of a day throws the last one's salt away
    return made.salt


def note(*, rater: Rater, request: HttpRequest) -> NetworkTrace | None:
    """Once a day, rater and network; flags networks with very many sessions."""
    day = today()
    if not (hashed := network_hash(request, day)):
        return None
    trace, created = NetworkTrace.objects.get_or_create(rater=rater, day=day, network_hash=hashed)
    if created:
        anomalies.look_at_network(rater, trace)
    return trace


def sweep() -> None:
    """Salts of days that are over, and traces that are old enough."""
    day = today()
    DailySalt.objects.filter(day__lt=day).delete()
    kept = timedelta(days=min(LONGEST_DAYS, settings.NETWORK_TRACE_DAYS))
    # The day of the trace itself counts: nothing is 30 days old.
    NetworkTrace.objects.filter(day__lte=day - kept).delete()
