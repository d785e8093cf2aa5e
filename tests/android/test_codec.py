"""android/codec on the JVM: its own tests, then side by side with Python."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.golden import mutations, read
from tfc_vae import container, images
from tfc_vae.codec import LearnedCodec
from tfc_vae.codec.windows import Windowed

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "android" / "codec" / "src" / "test"


@pytest.mark.parametrize("name", sorted(p.stem for p in TESTS.rglob("*Test.java")))
def test_its_own_tests_pass(java, name):
    assert re.search(
        r"^[1-9]\d* passed, 0 failed", java.run("RunTests", ROOT, name), re.M
    )


def test_the_benchmark_decodes_what_it_encodes(java):
    # What it measures is not tested: the machine may be busy.
    arrays = read.load("spices").npz
    assert "million symbols a second" in java.run("Benchmark", arrays, "0.05")


@pytest.mark.parametrize("name", read.NAMES)
def test_java_refuses_and_reads_exactly_what_python_does(java, name, tmp_path):
    photo = read.load(name)
    expected = mutations.write(tmp_path, photo)
    assert java.run("Verdicts", tmp_path, photo.npz).splitlines() == expected


# The same networks, called from Java


@pytest.fixture(scope="module")
def codec():
    return LearnedCodec.load()


@pytest.fixture(scope="module")
def photo():
    """36 x 20 latents, the last row and column of them in part."""
    turned = np.rot90(images.read(ROOT / "photos" / "colosseum.png"))
    return np.ascontiguousarray(turned[:570, :310])


class Server:
    """Answers what Pipe.java asks, with the networks of a Python codec."""

    def __init__(self, codec):
        self._networks = codec.networks
        channels = codec.info.channels
        self._y, self._z = channels["y"], channels["z"]
        self.calls = []  # (name, height, width)

    def run(self, command):
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            self._pipe = process.stdout
            while (line := self._pipe.readline().strip()) not in (b"done", b""):
                name, height, width, quality = line.decode().split()
                self._size = int(height), int(width)
                self.calls.append((name, *self._size))
                for array in getattr(self, f"_{name}")(np.float32(quality)):
                    process.stdin.write(np.ascontiguousarray(array).tobytes())
                process.stdin.flush()
        assert process.returncode == 0 and line == b"done"

    def _take(self, dtype, channels):
        shape = (*self._size, channels)
        count = int(np.prod(shape)) * np.dtype(dtype).itemsize
        return np.frombuffer(self._pipe.read(count), dtype).reshape(shape)

    def _analyse(self, quality):
        return [self._networks.analyse(self._take("u1", 3))]

    def _hyper_analyse(self, quality):
        return [self._networks.hyper_analyse(self._take("<f4", self._y), quality)]

    def _predict(self, quality):
        return self._networks.predict(self._take("<i4", self._z), quality)

    def _quantise(self, quality):
        y, mean, index = (self._take(t, self._y) for t in ("<f4", "<i4", "<i4"))
        return [self._networks.quantise(y, quality, mean, index)]

    def _synthesise(self, quality):
        y, mean = (self._take("<i4", self._y) for _ in range(2))
        return [self._networks.synthesise(y, mean, quality)]


@pytest.mark.parametrize("tile", [64, 5])
@pytest.mark.parametrize("halo", [None, 2])
def test_java_decodes_what_python_wrote(java, codec, photo, tmp_path, tile, halo):
    """halo: how far the prediction sees, in hyper-latents; without it all at once."""
    file = tmp_path / "photo.tfcv"
    file.write_bytes(codec.compress(photo, 45))
    model = model_files(codec, tmp_path, halo)
    pixels, server = tmp_path / "photo.rgb", Server(codec)
    server.run(java.command("Pipe", "decode", *model, tile, file, pixels))
    found = np.frombuffer(pixels.read_bytes(), np.uint8).reshape(photo.shape)
    coded = codec.model.unpack(*container.unpack(file.read_bytes()))
    whole = windowed(codec, tile).synthesise(coded.y, coded.mean, 45.0)
    np.testing.assert_array_equal(found, whole[: photo.shape[0], : photo.shape[1]])
    predictions = [call for call in server.calls if call[0] == "predict"]
    assert len(predictions) == (1 if halo is None else 3)  # 9 rows of z, 4 at once


@pytest.mark.parametrize(("tile", "quality"), [(64, 45), (64, 100), (5, 20.3)])
def test_java_writes_the_bytes_that_python_writes(
    java, codec, photo, tmp_path, tile, quality
):
    pixels, file = tmp_path / "photo.rgb", tmp_path / "photo.tfcv"
    pixels.write_bytes(photo.tobytes())
    model = model_files(codec, tmp_path, None)
    size = (*photo.shape[:2], quality)
    server = Server(codec)
    server.run(java.command("Pipe", "encode", *model, tile, pixels, file, *size))
    y = windowed(codec, tile).analyse(np.pad(photo, ((0, 6), (0, 10), (0, 0)), "edge"))
    q8, model = container.quality_q8(quality), codec.model
    expected = model.pack(model.emit(y, q8 / 256), photo.shape[:2], q8)
    assert file.read_bytes() == expected
    if tile == 64:
        assert file.read_bytes() == codec.compress(photo, quality)


def windowed(codec, tile):
    """The codec's networks in windows of so many latents."""
    return Windowed(codec.networks, codec.info.channels, codec.info.halo, tile)


def model_files(codec, folder, halo):
    """The manifest, with the prediction's halo in it or without, and the tables."""
    manifest = json.loads((codec.info.folder / "manifest.json").read_text())
    manifest["halo"].pop("hyper_synthesis", None)
    if halo is not None:
        manifest["halo"]["hyper_synthesis"] = halo
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest))
    return path, codec.info.folder / "tables.npz"
