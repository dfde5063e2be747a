"""The one pipeline that turns an original into the picture a rater receives.

Every picture of a study goes the same way: decode, apply the orientation, convert to sRGB, composite on
neutral grey, fit into the study's box without cropping, encode without any metadata. What remains is the
picture itself; what cannot be hidden (invisible watermarks, a generator's style, its aspect ratio) stays.

Pure Pillow: no Django, so that tests, workers and scripts share it.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image as Pillow
from PIL import ImageCms, ImageFile, ImageOps

from annotations import check_pictures

# A closed list: fewer decoders, fewer ways to be attacked, and no vector or document formats by accident.
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
Pillow.init()  # Pillow knows only some of them before
GREY = (128, 128, 128)
PAD_TO = 1024
CONTENT_TYPES = {"near_lossless": "image/jpeg", "lossless": "image/png"}

_PROFILE_MODES = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L", "Lab ": "LAB"}
_CMS_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.HIGHRESPRECALC


class UnreadablePicture(Exception):
    """The words say what is wrong; `mend` says what to do."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend


@dataclass
class Facts:
    """What a check of an original found out."""

    format: str
    width: int
    height: int
    notes: list[str] = field(default_factory=list)


def inspect(data: bytes, *, max_pixels: int) -> Facts:
    """Decode the whole picture, so that what is stored can be rendered later. Raises UnreadablePicture."""
    with _opened(data, max_pixels) as image:
        _refuse_animation(image)
        facts = Facts(_format_name(image), image.width, image.height)
        profile = image.info.get("icc_profile")
        try:
            image.verify()  # PNG: the checksums that load() does not look at
        except Exception as error:
            raise _damaged(error) from error
    with _opened(data, max_pixels) as image:
        _load(image)
    if profile:
        try:
            ImageCms.ImageCmsProfile(io.BytesIO(profile))
        except Exception:
            facts.notes.append("its colour profile cannot be read; its colours are taken as sRGB")
    return facts


def render(
    data: bytes | None,
    *,
    box_px: int,
    encoding: str,
    kind: str = "plain",
    key: str = "",
    words: Sequence[str] = (),
) -> bytes:
    """The encoded picture of exactly box_px x box_px. The same arguments give the same bytes."""
    if data is None:
        content = Pillow.new("RGB", (box_px, box_px), GREY)
    else:
        content = fit(to_srgb(decode(data)), box_px)
    if kind == "degraded":
        content = check_pictures.degrade(content, key)
    picture = letterbox(content, box_px)
    if kind == "instructed":
        picture = check_pictures.instruct(picture, words)
    return encode(picture, encoding)


def decode(data: bytes) -> Pillow.Image:
    """The loaded first frame, upright. Stored originals were checked, so that no pixel cap is needed here."""
    image = _opened(data, None)
    _load(image)
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a picture with damaged EXIF is shown as it lies
        return image


def to_srgb(image: Pillow.Image) -> Pillow.Image:
    """8-bit RGB in sRGB; transparency composited on the neutral grey."""
    profile = image.info.get("icc_profile")
    image = _eight_bit(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        picture = _managed(image.convert("RGB"), profile)
        return Pillow.composite(picture, Pillow.new("RGB", image.size, GREY), alpha)
    return _managed(image, profile)


def fit(image: Pillow.Image, box_px: int) -> Pillow.Image:
    """Scaled, up or down, so that the longer side fills the box: size gives no generator away."""
    scale = box_px / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if size == image.size:
        return image
    return image.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=3.0)


