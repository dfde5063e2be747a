"""Uploads are limited before a byte of them is kept: much for designers, little for everyone else."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, JsonResponse

from annotations import policies


class GuardedUploads(FileUploadHandler):
    """First of FILE_UPLOAD_HANDLERS; the others do the keeping. Without it a visitor could fill the disk, as
    forms are read for their CSRF token before anyone asks who sent them. API views put the user whom they
    have found on the request before they read a body that counts."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> None:
        limit = settings.UPLOAD_MAX_BYTES if self._trusted() else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if content_length > limit:
            raise RequestDataTooBig(f"The upload is larger than {limit / 1e6:,.0f} MB.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _trusted(self) -> bool:
        user = getattr(self.request, "user", None)
        return user is not None and policies.can_design(user)


class BoundedBodies:
    """Middleware: whatever is no form with files is read into memory as a whole, by the API's parsers without
    any limit of their own. A body without a length is none: nothing of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        with_files = request.content_type == "multipart/form-data"
        if not with_files and length.isdigit() and int(length) > limit:
            said = {
                "code": "too_large",
                "message": f"The request is larger than {limit / 1e6:,.1f} MB.",
                "mend": "Send files as multipart/form-data, and everything else in smaller pieces.",
                "details": [],
            }
            return JsonResponse(said, status=413)
        return self.get_response(request)
