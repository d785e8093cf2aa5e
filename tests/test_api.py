"""`tfc_vae.compress`, `decompress`, `info`."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tfc_vae
from tfc_vae import container, evaluation, images
from tfc_vae.codec import LearnedCodec, ModelError
from tfc_vae.container import FormatError
from tfc_vae.images import ImageError, ImageWarning

PHOTO = Path(__file__).parents[1] / "photos" / "spices.png"


@pytest.fixture(scope="module")
def photo():
    return images.read(PHOTO)[50:150, 60:220]


@pytest.fixture
def by_id(tiny_model_dir, monkeypatch):
    monkeypatch.setenv("TFC_VAE_MODELS", str(tiny_model_dir.parent))


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, tfc_vae; print(*{'numpy', 'PIL', 'tensorflow'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b""


def test_the_calls_do_what_the_codec_does(photo, tiny_model_dir, by_id):
    codec = LearnedCodec.load(tiny_model_dir)
    data = tfc_vae.compress(photo, 30, tiny_model_dir)
    assert isinstance(data, bytes) and data == codec.compress(photo, 30)
    assert data == tfc_vae.compress(photo, 30, "tiny")
    pixels = tfc_vae.decompress(data)  # the model is found by the file's id
    assert pixels.dtype == np.uint8 and np.array_equal(pixels, codec.decompress(data))
    assert evaluation.psnr(photo, pixels) > 20


def test_whatever_holds_a_picture_can_be_compressed(photo, tiny_model_dir, tmp_path):
    path = tmp_path / "photo.png"
    images.write(path, photo)
    expected = tfc_vae.compress(photo, model=tiny_model_dir)
    for image in (
        path,
        str(path),
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
        Image.fromarray(photo),
    ):
        assert tfc_vae.compress(image, model=tiny_model_dir) == expected
    deep = photo.astype(np.uint16) * 257
    with pytest.warns(ImageWarning, match="16-bit"):
        data = tfc_vae.compress(deep, model=tiny_model_dir)
    assert data == expected
    grey = tfc_vae.compress(photo[..., 0], model=tiny_model_dir)
    assert tfc_vae.decompress(grey, model=tiny_model_dir).shape == photo.shape


def test_decompress_takes_any_bytes(photo, tiny_model_dir):
    data = tfc_vae.compress(photo, model=tiny_model_dir)
    expected = tfc_vae.decompress(data, model=tiny_model_dir)
    for form in (bytearray(data), memoryview(data)):
        assert np.array_equal(tfc_vae.decompress(form, model=tiny_model_dir), expected)


def test_info_describes_a_file_without_its_model(photo, tiny_model_dir, monkeypatch):
    data = tfc_vae.compress(photo, 30, tiny_model_dir)
    facts = tfc_vae.info(data)
    assert facts["model"] is None and facts["quality"] == 30
    assert (facts["width"], facts["height"]) == (160, 100)
    assert facts["bpp"] == 8 * len(data) / 16000
    assert facts["version"] == container.VERSION == data[4]
    assert facts["model_id"] == data[6:14].hex()
    monkeypatch.setenv("TFC_VAE_MODELS", str(tiny_model_dir.parent))
    assert tfc_vae.info(data)["model"] == "tiny"


def test_threads_may_share_a_model(photo, tiny_model_dir):
    def round_trip(quality):
        data = tfc_vae.compress(photo, quality, tiny_model_dir)
        return data, tfc_vae.decompress(data, model=tiny_model_dir).tobytes()

    qualities = [5, 30, 55, 80] * 6
    alone = {quality: round_trip(quality) for quality in set(qualities)}
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(round_trip, qualities))
    assert together == [alone[quality] for quality in qualities]


def test_errors_are_of_the_border_where_they_arise(photo, tiny_model_dir):
    data = tfc_vae.compress(photo, model=tiny_model_dir)
    with pytest.raises(FormatError, match="1 to 100"):
        tfc_vae.compress(photo, 101, tiny_model_dir)
    with pytest.raises(ImageError, match="float"):
        tfc_vae.compress(photo / 255, model=tiny_model_dir)
    with pytest.raises(ModelError, match="nope"):
        tfc_vae.compress(photo, model="nope")
    with pytest.raises(ModelError, match="backend 'gpu'"):
        tfc_vae.compress(photo, model=tiny_model_dir, backend="gpu")
    with pytest.raises(ModelError, match=data[6:14].hex()):
        tfc_vae.decompress(data)  # its model is in no folder that is searched
    with pytest.raises(FormatError, match="not a tfcv file"):
        tfc_vae.decompress(b"\x89PNG\r\n")
    with pytest.raises(FormatError, match="truncated"):
        tfc_vae.decompress(data[:-1], model=tiny_model_dir)
    with pytest.raises(FormatError, match="checksum"):
        tfc_vae.info(data[:-1] + bytes([data[-1] ^ 1]))
