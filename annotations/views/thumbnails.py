from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from annotations.actions import storage, thumbnails
from annotations.errors import NotFound
from annotations.models import Image
from annotations.views.access import designer_required


@require_safe
@designer_required
def image_thumbnail(request: HttpRequest, pid: str) -> HttpResponse:
    """A small copy for the gallery. For designers only, like the original."""
    image = Image.objects.filter(public_id=pid).only("path", "sha256").first()
    if image is None:
        raise NotFound("There is no such picture.", mend="Look for it on its study's page of images.")
    path = thumbnails.ensure(image=image)
    if settings.MEDIA_INTERNAL_REDIRECT:
        response = HttpResponse(content_type=thumbnails.CONTENT_TYPE)
        response["X-Accel-Redirect"] = f"{settings.MEDIA_INTERNAL_REDIRECT.rstrip('/')}/{path}"
    else:
        response = FileResponse(storage.open_stored(path), content_type=thumbnails.CONTENT_TYPE)
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
