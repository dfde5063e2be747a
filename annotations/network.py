"""Where a request comes from. Used in memory, or hashed with the day's salt; nothing stores or logs it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the outermost of our own proxies saw. What lies before it, anybody could write."""
    proxies = int(settings.REST_FRAMEWORK["NUM_PROXIES"] or 0)
    # request.headers would translate the names of all headers first, at every vote.
    named = request.META.get("HTTP_X_FORWARDED_FOR", "")
    forwarded = [part.strip() for part in named.split(",") if part.strip()]
    if proxies and forwarded:
        return forwarded[-min(proxies, len(forwarded))]
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of(request: HttpRequest) -> str:
    """An IPv4 address, or the first half of an IPv6 one: a household or office has all of the other half."""
    address = client_address(request)
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
