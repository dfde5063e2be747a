import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from annotations import blinding, check_words
from tests.pictures import encoded, picture

CANARY = b"canary-1f9c"
# How a JPEG is laid out, the same for every picture.
OF_THE_FORMAT = {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
MAX = 10_000_000


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def rendered(data, **options):
    return blinding.render(data, **({"box_px": 64, "encoding": "lossless"} | options))


def near(pixel, wanted, tolerance=12):
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, wanted, strict=True))


@pytest.mark.parametrize("size", [(48, 32), (32, 48), (400, 100), (3, 3), (64, 64), (1, 700)])
@pytest.mark.parametrize("encoding", ["near_lossless", "lossless"])
def test_every_picture_fills_the_same_box_whatever_its_size(size, encoding):
    image = opened(rendered(encoded(picture(size=size)), encoding=encoding))
    assert image.size == (64, 64)
    assert image.mode == "RGB"
    assert image.format == ("PNG" if encoding == "lossless" else "JPEG")


def test_nothing_is_cropped_and_the_rest_is_neutral_grey():
    image = opened(rendered(encoded(picture(size=(128, 64)))))
    assert [image.getpixel((x, y)) for x, y in ((0, 0), (63, 0), (0, 63), (32, 15))] == [(128, 128, 128)] * 4
    assert near(image.getpixel((2, 18)), (255, 255, 255))
    assert near(image.getpixel((61, 18)), (0, 0, 255))
    assert near(image.getpixel((2, 45)), (0, 0, 0))
    assert near(image.getpixel((61, 45)), (255, 0, 0))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_that_a_camera_wrote_is_applied(orientation):
    upright = picture(size=(64, 64))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions that undo each orientation
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(back[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = opened(rendered(encoded(stored, "PNG", exif=exif)))
    assert image.tobytes() == upright.tobytes()


def with_metadata(format):
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    if format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("parameters", CANARY.decode())
        text.add_itxt("XML:com.adobe.xmp", CANARY.decode())
        return encoded(picture(), "PNG", exif=exif, pnginfo=text)
    if format == "JPEG":
        return encoded(picture(), "JPEG", exif=exif, comment=CANARY, xmp=CANARY)
    return encoded(picture(), format, exif=exif, xmp=CANARY)


@pytest.mark.parametrize(
    ("format", "encoding", "kind"),
    list(
        itertools.product(
            ["PNG", "JPEG", "WEBP"], ["near_lossless", "lossless"], ["plain", "degraded", "instructed"]
        )
    ),
)
def test_no_metadata_gets_through(format, encoding, kind):
    data = with_metadata(format)
    assert CANARY in data
    out = rendered(data, encoding=encoding, kind=kind, words=["Please choose this"], key="k")
    assert CANARY not in out
    assert not set(opened(out).info) - OF_THE_FORMAT


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr", "LAB", "PA"]
)
def test_every_mode_becomes_rgb(mode):
    format = "PNG" if mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16") else "TIFF"
    try:
        base = picture(mode="L").convert(mode) if mode in ("I;16", "I", "F") else picture().convert(mode)
    except ValueError:
        base = Image.merge("LAB", picture().split())
    if mode == "I;16":
        base = base.point(lambda value: value * 257 + 0)
    data = encoded(base if mode != "PA" else picture(mode="P").convert("PA"), format)
    blinding.inspect(data, max_pixels=MAX)
    image = opened(rendered(data))
    assert image.mode == "RGB"
    if mode != "LAB":
        assert near(image.getpixel((4, 15)), (255, 255, 255))
        assert near(image.getpixel((4, 49)), (0, 0, 0))


def test_transparency_shows_the_neutral_grey():
    image = picture(mode="RGBA")
    image.putalpha(0)
    assert opened(rendered(encoded(image))).getcolors() == [(64 * 64, (128, 128, 128))]


def test_a_palette_with_a_transparent_colour_shows_the_grey():
    image = picture(mode="P")
    data = encoded(image, "GIF", transparency=image.getpixel((24, 16)))
    assert opened(rendered(data)).getpixel((32, 32)) == (128, 128, 128)


def test_a_wide_colour_profile_is_converted_and_a_broken_one_ignored():
    grey = Image.new("RGB", (32, 32), (200, 60, 60))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = opened(rendered(encoded(grey, icc_profile=lab))).getpixel((32, 32))
    assert near(same, (200, 60, 60), 2)
    data = encoded(grey, icc_profile=b"not a profile")
    assert blinding.inspect(data, max_pixels=MAX).notes
    assert opened(rendered(data)).getpixel((32, 32)) == (200, 60, 60)


def test_a_profile_of_another_gamut_changes_the_numbers():
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # The red and blue primaries change places: an exact way to see that the profile was applied.
    for at in range(128 + 4, 128 + 4 + 12 * int.from_bytes(swapped[128:132], "big"), 12):
        name = bytes(swapped[at : at + 4])
        if name in (b"rXYZ", b"bXYZ"):
            swapped[at : at + 4] = b"bXYZ" if name == b"rXYZ" else b"rXYZ"
    data = encoded(Image.new("RGB", (32, 32), (255, 0, 0)), icc_profile=bytes(swapped))
    assert near(opened(rendered(data)).getpixel((32, 32)), (0, 0, 255), 3)


def test_the_same_input_gives_the_same_bytes():
    for kind in ("plain", "degraded", "instructed"):
        data = encoded()
        assert rendered(data, kind=kind, key="k", words=["2"]) == rendered(
            data, kind=kind, key="k", words=["2"]
        )


@pytest.mark.parametrize("encoding", ["near_lossless", "lossless"])
def test_padding_makes_lengths_equal_and_keeps_the_pixels(encoding):
    files = [rendered(encoded(picture(c)), encoding=encoding, box_px=128) for c in ("red", "green")]
    length = blinding.padded_length([len(data) for data in files])
    assert length % 1024 == 0
    for data in files:
        padded = blinding.pad(data, length)
        assert len(padded) == length
        assert opened(padded).tobytes() == opened(data).tobytes()


def test_the_limit_on_pixels_counts_before_decoding():
    with pytest.raises(blinding.UnreadablePicture, match="48 x 32"):
        blinding.inspect(encoded(), max_pixels=48 * 32 - 1)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "AVIF"])