def letterbox(image: Pillow.Image, box_px: int) -> Pillow.Image:
    if image.size == (box_px, box_px):
        return image
    canvas = Pillow.new("RGB", (box_px, box_px), GREY)
    canvas.paste(image, ((box_px - image.width) // 2, (box_px - image.height) // 2))
    return canvas


def encode(image: Pillow.Image, encoding: str) -> bytes:
    clean = Pillow.new("RGB", image.size)
    clean.paste(image)  # pixels only: Pillow would write info["exif"], comments and profiles back
    out = io.BytesIO()
    if encoding == "lossless":
        clean.save(out, "PNG", compress_level=6)
    else:
        clean.save(out, "JPEG", quality=95, subsampling=0)
    return out.getvalue()


def padded_length(lengths: list[int]) -> int:
    """The longest of a prompt's files, rounded up, so that length says nothing about the generator."""
    return -(-max(lengths) // PAD_TO) * PAD_TO


def pad(data: bytes, length: int) -> bytes:
    """Bytes after JPEG's end-of-image or PNG's IEND are ignored by every decoder."""
    return data + bytes(length - len(data))


def _opened(data: bytes, max_pixels: int | None) -> ImageFile.ImageFile:
    try:
        image = Pillow.open(io.BytesIO(data), formats=FORMATS)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise UnreadablePicture(
            "it has more pixels than can be decoded safely", "Scale it down before importing."
        ) from error
    except Exception as error:
        raise UnreadablePicture(
            "it is not a picture that can be read",
            "Save it as PNG, JPEG, WebP, AVIF, TIFF, BMP or GIF and see that the file is complete.",
        ) from error
    if max_pixels is not None and image.width * image.height > max_pixels:
        raise UnreadablePicture(
            f"it has {image.width} x {image.height} pixels, more than the limit of {max_pixels:,}",
            "Scale it down, or raise IMAGE_MAX_PIXELS.",
        )
    return image


def _load(image: Pillow.Image) -> None:
    try:
        image.load()
    except Exception as error:  # decoders raise whatever they like on damaged input
        raise _damaged(error) from error


def _damaged(error: Exception) -> UnreadablePicture:
    words = str(error).split("\n")[0][:120] or type(error).__name__
    return UnreadablePicture(
        f"it is damaged or cut short ({words})", "Copy or make the file again; it does not decode to its end."
    )


def _refuse_animation(image: Pillow.Image) -> None:
    try:
        # Looks at the second frame only; n_frames would walk through all of them.
        animated = getattr(image, "is_animated", False)
    except Exception as error:
        raise _damaged(error) from error
    # MPO is what phones call a JPEG with extra views; its first picture is the picture.
    if animated and image.format != "MPO":
        raise UnreadablePicture(
            "it is animated or has several pages", "Save the one frame that is meant as a PNG."
        )


def _format_name(image: Pillow.Image) -> str:
    return "JPEG" if image.format == "MPO" else str(image.format)


def _eight_bit(image: Pillow.Image) -> Pillow.Image:
    mode = image.mode
    if mode.startswith("I;16"):
        # 16-bit white is 65535 and 8-bit white is 255: divided by 257.
        return image.convert("I").point(lambda value: value * (1 / 257) + 0).convert("L")
    if mode in ("I", "F"):
        low, high = image.getextrema()
        # Nothing in the file says what white is: the largest number tells 16-bit, 0..255 and 0..1 apart.
        scale = 1 / 257 if high > 255 else (255.0 if mode == "F" and high <= 1 and low >= 0 else 1.0)
        return image.point(lambda value: value * scale + 0).convert("L")
    if mode in ("P", "PA", "1", "La", "RGBa", "HSV", "YCbCr"):
        return _plain_mode(image)
    return image


def _plain_mode(image: Pillow.Image) -> Pillow.Image:
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _managed(image: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Through the colour profile where there is a usable one; otherwise the numbers are taken as sRGB."""
    if not profile:
        return image if image.mode == "RGB" else _unmanaged(image)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        wanted = _PROFILE_MODES.get(source.profile.xcolor_space)
        if wanted is None:
            return _unmanaged(image)
        return ImageCms.profileToProfile(
            image if image.mode == wanted else image.convert(wanted),
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=_CMS_FLAGS,
        )
    except Exception:  # the import has warned about it; a broken profile must not lose the picture
        return _unmanaged(image)


def _unmanaged(image: Pillow.Image) -> Pillow.Image:
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    return image.convert("RGB")
