"""Pictures of every mode, depth and profile; expected values are closed forms."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from tfc_vae import images
from tfc_vae.images import ImageError, ImageWarning

PHOTOS = Path(__file__).parents[1] / "photos"
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def saved(folder, image, name="x.png", **options):
    image.save(folder / name, **options)
    return folder / name


def png_of(mode, bits, rows):
    """A PNG of one IDAT, for depths that Pillow does not write. `rows` is 2-D."""

    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    channels = {0: 1, 2: 3, 4: 2, 6: 4}[mode]
    width = rows.shape[1] // channels
    lines = b"".join(b"\0" + row.tobytes() for row in rows.astype(f">u{bits // 8}"))
    head = struct.pack(">IIBBBBB", width, len(rows), bits, mode, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def profile_with_red_and_blue_exchanged():
    """sRGB whose tag table names the red primary blue and the blue one red."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    parts = data.replace(b"rXYZ", b"____", 1).replace(b"bXYZ", b"rXYZ", 1)
    return parts.replace(b"____", b"bXYZ", 1)


def profile_of(device, space, connection, tag, data):
    """An ICC profile of one tag."""
    data += bytes(-len(data) % 4)
    head = struct.pack(">I4sI", 144 + len(data), b"none", 0x02400000)
    head += device + space + connection
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D) + bytes(48)  # D50
    return head + struct.pack(">I4sII", 1, tag, 144, len(data)) + data


def profile_of_a_printer_with_black_ink_only():
    """A CMYK profile (lut8 to Lab): K = 0 is white, K = 255 black, CMY do nothing."""
    ramp = bytes(range(256))
    lab = b"".join(bytes([0 if k else 255, 128, 128]) for _ in range(8) for k in (0, 1))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    lut += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut += ramp * 4 + lab + ramp * 3
    return profile_of(b"prtr", b"CMYK", b"Lab ", b"A2B0", lut)


def profile_of_a_negative():
    """A grey profile whose tone curve falls from white to black."""
    curve = b"curv" + struct.pack(">IIHH", 0, 2, 65535, 0)
    return profile_of(b"mntr", b"GRAY", b"XYZ ", b"kTRC", curve)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_the_smallest_images_keep_their_size(tmp_path, size):
    path = saved(tmp_path, Image.new("RGB", size, (1, 2, 3)))
    width, height = size
    assert images.read(path).tolist() == [[[1, 2, 3]] * width] * height


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (2, 1), 77), (77, 77, 77)),
        (Image.new("1", (2, 1), 1), WHITE),
        (Image.new("1", (2, 1), 0), (0, 0, 0)),
        (Image.new("RGB", (2, 1), RED).convert("P"), RED),
        (Image.new("RGBA", (2, 1), (9, 8, 7, 255)), (9, 8, 7)),
        (Image.new("LA", (2, 1), (50, 255)), (50, 50, 50)),
    ],
    ids=["grey", "1-bit white", "1-bit black", "palette", "opaque RGBA", "opaque LA"],
)
def test_modes_without_loss_are_read_without_a_warning(tmp_path, image, expected):
    assert images.read(saved(tmp_path, image))[0, 1].tolist() == list(expected)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("RGBA", (1, 1), (255, 0, 0, 128)), (255, 127, 127)),
        (Image.new("RGBA", (1, 1), (0, 0, 0, 255 - 51)), (51, 51, 51)),
        (Image.new("RGBA", (1, 1), (255, 0, 0, 0)), WHITE),
        (Image.new("LA", (1, 1), (0, 255 - 51)), (51, 51, 51)),
        (Image.new("LA", (1, 1), (10, 15)), (241, 241, 241)),  # 240.59
    ],
)
def test_transparent_pixels_are_laid_over_white(tmp_path, image, expected):
    with pytest.warns(ImageWarning, match="over white"):
        assert images.read(saved(tmp_path, image))[0, 0].tolist() == list(expected)


@pytest.mark.parametrize("mode", ["P", "RGB", "L", "1"])
def test_a_transparent_colour_is_laid_over_white(tmp_path, mode):
    clear = {"RGB": (0, 0, 0)}.get(mode, 0)
    path = saved(tmp_path, Image.new(mode, (1, 1), clear), transparency=clear)
    with pytest.warns(ImageWarning, match="over white"):
        assert images.read(path)[0, 0].tolist() == list(WHITE)


def test_16_bit_grey_is_rounded_from_v_over_257(tmp_path):
    values = np.array([[0, 128, 129, 257, 32896, 65406, 65407, 65535]], np.uint16)
    path = saved(tmp_path, Image.fromarray(values))
    expected = [0, 0, 1, 1, 128, 254, 255, 255]  # 128.498 -> 0.498; 129 -> 0.502
    with pytest.warns(ImageWarning, match="8 bits"):
        assert images.read(path)[0, :, 1].tolist() == expected
    with pytest.warns(ImageWarning, match="8 bits"):
        assert images.as_pixels(values)[0, :, 2].tolist() == expected
    with pytest.warns(ImageWarning, match="8 bits"):
        assert images.as_pixels(values.astype(">u2"))[0, :, 0].tolist() == expected


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_every_16_bit_grey_mode_has_the_same_scale(mode):
    image = Image.new(mode, (3, 2), 257 * 93)
    with pytest.warns(ImageWarning, match="0 to 65535"):
        assert images.from_pil(image).tolist() == [[[93] * 3] * 3] * 2


def test_16_bit_colour_is_within_one_level_of_v_over_257():
    rows = np.random.default_rng(0).integers(0, 65536, (5, 3 * 7))
    with pytest.warns(ImageWarning, match="16 bits a channel"):
        pixels = images.read(png_of(2, 16, rows))
    assert np.abs(pixels - rows.reshape(5, 7, 3) / 257).max() < 1


