import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from scoring.metrics.decode import decode
from scoring.metrics.errors import MetricError
from scoring.metrics.filters import (
    FilterLimits,
    check_picture,
    hamming_distances,
    near_duplicates,
    perceptual_hash,
)


def picture(array_or_image, **options):
    image = array_or_image if isinstance(array_or_image, Image.Image) else Image.fromarray(array_or_image)
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return decode(out.getvalue())


def scene(seed, size=160):
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return coarse.resize((size, size), Image.Resampling.BICUBIC)


def rules(found):
    return {finding.rule for finding in found}


def test_an_ordinary_picture_passes():
    assert check_picture(picture(scene(0))) == []


@pytest.mark.parametrize(
    ("size", "rule"), [((40, 40), "too_small"), ((9000, 100), "too_large"), ((500, 100), "aspect")]
)
def test_size_and_aspect_are_checked(size, rule):
    assert rule in rules(check_picture(picture(scene(0).resize(size))))


def test_a_blank_picture_is_found_even_with_a_faint_grain():
    rng = np.random.default_rng(0)
    grain = (200 + rng.integers(0, 2, (100, 100, 3))).astype(np.uint8)
    assert rules(check_picture(picture(grain))) == {"blank"}


def test_limits_can_be_moved_and_findings_say_both_numbers():
    (finding,) = check_picture(picture(scene(0)), FilterLimits(min_px=200))
    assert finding.as_dict() == {
        "rule": "too_small",
        "value": 160,
        "limit": 200,
        "text": "shortest side 160 px, under 200 px",
    }


def test_a_recompressed_and_brightened_copy_is_near_and_another_scene_is_far():
    original = scene(1)
    copy = ImageEnhance.Brightness(original.resize((120, 120))).enhance(1.1)
    hashes = [perceptual_hash(picture(image)) for image in (original, copy, scene(2))]
    distance = hamming_distances(hashes, hashes)
    assert distance[0, 1] <= 4
    assert distance[0, 2] > 12
    assert near_duplicates(hashes[:1], hashes[1:]) == [(0, 0, distance[0, 1])]


def test_distances_count_bits():
    assert hamming_distances(["0" * 16], ["f" * 16, "8" + "0" * 15]).tolist() == [[64, 1]]
    assert near_duplicates([], ["0" * 16]) == []


@pytest.mark.parametrize("text", ["", "00", "x" * 16])
def test_what_is_no_hash_is_refused(text):
    with pytest.raises(MetricError):
        hamming_distances([text], ["0" * 16])
