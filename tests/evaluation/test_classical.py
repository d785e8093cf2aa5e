from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfc_vae.evaluation.classical import FAMILIES, PillowCodec, at_size
from tfc_vae.evaluation.metrics import psnr

PHOTO = Path(__file__).parents[2] / "photos" / "budgie.png"


@pytest.fixture(scope="module")
def photo():
    with Image.open(PHOTO) as image:
        return np.asarray(image.convert("RGB"))[100:260, 100:340]


def test_a_lossless_codec_returns_the_pixels(photo):
    png = PillowCodec("PNG", "PNG")
    np.testing.assert_array_equal(png.decompress(png.compress(photo)), photo)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_the_last_quality_is_larger_and_closer_than_the_first(family, photo):
    low, high = (family.codec(family.qualities[i]) for i in (0, -1))
    small, large = low.compress(photo), high.compress(photo)
    assert len(small) < len(large)
    assert psnr(photo, high.decompress(large)) > 5 + psnr(photo, low.decompress(small))


def test_the_jpeg_baseline_is_progressive_with_halved_chroma(photo):
    data = FAMILIES["jpeg"].codec(75).compress(photo)
    start = data.index(b"\xff\xc2")  # SOF2: the frame header of a progressive file
    assert data[start + 9] == 3  # components
    assert data[start + 11] == 0x22  # luma sampled twice in each direction
    assert data[start + 14] == data[start + 17] == 0x11  # chroma once


def test_the_avif_baseline_keeps_full_chroma(photo):
    data = FAMILIES["avif"].codec(60).compress(photo)
    configuration = data[data.index(b"av1C") + 4 :]
    assert configuration[2] & 0b1100 == 0  # neither subsampled in x nor in y


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("max_bytes", [3000, 9000])
def test_at_size_fits_and_the_next_quality_does_not(name, max_bytes, photo):
    family = FAMILIES[name]
    best = at_size(family, photo, max_bytes)
    assert len(best.compress(photo)) <= max_bytes
    quality = best.options[family.quality_option]
    following = family.qualities[family.qualities.index(quality) + 1]
    assert len(family.codec(following).compress(photo)) > max_bytes


def test_at_size_takes_the_best_quality_where_everything_fits(photo):
    assert at_size(FAMILIES["webp"], photo, 10**9) == FAMILIES["webp"].codec(100)


def test_at_size_says_what_cannot_fit(photo):
    with pytest.raises(ValueError, match="JPEG cannot fit this image in 100 bytes"):
        at_size(FAMILIES["jpeg"], photo, 100)


def test_a_file_of_another_format_is_refused(photo):
    webp = FAMILIES["webp"].codec(50).compress(photo)
    with pytest.raises(OSError, match="cannot identify"):
        FAMILIES["jpeg"].codec(50).decompress(webp)
