"""Pictures for attention checks: a clearly degraded copy, and an instructed response drawn in."""

import io
import random

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


def instruct(image: Pillow.Image, instruction: str) -> Pillow.Image:
    """The picture, blurred, behind a panel that asks for one answer."""
    side = image.width
    picture = image.filter(ImageFilter.GaussianBlur(side / 40))
    draw = ImageDraw.Draw(picture)
    margin, top, bottom = side // 16, side // 4, side - side // 4
    draw.rounded_rectangle((margin, top, side - margin, bottom), radius=side // 32, fill=PANEL)
    width = side - 2 * margin - side // 10
    middle = (top + bottom) // 2
    _line(draw, "ATTENTION CHECK", (side // 2, middle - side // 9), width, ACCENT, 13)
    for number, words in enumerate(instruction_lines(instruction)):
        _line(draw, words, (side // 2, middle + side // 36 + number * side // 8), width, INK, 11)
    return picture


def instruction_lines(instruction: str) -> tuple[str, ...]:
    if instruction.isdigit():
        return f"Please answer {instruction}", "on every line"
    return ("Please choose this", "picture")


def _line(
    draw: ImageDraw.ImageDraw,
    words: str,
    centre: tuple[int, int],
    width: int,
    fill: tuple[int, int, int],
    share: int,
) -> None:
    """As large as `share` of the width per line height allows, and never wider than the panel."""
    size = width // share * 1.3
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
