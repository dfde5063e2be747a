"""Damage done to a finished picture: blur, noise, coarse pixels, washed-out colours.

Amounts are shares of the picture's side or of the tonal range, so a flaw looks the same at every resolution,
and survives the reduction to a model's input size.
"""

from typing import Literal, get_args

import numpy as np
from PIL import Image, ImageFilter

Flaw = Literal["blurry", "noisy", "pixelated", "faded"]
FLAWS: tuple[Flaw, ...] = get_args(Flaw)

# Film grain on this many cells a side: finer noise would vanish when a model shrinks the picture.
_GRAIN_CELLS = 96
_AMOUNTS: dict[Flaw, tuple[float, float]] = {
    "blurry": (0.02, 0.05),
    "noisy": (0.12, 0.35),
    "pixelated": (0.045, 0.08),
    "faded": (0.55, 0.8),
}
# Strong enough that nobody would call the picture faithful; the model card's figures use these.
HEAVY: dict[Flaw, float] = {"blurry": 0.04, "noisy": 0.25, "pixelated": 0.06, "faded": 0.7}


def blur(image: Image.Image, amount: float = 0.04) -> Image.Image:
    """Gaussian blur whose radius is `amount` of the picture's width."""
    return image.filter(ImageFilter.GaussianBlur(amount * image.width))


def add_noise(image: Image.Image, rng: np.random.Generator, amount: float = 0.25) -> Image.Image:
    """Coloured grain with a standard deviation of `amount` of the tonal range."""
    grain = rng.normal(0.0, amount * 255, (_GRAIN_CELLS, _GRAIN_CELLS, 3)).astype(np.float32)
    if image.size != (_GRAIN_CELLS, _GRAIN_CELLS):
        bands = [
            np.asarray(Image.fromarray(grain[..., k]).resize(image.size, Image.Resampling.NEAREST))
            for k in range(3)
        ]
        grain = np.stack(bands, axis=-1)
    return Image.fromarray(np.clip(np.asarray(image, np.float32) + grain, 0, 255).astype(np.uint8))


def pixelate(image: Image.Image, amount: float = 0.06) -> Image.Image:
    """Square blocks whose side is `amount` of the picture's width."""
    cells = max(1, round(1 / amount))
    small = image.resize((cells, cells), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST)


def fade(image: Image.Image, amount: float = 0.7) -> Image.Image:
    """Pull every pixel towards a pale grey by `amount` of the way."""
    return Image.blend(image, Image.new("RGB", image.size, (200, 200, 200)), amount)


def damage(
    image: Image.Image, flaw: Flaw, rng: np.random.Generator, amount: float | None = None
) -> Image.Image:
    """The picture with one named flaw, as strong as said or anywhere in the range that captions name."""
    strength = float(rng.uniform(*_AMOUNTS[flaw])) if amount is None else amount
    if flaw == "blurry":
        return blur(image, strength)
    if flaw == "noisy":
        return add_noise(image, rng, strength)
    if flaw == "pixelated":
        return pixelate(image, strength)
    return fade(image, strength)
