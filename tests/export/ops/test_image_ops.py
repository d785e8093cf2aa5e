"""Image files in TensorFlow ops, against what Pillow reads."""

import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfc_vae import images
from tfc_vae.export.ops import image_ops

LIMIT = 2**24  # pixels


@pytest.fixture(scope="module")
def read_image():
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def read(data):
        return image_ops.read(data, LIMIT)

    return read


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def image_files():
    noise = np.random.default_rng(0).integers(0, 20, (40, 56, 3))
    slopes = np.add.outer(np.arange(40), np.arange(56))[..., None] * [3, 1, 2]
    rgb = Image.fromarray(((slopes + noise) % 256).astype(np.uint8))
    rgba = rgb.copy()
    rgba.putalpha(rgb.getchannel("R"))
    palette, colour = rgb.quantize(7), rgb.getpixel((3, 3))
    return {
        "PNG": encoded(rgb, "PNG"),
        "PNG, 1 x 1": encoded(rgb.crop((0, 0, 1, 1)), "PNG"),
        "PNG, grey": encoded(rgb.convert("L"), "PNG"),
        "PNG, grey and alpha": encoded(rgba.convert("LA"), "PNG"),
        "PNG, alpha": encoded(rgba, "PNG"),
        "PNG, palette": encoded(palette, "PNG"),
        "PNG, transparent palette": encoded(palette, "PNG", transparency=2),
        "PNG, transparent colour": encoded(rgb, "PNG", transparency=colour),
        "PNG, palette of 8 bits": encoded(rgb.quantize(200), "PNG"),
        "PNG, one bit": encoded(rgb.convert("1"), "PNG"),
        "PNG, one bit, transparent": encoded(rgb.convert("1"), "PNG", transparency=0),
        "JPEG": encoded(rgb, "JPEG", quality=90),
        "JPEG, progressive": encoded(rgb, "JPEG", progressive=True, subsampling=2),
        "JPEG, grey": encoded(rgb.convert("L"), "JPEG"),
        "BMP": encoded(rgb, "BMP"),
        "BMP, 32 bits": encoded(rgba, "BMP"),
        "GIF": encoded(palette, "GIF"),
        "GIF, two frames": encoded(
            palette, "GIF", save_all=True, append_images=[palette.rotate(180)]
        ),
    }


@pytest.mark.parametrize("kind", image_files())
@pytest.mark.filterwarnings("ignore::tfc_vae.images.ImageWarning")
def test_image_files_give_the_pixels_that_pillow_gives(read_image, kind):
    data = image_files()[kind]
    found = read_image(data).numpy()
    expected = images.read(data)
    if (
        kind == "BMP, 32 bits"
    ):  # Pillow's alpha has no place in the format's common form
        expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))[..., :3]
    np.testing.assert_array_equal(found, expected)


def forged_sizes():
    """Files that claim a size which nothing should allocate, by name."""
    large = struct.pack(">II", 100_000, 100_000)
    png = encoded(Image.new("RGB", (2, 2)), "PNG")
    png = png[:16] + large + png[24:]
    gif = encoded(Image.new("P", (2, 2)), "GIF")
    gif = gif[:6] + b"\xff\xff\xff\xff" + gif[10:]
    bmp = encoded(Image.new("RGB", (2, 2)), "BMP")
    bmp = bmp[:18] + struct.pack("<ii", 50_000, -50_000) + bmp[26:]
    jpeg = encoded(Image.new("RGB", (2, 2)), "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg = jpeg[:at] + struct.pack(">HH", 50_000, 50_001) + jpeg[at + 4 :]
    return {"PNG": png, "GIF": gif, "BMP": bmp, "JPEG": jpeg}


@pytest.mark.parametrize("kind", forged_sizes())
def test_an_image_of_a_claimed_size_is_refused_before_it_is_allocated(read_image, kind):
    message = r"the image has \d+ x \d+ pixels; expected 1 to 16777216 in all"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        read_image(forged_sizes()[kind])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the input is empty; expected an image"),
        (b"a", "not an image that TensorFlow knows"),
        (b"RIFF\0\0\0\0WEBP", "not an image that TensorFlow knows"),
        (image_files()["PNG"][:100], "PNG"),
        (image_files()["PNG"][:20], "the image has 0 x 56 pixels"),
        (image_files()["JPEG"][:-200], "JPEG"),
        (image_files()["GIF"][:30], "GIF|gif"),
        (image_files()["BMP"][:-1], "Input size should match"),
        (encoded(Image.new("P", (2, 2)), "BMP"), "a BMP of 8 bits per pixel"),
    ],
)
def test_what_is_no_image_is_an_invalid_argument(read_image, data, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        read_image(data)
