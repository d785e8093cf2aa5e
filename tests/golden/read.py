"""The golden photos that `make.py` wrote, and the entropy coder alone on them.

photo = load("kitten")
z, y = symbols(photo.file, photo)  # without a network: `index` is at hand
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfc_vae import coding, container

FOLDER = Path(__file__).with_name("photos")
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.tfcv")))


class Photo(NamedTuple):
    """A golden file and what it decodes to; `arrays` as in `make.py`."""

    path: Path  # of the .tfcv file
    file: bytes
    arrays: dict
    tables: coding.Tables

    @property
    def npz(self) -> Path:
        return self.path.with_suffix(".npz")


def load(name, folder=FOLDER) -> Photo:
    path = Path(folder) / f"{name}.tfcv"
    with np.load(path.with_suffix(".npz")) as arrays:
        arrays = dict(arrays)
    return Photo(path, path.read_bytes(), arrays, coding.Tables.from_arrays(arrays))


def symbols(file, photo):
    """z and y, int32, of a file with the tables and the prediction of `photo`.

    Raises `FormatError` or `CodingError` for a file that is damaged.
    """
    header, sections = container.unpack(file)
    z, index = photo.arrays["z"], photo.arrays["index"]
    escapes = sections.get(container.ESCAPES, b"")
    decoder = coding.Decoder(
        sections[container.STREAM], escapes, header.lanes, photo.tables
    )

    def take(rows, mean):
        return decoder.pop(np.broadcast_to(rows, z.shape) if mean is None else rows)

    plan = coding.Plan(z.shape[2], photo.tables.rows - z.shape[2])
    found = coding.walk(plan, take, lambda z: (photo.arrays["mean"], index))
    decoder.finish()
    return [plane.astype(np.int32) for plane in (found.z, found.y)]


def misfit(photo, info) -> str:
    """Why a model's networks cannot read a golden photo; "" if they can.

    info: a `ModelInfo`.
    """
    made_by = container.read_header(photo.file).model_id
    if made_by == info.model_id:
        return ""
    return (
        f"{photo.path.name} was made by model {made_by.hex()}; shipped is {info.name}, "
        f"{info.model_id.hex()}: run `python tests/golden/make.py --photos`"
    )
