"""Every damaged file of this folder is refused for the fault in its name."""

import shutil

import numpy as np
import pytest

from tests.findings import make
from tests.golden import read
from tfc_vae import container
from tfc_vae.codec import LearnedCodec, ModelError, ModelInfo
from tfc_vae.codec.manifest import Manifest

FILES = sorted(make.FOLDER.glob("*.tfcv"))


class Golden:
    """Networks that predict what those of the golden photo did, whatever z is."""

    def __init__(self, arrays):
        self._arrays = arrays

    def predict(self, z, quality):
        rows, columns = (4 * side for side in z.shape[:2])
        planes = self._arrays["mean"], self._arrays["index"]
        height, width = planes[0].shape[:2]
        missing = (0, rows - height), (0, columns - width), (0, 0)
        return [np.pad(plane, missing) for plane in planes]

    def synthesise(self, y, mean, quality):
        return np.zeros((16 * y.shape[0], 16 * y.shape[1], 3), np.uint8)


@pytest.fixture(scope="module")
def codec(tmp_path_factory):
    photo = read.load(make.PHOTO)
    folder = tmp_path_factory.mktemp("golden")
    shutil.copy(photo.npz, folder / "tables.npz")
    z, y = (photo.arrays[name].shape[2] for name in ("z", "y"))
    manifest = Manifest(
        name="golden",
        model_id=container.read_header(photo.file).model_id.hex(),
        channels={"y": y, "z": z},
        z_rows=photo.tables.rows - z,
        halo={"synthesis": 2, "hyper_synthesis": 2},
        rate_distortion={},
        files={},
    )
    return LearnedCodec(ModelInfo(folder, manifest), Golden(photo.arrays))


def fault_in(path):
    (fault,) = [f for f in container.FAULTS if path.name.startswith(f"{f}-")]
    return fault


def test_the_photo_they_are_made_of_is_read(codec):
    assert codec.decompress(read.load(make.PHOTO).file).shape == (83, 101, 3)


@pytest.mark.usefixtures("loops")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_refused_for_the_fault_in_its_name(codec, path):
    with pytest.raises((container.FormatError, ModelError)) as refused:
        codec.decompress(path.read_bytes())
    found = getattr(refused.value, "fault", "model")  # a ModelError has one meaning
    assert found == fault_in(path)


def test_there_is_a_file_for_every_fault():
    assert {fault_in(path) for path in FILES} == set(container.FAULTS)


def test_what_the_script_makes_is_what_is_here():
    """After a new model: `python -m tests.findings.make`."""
    for name, data in make.findings().items():
        assert (make.FOLDER / f"{name}.tfcv").read_bytes() == data, name
