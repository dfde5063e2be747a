"""Pictures for attention checks: a clearly degraded copy, and an instructed response drawn in."""

import io
import random
from collections.abc import Sequence

from PIL import Image as Pillow
from PIL import ImageChops, ImageDraw, ImageFilter, ImageFont

PANEL = (20, 20, 20)
INK = (255, 255, 255)
ACCENT = (255, 214, 10)


def degrade(image: Pillow.Image, key: str) -> Pillow.Image:
    """So much worse that anyone who looks sees it: few pixels, blur, coarse noise, JPEG blocks. `key` seeds
    the noise, so that the same rendition always gives the same picture."""
    side = max(image.size)
    tiny = image.resize(_scaled(image.size, 28 / side), Pillow.Resampling.BOX)
    rough = tiny.resize(image.size, Pillow.Resampling.BILINEAR)
    rough = rough.filter(ImageFilter.GaussianBlur(side / 160))
    grain = _scaled(image.size, 192 / side)
    noise = Pillow.frombytes("RGB", grain, random.Random(key).randbytes(grain[0] * grain[1] * 3))
    noise = noise.resize(image.size, Pillow.Resampling.NEAREST)
    # Half of the noise range around zero: +-64 on a scale of 255.
    noise = noise.point(lambda value: 64 + value // 2)
    rough = ImageChops.add(rough, noise, scale=1, offset=-128)
    blocks = rough.resize(_scaled(image.size, 0.5), Pillow.Resampling.BILINEAR)
    out = io.BytesIO()
    blocks.save(out, "JPEG", quality=6, subsampling=2)
    with Pillow.open(out) as decoded:
        return decoded.convert("RGB").resize(image.size, Pillow.Resampling.NEAREST)


def instruct(image: Pillow.Image, words: Sequence[str]) -> Pillow.Image:
    """The picture, blurred, behind a panel that asks for one answer, line by line."""
    side = image.width
    picture = image.filter(ImageFilter.GaussianBlur(side / 40))
    draw = ImageDraw.Draw(picture)
    margin, top, bottom = side // 16, side // 4, side - side // 4
    draw.rounded_rectangle((margin, top, side - margin, bottom), radius=side // 32, fill=PANEL)
    width = side - 2 * margin - side // 10
    pitch = (bottom - top) * 4 // 5 // (len(words) + 1)
    first = (top + bottom) // 2 - pitch * len(words) // 2
    _line(draw, "ATTENTION CHECK", (side // 2, first), width, ACCENT, pitch * 0.55)
    for number, line in enumerate(words, start=1):
        _line(draw, line, (side // 2, first + number * pitch), width, INK, pitch * 0.7)
    return picture


def _line(
    draw: ImageDraw.ImageDraw,
    words: str,
    centre: tuple[int, int],
    width: int,
    fill: tuple[int, int, int],
    size: float,
) -> None:
    """Of this size, or as large as the panel is wide."""
    font = ImageFont.load_default(size=size)
    drawn = draw.textlength(words, font=font)
    if drawn > width:
        font = ImageFont.load_default(size=size * width / drawn)
    draw.text(
        centre,
        words,
        font=font,
        fill=fill,
        anchor="mm",
        stroke_width=max(1, int(size / 40)),
        stroke_fill=fill,
    )


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
