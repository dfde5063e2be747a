from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from annotations.errors import ArenaError


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Named errors become {code, message, mend, details}; the rest is DRF's own."""
    if isinstance(exc, ArenaError):
        waits = [detail["retry_after_s"] for detail in exc.details if "retry_after_s" in detail]
        headers = {"Retry-After": str(waits[0])} if waits else None
        return Response(exc.as_dict(), status=exc.status, headers=headers)
    return exception_handler(exc, context)
