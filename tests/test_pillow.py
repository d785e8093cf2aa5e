"""The Pillow plugin behaves as Pillow's own formats do."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

import tfc_vae
import tfc_vae.pillow
from tfc_vae import container, images
from tfc_vae.images import ImageWarning

PHOTO = Path(__file__).parents[1] / "photos" / "colosseum.png"


@pytest.fixture(scope="module")
def photo():
    return images.read(PHOTO)[100:190, 60:210]


@pytest.fixture
def model(tiny_model_dir, monkeypatch):
    monkeypatch.setenv("TFC_VAE_MODELS", str(tiny_model_dir.parent))
    return "tiny"


@pytest.fixture
def file(photo, model, tmp_path):
    """A file that the plugin wrote."""
    path = tmp_path / "a.tfcv"
    Image.fromarray(photo).save(path, quality=60, model=model)
    return path


def test_saving_and_opening_is_compressing_and_decompressing(file, photo, model):
    data = file.read_bytes()
    assert data == tfc_vae.compress(photo, 60, model)
    expected = tfc_vae.decompress(data)
    for source in (file, str(file), io.BytesIO(data)):
        with Image.open(source) as image:
            assert (image.format, image.mode, image.size) == ("TFCV", "RGB", (150, 90))
            assert image.get_format_mimetype() == "image/x-tfcv"
            assert np.array_equal(np.asarray(image), expected)
    with file.open("rb") as stream, Image.open(stream) as image:
        assert np.array_equal(np.asarray(image), expected)


def test_the_default_quality_is_50_and_a_stream_needs_the_format(photo, model):
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, "TFCV", model=model)
    assert stream.getvalue() == tfc_vae.compress(photo, 50, model)


def test_opening_reads_only_the_header(file):
    data = file.read_bytes()[: container.HEADER_SIZE]  # there is nothing more to read
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (150, 90) and image.info["quality"] == 60
        assert image.info["model_id"] == data[6:14].hex()


def test_pillows_own_operations_work_on_a_file_not_yet_loaded(file):
    expected = Image.fromarray(tfc_vae.decompress(file.read_bytes()))
    with Image.open(file) as image:
        assert image.convert("L").tobytes() == expected.convert("L").tobytes()
    with Image.open(file) as image:
        box = (10, 20, 60, 50)
        assert image.crop(box).tobytes() == expected.crop(box).tobytes()
    with Image.open(file) as image:
        image.thumbnail((40, 40))
        assert image.size == (40, 24)
    with Image.open(file) as image:
        image.copy().save(io.BytesIO(), "PNG")
        image.putpixel((0, 0), (1, 2, 3))
        assert image.getpixel((0, 0)) == (1, 2, 3)


def test_every_mode_is_saved_as_the_rgb_that_it_shows(photo, model):
    rgb = Image.fromarray(photo)
    for mode in ("L", "P", "CMYK", "1", "LA", "RGBA"):
        image, stream = rgb.convert(mode), io.BytesIO()
        image.save(stream, "TFCV", model=model)
        expected = tfc_vae.compress(images.from_pil(image), model=model)
        assert stream.getvalue() == expected
    rgb.putalpha(100)
    with pytest.warns(ImageWarning, match="transparent"):
        rgb.save(io.BytesIO(), "TFCV", model=model)


def test_a_damaged_header_is_not_identified(file):
    data = file.read_bytes()
    for position in range(container.HEADER_SIZE):
        bad = bytearray(data)
        bad[position] ^= 4
        with pytest.raises(UnidentifiedImageError):
            Image.open(io.BytesIO(bad))
    for cut in range(container.HEADER_SIZE):
        with pytest.raises(UnidentifiedImageError):
            Image.open(io.BytesIO(data[:cut]))


def test_damaged_content_opens_and_does_not_load(file):
    data = file.read_bytes()
    for bad in (data[:-1], data[: len(data) // 2], data[:29], data + b"x"):
        with Image.open(io.BytesIO(bad)) as image:
            with pytest.raises(OSError, match="truncated|trailing"):
                image.load()
        with Image.open(io.BytesIO(bad)) as image:
            with pytest.raises(OSError, match="truncated|trailing"):
                image.verify()
    with Image.open(file) as image:
        image.verify()


def test_a_file_of_an_unknown_model_opens_and_does_not_load(file):
    header, sections = container.unpack(file.read_bytes())
    other = dataclasses.replace(header, model_id=b"\1" * 8)
    with Image.open(io.BytesIO(container.pack(other, sections))) as image:
        with pytest.raises(OSError, match="0101010101010101"):
            image.load()


def test_pillows_limit_on_pixels_holds(file, monkeypatch):
    header, sections = container.unpack(file.read_bytes())
    huge = dataclasses.replace(header, height=2**20, width=2**20)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(container.pack(huge, sections)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 150 * 90 - 1)
    with pytest.warns(Image.DecompressionBombWarning):
        Image.open(file).close()


def test_a_save_that_fails_says_why_and_leaves_no_file(photo, model, tmp_path):
    image, path = Image.fromarray(photo), tmp_path / "b.tfcv"
    for options, words in (
        ({"quality": 0, "model": model}, "1 to 100"),
        ({"model": "nope"}, "no model 'nope'"),
    ):
        with pytest.raises(ValueError, match=words):
            image.save(path, **options)
        assert not path.exists()


def test_the_image_border_reads_files_as_any_other_image(file):
    assert np.array_equal(images.read(file), tfc_vae.decompress(file.read_bytes()))
