"""The border for images: what goes in, what is refused, how files are written."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfc_vae import images
from tfc_vae.images import ImageError, ImageWarning

PHOTOS = Path(__file__).parents[1] / "photos"


def test_a_photo_is_read_as_pillow_shows_it():
    for path in sorted(PHOTOS.glob("*.png")):
        pixels = images.read(path)
        with Image.open(path) as image:
            assert pixels.shape == (image.height, image.width, 3)
            assert pixels.dtype == np.uint8 and pixels.flags.writeable
            assert pixels.tobytes() == image.tobytes()


def test_every_way_to_hand_in_a_photo_gives_the_same_pixels():
    path = PHOTOS / "kitten.png"
    expected = images.read(str(path))
    data = path.read_bytes()
    with Image.open(path) as image, path.open("rb") as file:
        for source in (path, data, bytearray(data), io.BytesIO(data), file, image):
            assert np.array_equal(images.as_pixels(source), expected)
    assert images.as_pixels(expected) is expected


def test_a_dash_reads_the_standard_input_and_writes_the_standard_output():
    code = "from tfc_vae import images as i; i.write('-', i.read('-'))"
    data = (PHOTOS / "spices.png").read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=data,
        capture_output=True,
        check=True,
        cwd=PHOTOS.parent,
    )
    assert done.stdout.startswith(b"\x89PNG")
    assert np.array_equal(images.read(done.stdout), images.read(data))


def bad_sources(folder):
    data = (PHOTOS / "budgie.png").read_bytes()
    files = {
        "text.png": b"not an image at all",
        "empty.png": b"",
        "cut.png": data[: len(data) // 2],
        "head.png": data[:40],
    }
    buffer = io.BytesIO()
    Image.open(io.BytesIO(data)).save(buffer, "JPEG")
    files["cut.jpg"] = buffer.getvalue()[:9000]
    broken = bytearray(data)
    broken[len(data) // 2] ^= 255
    files["broken.png"] = bytes(broken)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        yield folder / name
    yield folder
    yield folder / "missing.png"
    yield "nul\0.png"


def test_what_is_no_readable_image_is_one_line_of_error(tmp_path):
    for source in bad_sources(tmp_path):
        with pytest.raises(ImageError) as caught:
            images.read(source)
        message = str(caught.value)
        assert Path(source).name in message and "\n" not in message


@pytest.fixture
def unprivileged():
    """Gives up the rights of the superuser, who may read and write anything."""
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    yield
    if superuser:
        os.seteuid(0)


@pytest.fixture
def locked(tmp_path):
    """A folder that nobody but the superuser may enter."""
    folder = tmp_path / "locked"
    folder.mkdir()
    Image.new("RGB", (1, 1)).save(folder / "x.png")
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


def test_a_file_without_permission_is_an_error(locked, unprivileged):
    with pytest.raises(ImageError, match="Permission denied"):
        images.read(locked / "x.png")
    with pytest.raises(ImageError, match="Permission denied"):
        images.write_bytes(locked / "new.tfcv", b"data")


def test_too_many_pixels_are_refused_at_pillows_limit(tmp_path, monkeypatch):
    path = tmp_path / "x.png"
    Image.new("RGB", (7, 3)).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 21)
    assert images.read(path).shape == (3, 7, 3)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 11)
    with pytest.warns(Image.DecompressionBombWarning):
        assert images.read(path).shape == (3, 7, 3)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ImageError, match="exceeds limit"):
        images.read(path)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1)])
def test_grey_arrays_become_three_channels(shape):
    grey = np.arange(6, dtype=np.uint8).reshape(shape)
    assert images.as_pixels(grey).tolist() == [
        [[0] * 3, [1] * 3, [2] * 3],
        [[3] * 3, [4] * 3, [5] * 3],
    ]


def test_an_array_with_alpha_is_laid_over_white():
    with pytest.warns(ImageWarning, match="over white"):
        pixels = images.as_pixels(np.array([[[255, 0, 0, 128]]], np.uint8))
    assert pixels.tolist() == [[[255, 127, 127]]]


def test_a_view_of_an_array_becomes_contiguous():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)[:, ::-1]
    made = images.as_pixels(pixels)
    assert made.flags.c_contiguous and np.array_equal(made, pixels)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((2, 2, 3), np.float32), "array of float32; expected uint8"),
        (np.full((2, 2, 3), np.nan), "array of float64"),
        (np.zeros((2, 2, 3), np.int64), "array of int64"),
        (np.zeros((2, 2), bool), "array of bool"),
        (np.zeros((0, 5, 3), np.uint8), r"shape \(0, 5, 3\)"),
        (np.zeros((5, 0), np.uint8), r"shape \(5, 0\)"),
        (np.zeros((2, 2, 2), np.uint8), r"shape \(2, 2, 2\)"),
        (np.zeros((1, 2, 2, 3), np.uint8), r"shape \(1, 2, 2, 3\)"),
        (np.zeros(3, np.uint8), r"shape \(3,\)"),
        (Image.new("RGB", (0, 4)), r"no pixels: its size is \(0, 4\)"),
        ([[1, 2], [3, 4]], "from a list; expected a path"),
        (None, "from a NoneType; expected a path"),
        (b"", "empty"),
    ],
)
def test_what_is_no_image_is_refused(bad, message):
    with pytest.raises(ImageError, match=message):
        images.as_pixels(bad)


@pytest.mark.parametrize(
    "name", ["x.png", "x.PNG", "x.webp", "x.bmp", "x.tif", "x.ppm"]
)
def test_lossless_types_give_back_what_was_written(tmp_path, name):
    pixels = images.read(PHOTOS / "kitten.png")[:50, :70]
    images.write(tmp_path / name, pixels)
    with Image.open(tmp_path / name) as image:
        assert f".{image.format}" in (".PNG", ".WEBP", ".BMP", ".TIFF", ".PPM")
    assert np.array_equal(images.read(tmp_path / name), pixels)


@pytest.mark.parametrize(("name", "kind"), [("x.jpg", "JPEG"), ("x.avif", "AVIF")])
def test_lossy_types_are_written_close_to_the_pixels(tmp_path, name, kind):
    pixels = images.read(PHOTOS / "kitten.png")
    images.write(tmp_path / name, pixels)
    with Image.open(tmp_path / name) as image:
        assert image.format == kind
    error = images.read(tmp_path / name) - pixels.astype(float)
    assert 10 * np.log10(255**2 / np.square(error).mean()) > 38  # dB


def test_the_type_can_be_named_and_is_png_for_a_stream(tmp_path):
    pixels = np.zeros((2, 2, 3), np.uint8)
    images.write(tmp_path / "x.anything", pixels, format="jpg")
    assert (tmp_path / "x.anything").read_bytes().startswith(b"\xff\xd8\xff")
    stream = io.BytesIO()
    images.write(stream, pixels)
    assert stream.getvalue().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["x", "x.xyz", "x.txt", "x.psd"])
def test_an_unknown_type_is_not_written(tmp_path, name):
    with pytest.raises(ImageError, match="expected .png"):
        images.write(tmp_path / name, np.zeros((2, 2, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_an_existing_file_is_kept_unless_forced(tmp_path):
    path = tmp_path / "x.xyz"
    images.write_bytes(path, b"first")
    with pytest.raises(ImageError, match="exists; use --force"):
        images.write_bytes(path, b"second")
    assert path.read_bytes() == b"first"
    images.write_bytes(path, b"second", force=True)
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_nothing_and_keeps_the_old_file(tmp_path):
    path = tmp_path / "x.xyz"
    path.write_bytes(b"old")
    with pytest.raises(ImageError, match="cannot write"):
        images.write_bytes(path, "text is not bytes", force=True)
    for target in (tmp_path, tmp_path / "no folder" / "x.xyz"):
        with pytest.raises(ImageError, match="cannot write"):
            images.write_bytes(target, b"data", force=True)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_encoded_leaves_nothing(tmp_path):
    wide = np.zeros((1, 70000, 3), np.uint8)  # JPEG ends at 65535
    with pytest.raises(ImageError, match="cannot write .*x.jpg as JPEG"):
        images.write(tmp_path / "x.jpg", wide)
    assert not list(tmp_path.iterdir())


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    images.write_bytes(tmp_path / "ours", b"1")
    (tmp_path / "any").write_bytes(b"1")
    ours, other = (tmp_path / "ours").stat(), (tmp_path / "any").stat()
    assert ours.st_mode == other.st_mode


def test_a_device_is_written_to_and_never_replaced():
    images.write_bytes(os.devnull, b"gone")
    assert not Path(os.devnull).is_file()
