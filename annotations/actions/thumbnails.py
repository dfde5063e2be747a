"""Small copies of originals for the staff's gallery, made when first looked at and kept by content."""

from annotations import blinding
from annotations.actions import storage
from annotations.models import Image

SIDE_PX = 224
CONTENT_TYPE = blinding.CONTENT_TYPES["near_lossless"]


def thumbnail_path(sha256: str) -> str:
    return f"thumbnails/{sha256[:2]}/{sha256}"


def ensure(*, image: Image) -> str:
    """Where the thumbnail lies, relative to MEDIA_ROOT. Two makers at once write the same bytes."""
    path = thumbnail_path(image.sha256)
    if not storage.absolute(path).exists():
        with storage.open_stored(image.path) as handle:
            content = blinding.fit(blinding.to_srgb(blinding.decode(handle.read())), SIDE_PX)
        storage.write_atomic(path, blinding.encode(content, "near_lossless"))
    return path
