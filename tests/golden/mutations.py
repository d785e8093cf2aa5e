"""Damaged files, and what every reader must make of each, in words to compare.

A reader in another language gets the files of `write` and prints a line for each:

    NAME CONTAINER SYMBOLS

CONTAINER is the model's id, HEIGHTxWIDTH, the quality in 1/256, the lanes, and TAG:CRC
of each section, with commas between them. SYMBOLS are the CRCs of z and y as
little-endian int32, as the tables and the `index` of the golden photo decode them. All
CRCs have 8 hexadecimal digits. Where the reader refuses the file, both are the id of
the fault (`container.FAULTS`); where only its symbols cannot be, SYMBOLS is "stream".
"""

import zlib
from pathlib import Path

import numpy as np

from tests.golden import read
from tfc_vae import container
from tfc_vae.coding import CodingError
from tfc_vae.container import FormatError

COUNT = 700


def write(folder, photo, count=COUNT):
    """Writes damaged versions of a golden photo; returns their lines, in that order.

    The files are NUMBER.tfcv in `folder`; the first one is the photo as it is.
    """
    lines = []
    for number, file in enumerate(mutations(photo.file, count)):
        path = Path(folder) / f"{number:04}.tfcv"
        path.write_bytes(file)
        lines.append(f"{path.name} {verdict(file, photo)}")
    return lines


def mutations(file, count=COUNT):
    """The file, then `count` versions of it, most with right checksums."""
    random = np.random.default_rng(9)
    header, sections = container.unpack(file)
    yield file
    for number in range(count):
        match number % 7:
            case 0:
                yield flipped(file, random)
            case 1:
                yield file[: random.integers(len(file))]
            case 2:
                yield file_of(odd_header(file[:25], random), file[29:-4])
            case 3:
                yield file_of(file[:25], flipped(file[29:-4], random))
            case 4:
                stream = flipped(sections["S"], random)
                yield container.pack(header, {**sections, "S": stream})
            case 5:
                escapes = random.bytes(random.integers(2, 12))
                yield container.pack(header, {**sections, "E": escapes})
            case 6:  # lengths of one and of two bytes
                unknown = {"n": random.bytes(number), "q": b""}
                yield container.pack(header, {**sections, **unknown})


def flipped(data, random):
    data = bytearray(data)
    for position in random.integers(8 * len(data), size=random.integers(1, 4)):
        data[position // 8] ^= 1 << position % 8
    return bytes(data)


def odd_header(head, random):
    """Other numbers at two places of the header, some of them possible."""
    head = bytearray(head)
    for position in random.integers(4, 25, size=2):
        head[position] = random.choice([0, 1, 2, 5, 16, 50, 100, 255])
    return bytes(head)


def file_of(head, body):
    """A file whose checksums are right, whatever its content."""
    first, last = zlib.crc32(head), zlib.crc32(head + body)
    return head + first.to_bytes(4, "little") + body + last.to_bytes(4, "little")


def verdict(file, photo):
    """What Python makes of a file."""
    try:
        header, sections = container.unpack(file)
    except FormatError as error:
        return f"{error.fault} {error.fault}"
    said = [
        header.model_id.hex(),
        f"{header.height}x{header.width}",
        f"{header.quality_q8}",
        f"{header.lanes}",
        *(f"{tag}:{_crc(payload)}" for tag, payload in sections.items()),
    ]
    try:
        found = ",".join(
            _crc(plane.astype("<i4").tobytes()) for plane in read.symbols(file, photo)
        )
    except CodingError:
        found = "stream"
    return f"{','.join(said)} {found}"


def _crc(data):
    return f"{zlib.crc32(data):08x}"
