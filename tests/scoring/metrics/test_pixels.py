import io

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage

from scoring.metrics.decode import decode
from scoring.metrics.pixels import laplacian_variance, pixel_statistics


def statistics(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return pixel_statistics(decode(out.getvalue()))


def noise(seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (50, 60, 3), dtype=np.uint8))


def test_the_laplacian_agrees_with_scipy():
    luma = np.random.default_rng(1).uniform(0, 255, (20, 30))
    assert laplacian_variance(luma) == pytest.approx(ndimage.laplace(luma)[1:-1, 1:-1].var())


def test_blurring_lowers_sharpness_and_contrast():
    sharp, blurred = statistics(noise()), statistics(noise().filter(ImageFilter.GaussianBlur(2)))
    assert blurred.sharpness < 0.05 * sharp.sharpness
    assert blurred.contrast < sharp.contrast


def test_half_black_half_white_is_all_clipped():
    image = Image.new("RGB", (40, 40))
    image.paste("white", (0, 0, 40, 10))
    found = statistics(image)
    assert (found.shadows, found.highlights, found.clipped) == (0.75, 0.25, 1.0)
    assert found.luminance == 0.25
    assert found.contrast == pytest.approx(np.sqrt(0.25 * 0.75))


@pytest.mark.parametrize(("colour", "saturation"), [("red", 1.0), ("grey", 0.0), ("black", 0.0)])
def test_saturation_follows_hsv(colour, saturation):
    assert statistics(Image.new("RGB", (5, 5), colour)).saturation == saturation


def test_saturated_colours_are_not_clipped_light():
    assert statistics(Image.new("RGB", (5, 5), "red")).clipped == 0.0


def test_a_picture_without_interior_has_no_sharpness():
    assert statistics(Image.new("RGB", (2, 9))).sharpness == 0.0
