"""Safe decoding: one way from a file's bytes to the sRGB picture that every metric sees."""

import hashlib
import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from scoring.metrics.errors import PictureError

# Pillow opens MPO (several JPEGs in one file) as JPEG. Plain decoders only: no EPS (runs an interpreter),
# no container that fetches files.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
MAX_PIXELS = 50_000_000

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    image : PIL.Image.Image
        Upright 8-bit sRGB, mode ``RGB``; transparent parts lie on white.
    sha256 : str
        Hex digest of the file's bytes, not of the pixels.
    format : str
        Pillow's name of the file format.
    frames : int
        Frames in the file; `image` is the first.
    """

    image: Image.Image
    sha256: str
    format: str
    frames: int = 1

    @property
    def width(self) -> int:
        """Width in pixels, orientation applied."""
        return self.image.width

    @property
    def height(self) -> int:
        """Height in pixels, orientation applied."""
        return self.image.height

    def luma(self) -> npt.NDArray[np.float64]:
        """Rec. 601 luma of the sRGB-coded values.

        Returns
        -------
        numpy.ndarray
            Shape (height, width), float64, 0 to 255.
        """
        return np.asarray(self.image.convert("L"), dtype=np.float64)


def content_sha256(source: bytes | Path) -> str:
    """Hex SHA-256 of a file's content.

    Parameters
    ----------
    source : bytes or Path
        The content, or where it lies.
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def decode(source: bytes | Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode a picture, or say why not.

    EXIF orientation is applied, an embedded colour profile is converted to sRGB, 16-bit channels are scaled
    to 8 bits, transparency is laid on white, and of an animation the first frame counts.

    Parameters
    ----------
    source : bytes or Path
        The file.
    max_pixels : int
        Width x height above which nothing is decoded; checked on the header, before memory is taken.

    Returns
    -------
    Picture

    Raises
    ------
    PictureError
        With code ``unknown_format``, ``too_many_pixels``, ``truncated`` or ``unreadable``.
    """
    try:
        data = source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        raise PictureError("unreadable", f"the file cannot be read: {error.strerror}") from error
    with warnings.catch_warnings():
        # Pillow warns about odd EXIF blocks and about sizes; our own cap below decides about the latter.
        warnings.simplefilter("ignore")
        try:
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise _too_many(str(error), max_pixels) from error
        except UnidentifiedImageError as error:
            raise PictureError("unknown_format", f"not a picture in {', '.join(FORMATS)}") from error
        except _DAMAGE as error:
            raise PictureError("unreadable", f"the header is damaged: {error}") from error
        if opened.width * opened.height > max_pixels:
            raise _too_many(f"{opened.width} x {opened.height} pixels", max_pixels)
        try:
            opened.load()
            image = _to_srgb(ImageOps.exif_transpose(opened))
        except _DAMAGE as error:
            code = "truncated" if "truncated" in str(error) else "unreadable"
            raise PictureError(code, f"the picture data is damaged: {error}") from error
    return Picture(
        image=image,
        sha256=content_sha256(data),
        format=opened.format or "",
        frames=int(getattr(opened, "n_frames", 1)),
    )


def _too_many(size: str, max_pixels: int) -> PictureError:
    return PictureError("too_many_pixels", f"{size}, more than the {max_pixels:,} pixels allowed")


def _to_srgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _deep_to_srgb(image)
    profile = image.info.get("icc_profile")
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    alpha = None
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _managed(image, profile)
    image = image.convert("RGB")
    if alpha is not None:
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=alpha)
        image = ground
    image.info = {}
    return image


def _deep_to_srgb(image: Image.Image) -> Image.Image:
    """16-bit and float greys: Pillow's own conversion would clip instead of scale."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    top = values.max(initial=0.0)
    scale = 1.0 if image.mode in ("I", "F") and top <= 255 else 255.0 / 65535.0
    grey = np.clip(np.rint(values * scale), 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _managed(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # A damaged profile does not make the picture unreadable: browsers ignore it as well.
    return image if converted is None else converted