def test_a_picture_that_was_cut_short_is_refused(format):
    data = encoded(picture(size=(200, 200)), format)
    assert blinding.inspect(data, max_pixels=MAX).format == format
    with pytest.raises(blinding.UnreadablePicture):
        blinding.inspect(data[: len(data) * 2 // 3], max_pixels=MAX)


def test_one_wrong_byte_in_a_png_is_found_by_its_checksum():
    data = bytearray(encoded(picture(size=(200, 200))))
    data[data.index(b"IDAT") + 30] ^= 1
    with pytest.raises(blinding.UnreadablePicture):
        blinding.inspect(bytes(data), max_pixels=MAX)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_animations_are_refused(format):
    frames = [picture("red"), picture("green")]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    with pytest.raises(blinding.UnreadablePicture, match="animated"):
        blinding.inspect(data, max_pixels=MAX)


@pytest.mark.parametrize(
    "data", [b"<svg xmlns='x'/>", b"%PDF-1.4", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a"]
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(blinding.UnreadablePicture):
        blinding.inspect(data, max_pixels=MAX)


@given(
    st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=8), st.integers(0, 20)), max_size=4),
)
def test_whatever_happens_to_a_picture_it_is_refused_in_words_or_can_be_rendered(format, changes):
    data = encoded(format=format)
    for at, new, dropped in changes:
        data = data[:at] + new + data[at + dropped :]
    try:
        blinding.inspect(data, max_pixels=MAX)
    except blinding.UnreadablePicture as error:
        reason, mend = error.reason, error.mend
    else:
        reason = mend = "rendered" if rendered(data) else ""
    assert reason
    assert mend


def test_a_gif_whose_second_frame_is_damaged_is_refused_in_words():
    data = encoded(format="GIF")[:-1] + b"!"
    with pytest.raises(blinding.UnreadablePicture, match="damaged"):
        blinding.inspect(data, max_pixels=MAX)


def test_a_header_that_claims_a_gigapixel_is_refused():
    data = bytearray(encoded())
    data[16:24] = (40_000).to_bytes(4, "big") * 2
    with pytest.raises(blinding.UnreadablePicture):
        blinding.inspect(bytes(data), max_pixels=MAX)


def test_a_degraded_copy_is_far_worse_and_keeps_its_frame():
    sharp = picture(size=(256, 128))
    ImageDraw.Draw(sharp).text((100, 50), "WWWW", fill="white")
    plain = opened(rendered(encoded(sharp), box_px=256))
    bad = opened(rendered(encoded(sharp), box_px=256, kind="degraded", key="k"))
    area = (0, 64, 256, 192)
    rms = sum(
        (a - b) ** 2 for a, b in zip(plain.crop(area).tobytes(), bad.crop(area).tobytes(), strict=True)
    ) / (256 * 128 * 3)
    assert rms**0.5 > 20
    assert bad.getpixel((128, 20)) == (128, 128, 128)


@pytest.mark.parametrize("instruction", [("choose",), ("answer:1",), ("choose", "de"), ("answer:5", "fr")])
def test_an_instruction_is_drawn_large_on_a_dark_panel(instruction):
    image = opened(rendered(encoded(), box_px=512, kind="instructed", words=check_words.lines(*instruction)))
    panel = image.crop((40, 140, 472, 372)).convert("L")
    counts = panel.histogram()
    assert counts[20] > 0.6 * panel.width * panel.height
    assert sum(counts[240:]) > 0.02 * panel.width * panel.height


def test_different_instructions_are_different_pictures():
    two, four = (rendered(encoded(), kind="instructed", words=[i]) for i in "24")
    assert two != four