def test_16_bit_colour_made_from_8_bits_is_exact():
    pixels = np.random.default_rng(1).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    rows = pixels.reshape(4, 18).astype(np.uint16) * 257
    with pytest.warns(ImageWarning, match="16 bits a channel"):
        assert np.array_equal(images.read(png_of(2, 16, rows)), pixels)


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, 0), (0.2, 51), (1.0, 255), (51.4, 51), (255.0, 255)]
)
def test_a_float_image_is_scaled_from_0_to_1_or_0_to_255(tmp_path, value, expected):
    path = saved(tmp_path, Image.new("F", (2, 2), value), "x.tif")
    with pytest.warns(ImageWarning, match="reduced to 8 bits"):
        assert (images.read(path) == expected).all()


@pytest.mark.parametrize(
    ("mode", "value"),
    [("F", 256.0), ("F", -0.1), ("F", np.nan), ("I", -1), ("I", 2**16)],
)
def test_values_of_no_known_scale_are_refused(mode, value):
    with pytest.raises(ImageError, match="expected 0 to"):
        images.from_pil(Image.new(mode, (2, 2), value))


def test_cmyk_without_a_profile_is_the_product_of_its_inks(tmp_path):
    path = saved(tmp_path, Image.new("CMYK", (1, 1), (0, 255, 255, 0)), "x.tif")
    assert images.read(path)[0, 0].tolist() == list(RED)


def test_cmyk_is_converted_by_its_profile(tmp_path):
    image = Image.new("CMYK", (2, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 255))
    ink = profile_of_a_printer_with_black_ink_only()
    path = saved(tmp_path, image, "x.tif", icc_profile=ink)
    assert images.read(path).tolist() == [[[255] * 3, [0] * 3]]


def test_an_embedded_profile_is_converted_to_srgb(tmp_path):
    swapped = profile_with_red_and_blue_exchanged()
    for name in ("x.png", "x.tif", "x.webp"):
        image = Image.new("RGB", (2, 1), RED)
        path = saved(tmp_path, image, name, icc_profile=swapped, lossless=True)
        assert images.read(path)[0, 0].tolist() == list(BLUE)


def test_palette_and_alpha_are_converted_by_the_profile_too(tmp_path):
    swapped = profile_with_red_and_blue_exchanged()
    palette = Image.new("RGB", (1, 1), RED).convert("P")
    path = saved(tmp_path, palette, icc_profile=swapped)
    assert images.read(path)[0, 0].tolist() == list(BLUE)
    path = saved(tmp_path, Image.new("RGBA", (1, 1), (*RED, 128)), icc_profile=swapped)
    with pytest.warns(ImageWarning, match="over white"):
        assert images.read(path)[0, 0].tolist() == [127, 127, 255]


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_a_grey_profile_is_applied_to_grey(tmp_path, mode):
    negative = profile_of_a_negative()
    image = Image.new(mode, (1, 1), (0, 255) if mode == "LA" else 0)
    path = saved(tmp_path, image, icc_profile=negative)
    assert images.read(path)[0, 0].tolist() == list(WHITE)


def test_the_srgb_profile_changes_nothing(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with Image.open(PHOTOS / "spices.png") as photo:
        path = saved(tmp_path, photo, icc_profile=srgb)
    assert np.array_equal(images.read(path), images.read(PHOTOS / "spices.png"))


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("RGB", b"junk"),
        ("RGB", profile_with_red_and_blue_exchanged()[:300]),
        ("RGB", profile_of_a_printer_with_black_ink_only()),
        ("L", profile_with_red_and_blue_exchanged()),
        ("CMYK", profile_with_red_and_blue_exchanged()),
    ],
    ids=["no profile", "cut", "CMYK for RGB", "RGB for grey", "RGB for CMYK"],
)
def test_an_unusable_profile_is_ignored_with_a_warning(tmp_path, mode, profile):
    path = saved(tmp_path, Image.new(mode, (1, 1), 0), "x.tif", icc_profile=profile)
    with pytest.warns(ImageWarning, match="colour profile, ignored"):
        image = images.read(path)
    expected = WHITE if mode == "CMYK" else (0, 0, 0)
    assert image[0, 0].tolist() == list(expected)


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, lambda x: x),
        (2, np.fliplr),
        (3, lambda x: np.rot90(x, 2)),
        (4, np.flipud),
        (5, lambda x: x.swapaxes(0, 1)),
        (6, lambda x: np.rot90(x, -1)),
        (7, lambda x: np.rot90(x, 2).swapaxes(0, 1)),
        (8, np.rot90),
    ],
)
def test_the_exif_orientation_is_applied(tmp_path, orientation, turn):
    stored = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, Image.fromarray(stored), exif=exif)
    assert np.array_equal(images.read(path), turn(stored))


def test_unreadable_exif_is_ignored_with_a_warning(tmp_path):
    path = saved(tmp_path, Image.new("RGB", (1, 1), RED), exif=b"Exif\0\0garbage!")
    with pytest.warns(ImageWarning, match="EXIF data, ignored"):
        assert images.read(path)[0, 0].tolist() == list(RED)


@pytest.mark.parametrize("name", ["x.gif", "x.tif", "x.png", "x.webp"])
def test_of_several_frames_the_first_is_used(tmp_path, name):
    first, second = Image.new("RGB", (4, 3), RED), Image.new("RGB", (4, 3), BLUE)
    extra = {"save_all": True, "append_images": [second], "lossless": True}
    path = saved(tmp_path, first, name, **extra)
    with pytest.warns(ImageWarning, match="2 frames"):
        assert images.read(path)[2, 3].tolist() == list(RED)
