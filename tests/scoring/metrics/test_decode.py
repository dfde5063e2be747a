import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from scoring.metrics.decode import content_sha256, decode
from scoring.metrics.errors import PictureError


def encoded(image, fmt="PNG", **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def noise(width=40, height=30, seed=0):
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def test_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    picture = decode(encoded(noise(), "JPEG", exif=exif.tobytes()))
    assert (picture.width, picture.height) == (30, 40)


def test_transparency_lies_on_white():
    image = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    assert decode(encoded(image)).image.getpixel((0, 0)) == (255, 255, 255)


def test_a_palette_with_transparency_lies_on_white():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30] * 256)
    assert decode(encoded(image, transparency=0)).image.getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_and_not_clipped():
    image = Image.fromarray(np.full((4, 4), 32896, dtype=np.uint16))
    assert decode(encoded(image)).image.getpixel((0, 0)) == (128, 128, 128)


def test_an_embedded_profile_is_converted_to_srgb():
    image = Image.new("RGB", (4, 4), (120, 60, 30))
    plain = decode(encoded(image)).image.getpixel((0, 0))
    assert plain == (120, 60, 30)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode(encoded(image, icc_profile=srgb)).image.getpixel((0, 0)) == plain
    # The same profile with its red and blue primaries exchanged.
    swapped = srgb.replace(b"rXYZ", b"tmp?").replace(b"bXYZ", b"rXYZ").replace(b"tmp?", b"bXYZ")
    red, _, blue = decode(encoded(image, icc_profile=swapped)).image.getpixel((0, 0))
    assert red < blue


def test_a_damaged_profile_is_ignored():
    image = Image.new("RGB", (4, 4), (120, 60, 30))
    assert decode(encoded(image, icc_profile=b"nonsense")).image.getpixel((0, 0)) == (120, 60, 30)


def test_the_first_frame_of_an_animation_counts():
    data = encoded(noise(seed=1), "GIF", save_all=True, append_images=[noise(seed=2)])
    assert decode(data).frames == 2


def test_the_hash_is_of_the_file_not_of_the_pixels(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(noise()))
    assert decode(path).sha256 == content_sha256(path) == content_sha256(path.read_bytes())
    assert decode(encoded(noise(), compress_level=0)).sha256 != decode(path).sha256


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_file_is_named_damaged(fmt):
    data = encoded(noise(200, 200), fmt)
    with pytest.raises(PictureError, match="damaged") as caught:
        decode(data[: len(data) // 2])
    assert caught.value.code in {"truncated", "unreadable"}


def test_a_picture_with_too_many_pixels_is_refused_by_its_header():
    data = bytearray(encoded(Image.new("L", (100, 100))))
    with pytest.raises(PictureError, match="more than the 9,999 pixels") as caught:
        decode(bytes(data), max_pixels=9_999)
    assert caught.value.code == "too_many_pixels"


def test_a_claimed_size_beyond_pillows_own_cap_is_refused():
    data = bytearray(encoded(Image.new("1", (8, 8))))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    with pytest.raises(PictureError) as caught:
        decode(bytes(data))
    assert caught.value.code == "too_many_pixels"


@pytest.mark.parametrize("data", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_other_files_are_no_pictures(data):
    with pytest.raises(PictureError) as caught:
        decode(data)
    assert caught.value.code == "unknown_format"


def test_an_absent_file_says_so(tmp_path):
    with pytest.raises(PictureError, match="No such file"):
        decode(tmp_path / "absent.png")


def test_several_jpegs_in_one_file_count_as_the_first():
    data = encoded(noise(seed=1), "MPO", save_all=True, append_images=[noise(seed=2)])
    assert (decode(data).format, decode(data).frames) == ("MPO", 2)
