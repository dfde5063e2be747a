from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from annotations.errors import ArenaError


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Named errors become {code, message, mend, details}; the rest is DRF's own."""
    if isinstance(exc, ArenaError):
        return Response(exc.as_dict(), status=exc.status)
    return exception_handler(exc, context)
